package com.drivendata.platform.stack;

import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.testing.SampleProject;
import com.drivendata.platform.testing.SynthesisedStacks;
import com.drivendata.platform.testing.TestStack;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the whole stack tells Terraform, beyond what the tests of its parts look at. */
class PipelineStackTest {

    private static JsonNode stack;

    @BeforeAll
    static void synthesise(@TempDir Path project, @TempDir Path out) throws IOException {
        stack = SynthesisedStacks.of(SampleProject.in(project), out).json("driven-data");
    }

    @Test
    void keepsItsStateEncryptedAndLocked() {
        JsonNode backend = stack.at("/terraform/backend/s3");

        assertThat(backend.path("bucket").asText()).isEqualTo("driven-data-terraform-state");
        assertThat(backend.path("key").asText()).isEqualTo("driven-data/terraform.tfstate");
        assertThat(backend.path("encrypt").asBoolean()).isTrue();
        assertThat(backend.path("use_lockfile").asBoolean()).isTrue();
    }

    @Test
    void letsOnlyItsOwnFlowLogsIn() throws IOException {
        JsonNode policy = new ObjectMapper()
                .readTree(stack.at("/resource/aws_s3_bucket_policy/data_lake/policy")
                        .asText());
        JsonNode write = policy.at("/Statement/1");

        assertThat(write.at("/Principal/Service").asText()).isEqualTo("delivery.logs.amazonaws.com");
        assertThat(write.path("Action").asText()).isEqualTo("s3:PutObject");
        assertThat(write.path("Resource").asText())
                .endsWith(":s3:::${aws_s3_bucket.data_lake.bucket}/flow-logs/AWSLogs/"
                        + "${data.aws_caller_identity.account.account_id}/*");
        assertThat(write.at("/Condition/StringEquals/aws:SourceAccount").asText())
                .isEqualTo("${data.aws_caller_identity.account.account_id}");
        assertThat(write.at("/Condition/ArnLike/aws:SourceArn").asText())
                .endsWith(":logs:eu-central-1:${data.aws_caller_identity.account.account_id}:*");
        assertThat(policy.at("/Statement/2/Action").asText()).isEqualTo("s3:GetBucketAcl");
        assertThat(stack.at("/resource/aws_flow_log/vpc/log_destination").asText())
                .endsWith(":s3:::${aws_s3_bucket.data_lake.bucket}/flow-logs/");
        assertThat(stack.at("/resource/aws_s3_bucket_lifecycle_configuration/data_lake/rule")
                        .toString())
                .contains("expire-flow-logs");
    }

    @Test
    void pinsTheProviderByItsFullAddress() {
        JsonNode provider = stack.at("/terraform/required_providers/aws");

        assertThat(provider.path("source").asText()).isEqualTo("registry.terraform.io/hashicorp/aws");
        assertThat(provider.path("version").asText()).isEqualTo(">= 5.100.0, < 6.0.0");
        assertThat(stack.at("/terraform/required_version").asText()).isEqualTo(">= 1.10.0, < 2.0.0");
    }

    @Test
    void tagsEverythingWithItsDeployment() {
        assertThat(stack.at("/provider/aws/0/default_tags/0/tags/deployment").asText())
                .isEqualTo("driven-data");
        assertThat(stack.at("/provider/aws/0/default_tags/0/tags/managed-by").asText())
                .isEqualTo("terraform");
    }

    @Test
    void environmentIsDestroyedBeforeWhatItNeeds() {
        // Terraform destroys in the opposite order of creation: what the environment depends on goes after it.
        assertThat(TestStack.texts(environment().path("depends_on")))
                .contains(
                        "aws_cloudwatch_log_group.airflow_dag_processing",
                        "aws_cloudwatch_log_group.airflow_scheduler",
                        "aws_cloudwatch_log_group.airflow_task",
                        "aws_cloudwatch_log_group.airflow_webserver",
                        "aws_cloudwatch_log_group.airflow_worker",
                        "aws_iam_role_policy.airflow",
                        "aws_route.private_1_nat",
                        "aws_route.private_2_nat",
                        "aws_vpc_security_group_egress_rule.airflow_out",
                        "aws_vpc_security_group_ingress_rule.airflow_self",
                        "aws_s3_object.dag_driven_data_pipeline");
    }

    @Test
    void environmentIsPrivateWithServiceManagedEndpoints() {
        assertThat(environment().path("webserver_access_mode").asText()).isEqualTo("PRIVATE_ONLY");
        assertThat(environment().path("endpoint_management").asText()).isEqualTo("SERVICE");
        assertThat(environment().at("/network_configuration/subnet_ids")).hasSize(2);
        assertThat(environment().path("dag_s3_path").asText()).isEqualTo("dags/");
    }

    @Test
    void environmentFollowsItsFilesByKeyAndVersion() {
        assertThat(environment().path("requirements_s3_path").asText())
                .isEqualTo("${aws_s3_object.airflow_requirements.key}");
        assertThat(environment().path("requirements_s3_object_version").asText())
                .isEqualTo("${aws_s3_object.airflow_requirements.version_id}");
        assertThat(environment().path("startup_script_s3_object_version").asText())
                .isEqualTo("${aws_s3_object.airflow_startup_script.version_id}");
        assertThat(environment().path("plugins_s3_path").asText()).isEqualTo("${aws_s3_object.airflow_plugins.key}");
        assertThat(environment().path("plugins_s3_object_version").asText())
                .isEqualTo("${aws_s3_object.airflow_plugins.version_id}");
    }

