package com.drivendata.platform.monitoring;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.config.MonitoringNames;
import com.drivendata.platform.pipeline.PipelineTable;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hashicorp.cdktf.providers.aws.cloudwatch_event_rule.CloudwatchEventRule;
import com.hashicorp.cdktf.providers.aws.cloudwatch_event_target.CloudwatchEventTarget;
import com.hashicorp.cdktf.providers.aws.cloudwatch_event_target.CloudwatchEventTargetInputTransformer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import software.constructs.Construct;

/**
 * Tells what failed, in words. Glue's own events say which job or crawler and why; they don't carry a run's arguments,
 * so the jobs put their day before their error. What else fails in a DAG run, Airflow tells by an event of its own
 * (airflow/dags/telling.py); it leaves to Glue's events what they have told.
 *
 * @see <a href="https://docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html">Glue's
 *     events</a>
 * @see <a href="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html">Input
 *     transformers</a>
 */
final class FailureEvents extends Construct {

    private final AlertTopic topic;
    private final MonitoringNames names;

    FailureEvents(Construct scope, String id, Deployment deployment, AlertTopic topic, String runbook) {
        super(scope, id);
        this.topic = topic;
        names = MonitoringNames.of(deployment.config());
        PipelineTable pipeline = deployment.pipeline();
        tell(
                "job_failed",
                "Glue jobs of the pipeline that failed or ran out of time",
                glue("Glue Job State Change", "jobName", pipeline.dailyJobs(), List.of("FAILED", "TIMEOUT")),
                Map.of(
                        "job",
                        "detail.jobName",
                        "state",
                        "detail.state",
                        "run",
                        "detail.jobRunId",
                        "error",
                        "detail.message"),
                "The Glue job <job> ended <state>.",
                "<error>",
                "Its run: <run>. Unless another try can't help, Airflow starts it again by itself.",
                "What to do: " + runbook + "#a-glue-job-failed");
        tell(
                "crawler_failed",
                "Crawlers of the pipeline that failed",
                glue("Glue Crawler State Change", "crawlerName", pipeline.crawlers(), List.of("Failed")),
                Map.of("crawler", "detail.crawlerName", "time", "time", "error", "detail.errorMessage"),
                "The Glue crawler <crawler> failed at <time>.",
                "<error>",
                "Airflow starts it again by itself.",
                "What to do: " + runbook + "#a-crawler-failed");
        tell(
                "task_failed",
                "Tasks of the DAG that failed for good",
                pattern(names.namespace(), "Task Failed"),
                Map.of("day", "detail.day", "task", "detail.task", "error", "detail.error", "run", "detail.run"),
                "The day <day> isn't complete: the task <task> failed.",
                "<error>",
                "The DAG run: <run>. Nothing is tried again by itself.",
                "What to do: " + runbook + "#a-task-failed");
    }

    private void tell(String id, String description, ObjectNode pattern, Map<String, String> paths, String... lines) {
        CloudwatchEventRule rule = CloudwatchEventRule.Builder.create(this, id)
                .name(names.of(id))
                .description(description)
                .eventPattern(pattern.toString())
                .build();
        rule.overrideLogicalId(id);
        Map<String, String> inputs = new TreeMap<>();
        paths.forEach((placeholder, path) -> inputs.put(placeholder, "$." + path));
        // Of a text with several lines, each is quoted.
        String template = Stream.of(lines).map(line -> '"' + line + '"').collect(Collectors.joining("\n"));
        CloudwatchEventTarget.Builder.create(this, id + "-target")
                .rule(rule.getName())
                .targetId("alerts")
                .arn(topic.getArn())
                .inputTransformer(CloudwatchEventTargetInputTransformer.builder()
                        .inputPaths(inputs)
                        .inputTemplate(template)
                        .build())
                .dependsOn(topic.getReady())
                .build()
                .overrideLogicalId(id);
    }

    private static ObjectNode glue(String type, String key, List<String> named, List<String> states) {
        ObjectNode pattern = pattern("aws.glue", type);
        ObjectNode detail = pattern.putObject("detail");
        ArrayNode of = detail.putArray(key);
        named.forEach(of::add);
        ArrayNode ended = detail.putArray("state");
        states.forEach(ended::add);
        return pattern;
    }

    private static ObjectNode pattern(String source, String type) {
        ObjectNode pattern = JsonNodeFactory.instance.objectNode();
        pattern.putArray("source").add(source);
        pattern.putArray("detail-type").add(type);
        return pattern;
    }
}
