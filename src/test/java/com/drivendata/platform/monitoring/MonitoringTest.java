package com.drivendata.platform.monitoring;

import static com.drivendata.platform.testing.TestStack.ids;
import static com.drivendata.platform.testing.TestStack.texts;
import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.identity.Policies;
import com.drivendata.platform.identity.ServiceRoles;
import com.drivendata.platform.testing.TestDeployment;
import com.drivendata.platform.testing.TestStack;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MonitoringTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String ACCOUNT = "123456789012";
    private static final String TOPIC = "${aws_sns_topic.alerts.arn}";

    @TempDir
    private Path folder;

    private JsonNode synth(String monitoring) throws IOException {
        DeploymentConfig deployment = TestDeployment.of(
                folder, "resource_prefix: acme_", "monitoring: {emails: [on-call@acme.example]" + monitoring + "}");
        return synth(deployment);
    }

    private JsonNode synth(DeploymentConfig deployment) {
        TestStack stack = new TestStack(folder);
        Deployment place = TestDeployment.place(deployment);
        ServiceRoles roles = new ServiceRoles(stack.scope(), "roles", new Policies(place, "arn:aws:kms:x"));
        new Monitoring(stack.scope(), "monitoring", place, roles.getDeadline().orElseThrow());
        return stack.synth().path("resource");
    }

    private static JsonNode parsed(JsonNode text) throws IOException {
        return MAPPER.readTree(text.asText());
    }

    @Test
    void publishesFromEventBridgeAndFromCloudWatchOfThisAccountAlone() throws IOException {
        JsonNode resources = synth("");

        assertThat(resources.at("/aws_sns_topic/alerts/kms_master_key_id").asText())
                .isEqualTo("${aws_kms_key.alerts.key_id}");
        assertThat(resources.at("/aws_kms_key/alerts/enable_key_rotation").asBoolean())
                .isTrue();
        assertThat(resources
                        .at("/aws_sns_topic_subscription/on_call_acme_example/endpoint")
                        .asText())
                .isEqualTo("on-call@acme.example");
        JsonNode statements =
                parsed(resources.at("/aws_sns_topic_policy/alerts/policy")).path("Statement");
        assertThat(statements).hasSize(2).allSatisfy(statement -> {
            assertThat(statement.path("Action").asText()).isEqualTo("sns:Publish");
            assertThat(statement.path("Resource").asText()).isEqualTo(TOPIC);
        });
        assertThat(statements.at("/0/Principal/Service").asText()).isEqualTo("events.amazonaws.com");
        assertThat(statements.at("/1/Principal/Service").asText()).isEqualTo("cloudwatch.amazonaws.com");
        assertThat(statements.at("/1/Condition/StringEquals/aws:SourceAccount").asText())
                .isEqualTo(ACCOUNT);
        JsonNode ofKey = parsed(resources.at("/aws_kms_key/alerts/policy")).path("Statement");
        for (String service : List.of("events.amazonaws.com", "cloudwatch.amazonaws.com")) {
            JsonNode statement = ofKey.path(service.startsWith("events") ? 1 : 2);
            assertThat(statement.at("/Principal/Service").asText()).isEqualTo(service);
            assertThat(texts(statement.path("Action"))).containsExactly("kms:Decrypt", "kms:GenerateDataKey*");
        }
        assertThat(ofKey.at("/1/Condition").isMissingNode())
                .as("EventBridge's requests to KMS carry no source: any condition would lose its messages")
                .isTrue();
        assertThat(ofKey.at("/2/Condition/StringEquals/aws:SourceAccount").asText())
                .isEqualTo(ACCOUNT);
    }

    @Test
    void tellsWhatFailedInWords() throws IOException {
        JsonNode resources = synth(", runbook: https://acme.example/runbook");

        JsonNode jobs = parsed(resources.at("/aws_cloudwatch_event_rule/job_failed/event_pattern"));
        assertThat(texts(jobs.path("source"))).containsExactly("aws.glue");
        assertThat(texts(jobs.at("/detail/state"))).containsExactly("FAILED", "TIMEOUT");
        assertThat(texts(jobs.at("/detail/jobName")))
                .contains("acme_judge_raw_data", "acme_trusted_data", "acme_staging_dim_person");
        JsonNode crawlers = parsed(resources.at("/aws_cloudwatch_event_rule/crawler_failed/event_pattern"));
        assertThat(texts(crawlers.at("/detail/state"))).containsExactly("Failed");
        JsonNode tasks = parsed(resources.at("/aws_cloudwatch_event_rule/task_failed/event_pattern"));
        assertThat(texts(tasks.path("source"))).containsExactly("DrivenData/test");
        JsonNode target = resources.at("/aws_cloudwatch_event_target/task_failed");
        assertThat(target.path("arn").asText()).isEqualTo(TOPIC);
        assertThat(target.at("/input_transformer/input_template").asText()).isEqualTo("""
                        "The day <day> isn't complete: the task <task> failed."
                        "<error>"
                        "The DAG run: <run>. Nothing is tried again by itself."
                        "What to do: https://acme.example/runbook#a-task-failed\"""");
    }

    @Test
    void everyPlaceholderOfATemplateIsTakenFromTheEvent() throws IOException {
        JsonNode targets = synth("").path("aws_cloudwatch_event_target");

        assertThat(targets).hasSize(3).allSatisfy(target -> {
            List<String> used = Pattern.compile("<(\\w+)>")
                    .matcher(target.at("/input_transformer/input_template").asText())
                    .results()
                    .map(found -> found.group(1))
                    .toList();
            assertThat(target.at("/input_transformer/input_paths").fieldNames())
                    .toIterable()
                    .containsExactlyInAnyOrderElementsOf(used);
        });
    }

    @Test
    void everyAlarmTellsTheTopicAndPointsToASectionOfTheRunbook() throws IOException {
        JsonNode resources = synth("");
        String runbook = Files.readString(Path.of("docs/runbook.md"));
        List<String> told = new ArrayList<>();
        resources.path("aws_cloudwatch_metric_alarm").forEach(alarm -> {
            assertThat(texts(alarm.path("alarm_actions"))).containsExactly(TOPIC);
            told.add(alarm.path("alarm_description").asText());
        });
        resources
                .path("aws_cloudwatch_event_target")
                .forEach(target ->
                        told.add(target.at("/input_transformer/input_template").asText()));

        assertThat(told).hasSize(8).allSatisfy(text -> {
            String section = text.replaceAll("(?s).*What to do: docs/runbook\\.md#([a-z-]+)\"?$", "$1");
            assertThat(runbook.toLowerCase(java.util.Locale.ROOT)).contains("\n## " + section.replace('-', ' ') + "\n");
        });
        assertThat(texts(resources.at("/aws_cloudwatch_metric_alarm/day_late/ok_actions")))
                .containsExactly(TOPIC);
    }

    @Test
    void takesTheThresholdsOfTheDeploymentFile() throws IOException {
        JsonNode alarms = synth(", quarantined_percent: 7, queued_minutes: 33, worker_cpu_percent: 44")
                .path("aws_cloudwatch_metric_alarm");

        assertThat(alarms.at("/rows_quarantined/threshold").asInt()).isEqualTo(7);
        assertThat(alarms.at("/tasks_queued/evaluation_periods").asInt()).isEqualTo(33);
        assertThat(alarms.at("/workers_saturated/threshold").asInt()).isEqualTo(44);
    }

    @Test
    void theClockSaysWhenTheDayIsDue() throws IOException {
        JsonNode deadline = synth(", complete_by: '08:30'").at("/aws_scheduler_schedule/deadline");

        assertThat(deadline.path("schedule_expression").asText()).isEqualTo("cron(30 8 * * ? *)");
        assertThat(deadline.path("schedule_expression_timezone").asText()).isEqualTo("Europe/Bucharest");
        assertThat(parsed(deadline.at("/target/input")).toString())
                .isEqualTo(
                        "{\"Namespace\":\"DrivenData/test\",\"MetricData\":[{\"MetricName\":\"DayComplete\",\"Value\":0}]}");
    }

    @Test
    void everyAddressHasASubscriptionHoweverAlikeTheyLook() throws IOException {
        DeploymentConfig deployment = TestDeployment.of(
                folder, "monitoring: {emails: [a.b@acme.example, a-b@acme.example, 7seas@acme.example]}");
        JsonNode subscriptions = synth(deployment).path("aws_sns_topic_subscription");

        assertThat(subscriptions)
                .extracting(subscription -> subscription.path("endpoint").asText())
                .containsExactlyInAnyOrder("a.b@acme.example", "a-b@acme.example", "7seas@acme.example");
        assertThat(subscriptions.fieldNames()).toIterable().allMatch(id -> id.matches("[A-Za-z_].*"));
    }

    @Test
    void leavesTheDashboardOutWhenTold() throws IOException {
        assertThat(ids(
                        MAPPER.createObjectNode().set("resource", synth(", dashboard: false")),
                        "aws_cloudwatch_dashboard"))
                .isEmpty();
    }

    @Test
    void theDashboardsWidgetsDontOverlap() throws IOException {
        JsonNode widgets = parsed(synth("").at("/aws_cloudwatch_dashboard/day/dashboard_body"))
                .path("widgets");

        List<String> places = new ArrayList<>();
        widgets.forEach(widget -> {
            places.add(widget.path("x") + "," + widget.path("y"));
            assertThat(widget.path("x").asInt() + widget.path("width").asInt()).isLessThanOrEqualTo(24);
        });
        assertThat(places).hasSize(9).doesNotHaveDuplicates();
    }

    @Test
    void theLastCompleteDayIsShownWithAllItsDigits() throws IOException {
        JsonNode widgets = parsed(synth("").at("/aws_cloudwatch_dashboard/day/dashboard_body"))
                .path("widgets");

        widgets.forEach(widget -> assertThat(
                        widget.at("/properties/singleValueFullPrecision").asBoolean())
                .isEqualTo(widget.at("/properties/view").asText().equals("singleValue")));
    }
}
