package com.drivendata.platform.stack;

import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.testing.SampleProject;
import com.drivendata.platform.testing.SynthesisedStacks;
import com.drivendata.platform.testing.TestStack;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The Terraform addresses of what holds data. Changing one makes Terraform destroy the resource and create another: a
 * deliberate change needs a {@code moved} block, and then a change here.
 */
class LogicalIdsTest {

    private static SynthesisedStacks stacks;

    @BeforeAll
    static void synthesise(@TempDir Path project, @TempDir Path out) throws IOException {
        stacks = SynthesisedStacks.of(SampleProject.in(project), out);
    }

    @ParameterizedTest
    @ValueSource(strings = {"driven-data", "lead-data"})
    void stayAsTheyAre(String deployment) throws IOException {
        JsonNode stack = stacks.json(deployment);

        assertThat(TestStack.ids(stack, "aws_s3_bucket")).containsExactly("data_lake");
        assertThat(TestStack.ids(stack, "aws_mwaa_environment")).containsExactly("airflow");
        assertThat(TestStack.ids(stack, "aws_glue_catalog_database")).containsExactly("database");
        assertThat(TestStack.ids(stack, "aws_glue_catalog_table"))
                .containsExactly(
                        "dim_address",
                        "dim_date",
                        "dim_finance",
                        "dim_person",
                        "fact_network_usage",
                        "non_pii_data",
                        "payment_data",
                        "pii_data",
                        "quarantine",
                        "raw",
                        "raw_typed",
                        "technical_data");
        assertThat(TestStack.ids(stack, "aws_cloudwatch_log_group"))
                .containsExactly(
                        "airflow_dag_processing",
                        "airflow_scheduler",
                        "airflow_task",
                        "airflow_webserver",
                        "airflow_worker",
                        "glue_jobs_error",
                        "glue_jobs_output");
        assertThat(TestStack.ids(stack, "aws_athena_workgroup"))
                .containsExactly(
                        "group_administrators",
                        "group_analysts",
                        "group_finance",
                        "group_restricted",
                        "group_technical",
                        "workgroup");
        assertThat(TestStack.ids(stack, "aws_iam_role"))
                .filteredOn(role -> !role.equals("deadline")) // of a deployment with monitoring
                .containsExactly(
                        "airflow",
                        "glue",
                        "group_administrators",
                        "group_analysts",
                        "group_finance",
                        "group_restricted",
                        "group_technical");
        assertThat(TestStack.ids(stack, "aws_kms_key")).contains("pseudonyms");
        assertThat(TestStack.ids(stack, "aws_subnet")).contains("private_1", "private_2");
        assertThat(TestStack.ids(stack, "aws_vpc")).containsExactly("vpc");
    }
}
