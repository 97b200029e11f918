package com.drivendata.platform.stack;

import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.testing.SampleProject;
import com.drivendata.platform.testing.SynthesisedStacks;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two companies in one account and region share nothing. */
class DeploymentSeparationTest {

    /** Types whose {@code name} must be unique in an account and region (or anywhere, for buckets). */
    private static final List<String> NAMED_IN_ACCOUNT = List.of(
            "aws_s3_bucket/bucket",
            "aws_iam_role/name",
            "aws_glue_catalog_database/name",
            "aws_glue_classifier/name",
            "aws_glue_crawler/name",
            "aws_glue_job/name",
            "aws_mwaa_environment/name",
            "aws_cloudwatch_log_group/name",
            "aws_athena_workgroup/name");

    private static JsonNode drivenData;
    private static JsonNode leadData;

    @BeforeAll
    static void synthesise(@TempDir Path project, @TempDir Path out) throws IOException {
        SynthesisedStacks stacks = SynthesisedStacks.of(SampleProject.in(project), out);
        drivenData = stacks.json("driven-data");
        leadData = stacks.json("lead-data");
    }

    @Test
    void noNameIsShared() {
        for (String type : NAMED_IN_ACCOUNT) {
            assertThat(names(leadData, type))
                    .as(type)
                    .isNotEmpty()
                    .doesNotContainAnyElementsOf(names(drivenData, type));
        }
    }

    @Test
    void noNameStartsWithTheOther() {
        // Policies grant airflow-<environment>-* and <log group prefix>*: a name that starts with the other's is in it.
        Set<String> ofLeadData = names(leadData, "aws_cloudwatch_log_group/name");
        for (String group : names(drivenData, "aws_cloudwatch_log_group/name")) {
            String granted = group.startsWith("airflow-")
                    ? group.substring(0, group.lastIndexOf('-'))
                    : group.substring(0, group.lastIndexOf('/'));
            assertThat(ofLeadData).noneMatch(name -> name.startsWith(granted));
        }
    }

    @Test
    void stateIsKeptApart() {
        JsonNode first = drivenData.at("/terraform/backend/s3");
        JsonNode second = leadData.at("/terraform/backend/s3");

        assertThat(second.path("bucket")).isNotEqualTo(first.path("bucket"));
        assertThat(second.path("key")).isNotEqualTo(first.path("key"));
    }

    @Test
    void neitherStackMentionsTheOther() {
        // The code is the same for both, and so is the name of the DAG's module and of the jobs' library.
        assertThat(texts(leadData)).noneMatch(text -> mentions(text, "driven_data") || mentions(text, "driven-data"));
        assertThat(texts(drivenData)).noneMatch(text -> mentions(text, "lead_data") || mentions(text, "lead-data"));
    }

    private static boolean mentions(String text, String company) {
        return text.replace("driven_data_pipeline.py", "")
                .replace("driven_data_glue.zip", "")
                .replace("dag_driven_data_pipeline", "")
                .contains(company);
    }

    private static Set<String> names(JsonNode stack, String typeAndAttribute) {
        String[] parts = typeAndAttribute.split("/", 2);
        Set<String> names = new TreeSet<>();
        stack.path("resource")
                .path(parts[0])
                .forEach(resource -> names.add(resource.path(parts[1]).asText()));
        return names;
    }

    private static List<String> texts(JsonNode node) {
        List<String> texts = new ArrayList<>();
        if (node.isTextual()) {
            texts.add(node.asText());
        }
        node.forEach(child -> texts.addAll(texts(child)));
        return texts;
    }
}