    @Test
    void newDagsRunWithoutAnybodySwitchingThemOn() {
        assertThat(environment()
                        .at("/airflow_configuration_options/core.dags_are_paused_at_creation")
                        .asText())
                .isEqualTo("False");
    }

    @Test
    void namesNoPartitionOfAws() {
        assertThat(environment().path("source_bucket_arn").asText())
                .isEqualTo("arn:${data.aws_partition.partition.partition}:s3:::${aws_s3_bucket.data_lake.bucket}");
    }

    @Test
    void everyLogStreamIsOn() {
        assertThat(environment().path("logging_configuration")).hasSize(5).allSatisfy(stream -> {
            assertThat(stream.path("enabled").asBoolean()).isTrue();
            assertThat(stream.path("log_level").asText()).isEqualTo("INFO");
        });
    }

    @Test
    void everyLogGroupHasARetention() {
        assertThat(stack.at("/resource/aws_cloudwatch_log_group"))
                .hasSize(7)
                .allSatisfy(group ->
                        assertThat(group.path("retention_in_days").asInt()).isEqualTo(30));
    }

    @Test
    void jobIsASparkJobThatGetsWhatItsScriptReads() {
        JsonNode job = stack.at("/resource/aws_glue_job/dim_date");
        JsonNode arguments = job.path("default_arguments");

        assertThat(job.path("name").asText()).isEqualTo("staging_dim_date");
        assertThat(job.at("/command/name").asText()).isEqualTo("glueetl");
        assertThat(job.path("glue_version").asText()).isEqualTo("5.0");
        assertThat(job.has("max_capacity")).isFalse();
        assertThat(job.path("number_of_workers").asInt()).isEqualTo(2);
        assertThat(job.at("/execution_property/max_concurrent_runs").asInt()).isEqualTo(5);
        assertThat(arguments.path("--data_root").asText()).isEqualTo("s3://${aws_s3_bucket.data_lake.bucket}/");
        assertThat(arguments.path("--target_file_mb").asText()).isEqualTo("128");
        assertThat(arguments.path("--code_version").asText()).matches("[0-9a-f]{12}");
        assertThat(arguments.path("--custom-logGroup-prefix").asText()).isEqualTo("/aws-glue/jobs/driven_data");
        assertThat(arguments.path("--TempDir").asText()).contains("/data/scratch/");
        assertThat(TestStack.texts(job.path("depends_on")))
                .contains("aws_iam_role_policy.glue", "aws_cloudwatch_log_group.glue_jobs_output");
    }

    @Test
    void whoeverForgetsPeopleGetsAPolicyToAttach() throws IOException {
        JsonNode erasure = stack.at("/resource/aws_iam_policy/erasure");
        String document = erasure.path("policy").asText();

        assertThat(erasure.path("name").asText()).isEqualTo("driven_data_erasure");
        assertThat(erasure.path("path").asText()).isEqualTo("/driven_data/");
        assertThat(document)
                .contains(":job/forget_person\"", "s3:DeleteObjectVersion", "/athena-results/*", "/data/raw/*")
                .doesNotContain("s3:DeleteObject\"", "/artifacts/");
        assertThat(stack.at("/resource/aws_glue_job/forget_person/default_arguments/--pseudonym_key")
                        .asText())
                .isEqualTo("${aws_kms_key.pseudonyms.arn}");
    }

    @Test
    void onlyTheJudgeJobDecidesOnBadRows() {
        JsonNode judge = stack.at("/resource/aws_glue_job/judge_raw_data");
        JsonNode dataset = stack.at("/resource/aws_glue_job/dim_date");

        assertThat(judge.path("name").asText()).isEqualTo("judge_raw_data");
        assertThat(judge.path("role_arn")).isEqualTo(dataset.path("role_arn"));
        assertThat(judge.at("/command/script_location").asText())
                .isEqualTo("s3://${aws_s3_bucket.data_lake.bucket}/${aws_s3_object.glue_job_judge_raw_data.key}");
        Map<String, String> ofTheJudgeAlone = new TreeMap<>(arguments(judge));
        ofTheJudgeAlone.keySet().removeAll(arguments(dataset).keySet());
        assertThat(ofTheJudgeAlone).isEqualTo(Map.of("--max_bad_row_share", "0.05", "--duplicate_history_days", "7"));
        Map<String, String> common = new TreeMap<>(arguments(judge));
        common.keySet().removeAll(ofTheJudgeAlone.keySet());
        common.put("--TempDir", dataset.at("/default_arguments/--TempDir").asText());
        assertThat(common).isEqualTo(arguments(dataset));
    }

    @Test
    void tellsItsUserWhereThingsAre() {
        assertThat(stack.path("output").fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder("airflow_webserver_url", "bucket", "dag", "database", "workgroup");
        assertThat(stack.at("/output/dag/value").asText()).isEqualTo("driven_data_pipeline");
    }

    private static Map<String, String> arguments(JsonNode job) {
        Map<String, String> arguments = new TreeMap<>();
        job.path("default_arguments")
                .properties()
                .forEach(argument ->
                        arguments.put(argument.getKey(), argument.getValue().asText()));
        return arguments;
    }

    private static JsonNode environment() {
        return stack.at("/resource/aws_mwaa_environment/airflow");
    }
}
