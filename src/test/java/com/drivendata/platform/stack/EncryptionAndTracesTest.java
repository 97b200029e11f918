package com.drivendata.platform.stack;

import static com.drivendata.platform.testing.TestStack.ids;
import static com.drivendata.platform.testing.TestStack.texts;
import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.testing.SampleProject;
import com.drivendata.platform.testing.SynthesisedStacks;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The deployment's own key, access logs and endpoint policies: what each of these keys changes. */
class EncryptionAndTracesTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String KEY = "${aws_kms_key.data.arn}";
    private static final String ACCOUNT = "123456789012";

    private static JsonNode on;
    private static JsonNode off;

    @BeforeAll
    static void synthesise(@TempDir Path project, @TempDir Path out) throws IOException {
        SampleProject.in(project);
        String both = """
                company: %s
                region: eu-central-1
                account_id: "123456789012"
                state: {bucket: %s-state}
                groups: [{name: finance, tables: [payment_data]}]
                cicd: {github_repository: acme/platform, github_oidc_provider: %s}
                """;
        Files.writeString(project.resolve("config/on.yaml"), both.formatted("acme", "acme", "create") + """
                        resource_prefix: acme_
                        encryption: {customer_managed_key: true}
                        storage: {bucket: acme-lake, access_logs: true}
                        network: {vpc_cidr: 10.190.0.0/16, egress: endpoints, endpoint_policies: true}
                        orchestration: {plugins_archive: plugins.zip}
                        """);
        Files.writeString(project.resolve("config/off.yaml"), both.formatted("other", "other", "existing") + """
                        resource_prefix: other_
                        storage: {bucket: other-lake}
                        network: {vpc_cidr: 10.191.0.0/16, egress: endpoints}
                        orchestration: {plugins_archive: plugins.zip}
                        """);
        try (var zip = new java.util.zip.ZipOutputStream(Files.newOutputStream(project.resolve("plugins.zip")))) {
            zip.putNextEntry(new java.util.zip.ZipEntry("wheels/readme"));
        }
        SynthesisedStacks stacks = SynthesisedStacks.of(project, out);
        on = stacks.json("on").path("resource");
        off = stacks.json("off").path("resource");
    }

    @Test
    void theKeyEncryptsAllThatIsKept() {
        assertThat(on.at("/aws_s3_bucket_server_side_encryption_configuration/data_lake/rule/0")
                        .findValuesAsText("kms_master_key_id"))
                .containsExactly(KEY);
        assertThat(on.path("aws_cloudwatch_log_group"))
                .hasSize(7)
                .allSatisfy(
                        group -> assertThat(group.path("kms_key_id").asText()).isEqualTo(KEY));
        assertThat(on.at("/aws_mwaa_environment/airflow/kms_key").asText()).isEqualTo(KEY);
        assertThat(on.path("aws_athena_workgroup")).hasSize(2).allSatisfy(workgroup -> {
            assertThat(workgroup.findValuesAsText("encryption_option")).containsExactly("SSE_KMS");
            assertThat(workgroup.findValuesAsText("kms_key_arn")).containsExactly(KEY);
        });
        assertThat(on.at("/aws_glue_security_configuration/glue").findValuesAsText("kms_key_arn"))
                .containsExactly(KEY, KEY, KEY);
    }

    @Test
    void jobsAndCrawlersNameTheSecurityConfiguration() {
        for (JsonNode stack : List.of(on, off)) {
            for (String type : List.of("aws_glue_job", "aws_glue_crawler")) {
                assertThat(stack.path(type))
                        .isNotEmpty()
                        .allSatisfy(component -> assertThat(
                                        component.path("security_configuration").asText())
                                .isEqualTo("${aws_glue_security_configuration.glue.name}"));
            }
        }
    }

    @Test
    void jobsFindTheLogGroupsThatGlueNamesAfterTheSecurityConfiguration() {
        assertThat(on.at("/aws_cloudwatch_log_group/glue_jobs_output/name").asText())
                .isEqualTo("/aws-glue/jobs/acme/acme_kms-role/${aws_iam_role.glue.name}/output");
        assertThat(off.at("/aws_cloudwatch_log_group/glue_jobs_output/name").asText())
                .isEqualTo("/aws-glue/jobs/other/output");
    }

    @Test
    void theKeyServesOnlyTheDeploymentsLogsAndFlowLogs() throws IOException {
        JsonNode key = on.at("/aws_kms_key/data");
        JsonNode policy = MAPPER.readTree(key.path("policy").asText());

        assertThat(key.path("enable_key_rotation").asBoolean()).isTrue();
        assertThat(key.at("/lifecycle/prevent_destroy").asBoolean()).isTrue();
        assertThat(policy.findValuesAsText("Sid"))
                .containsExactly("LeaveToIamPolicies", "EncryptLogs", "DeliverFlowLogs");
        assertThat(policy.at("/Statement/0/Principal/AWS").asText()).endsWith(":iam::" + ACCOUNT + ":root");
        assertThat(texts(policy.at("/Statement/1/Condition/ArnLike/kms:EncryptionContext:aws:logs:arn")))
                .hasSize(3)
                .anySatisfy(arn -> assertThat(arn).endsWith(":log-group:airflow-acme_airflow_environment-*"))
                .anySatisfy(arn -> assertThat(arn).endsWith(":log-group:/aws-glue/jobs/acme*"))
                .anySatisfy(arn -> assertThat(arn).endsWith(":log-group:/aws-glue/crawlers*"));
        assertThat(policy.at("/Statement/2/Condition/StringEquals/aws:SourceAccount")
                        .asText())
                .isEqualTo(ACCOUNT);
    }

    @Test
    void everyRoleMayUseTheKeyAndNoneWithoutIt() throws IOException {
        for (String role : List.of("airflow", "glue", "group_finance")) {
            assertThat(keyStatements(on, "aws_iam_role_policy", role)).containsExactly("UseDataKey");
            assertThat(keyStatements(off, "aws_iam_role_policy", role)).isEmpty();
        }
        for (String boundary : List.of("execution_boundary", "group_boundary")) {
            assertThat(keyStatements(on, "aws_iam_policy", boundary)).containsExactly("UseDataKey");
            assertThat(keyStatements(off, "aws_iam_policy", boundary)).isEmpty();
        }
        List<String> workflows = new ArrayList<>();
        for (String policy : ids(MAPPER.createObjectNode().set("resource", on), "aws_iam_policy")) {
            if (policy.startsWith("workflow_")) {
                workflows.addAll(keyStatements(on, "aws_iam_policy", policy));
            }
        }
        assertThat(workflows)
                .containsExactlyInAnyOrder(
                        "ReadDataKey", "DecryptUploads", "TagDataKey", "EncryptUploads", "LetEnvironmentUseDataKey");
        assertThat(on.at("/aws_iam_role_policy/glue/policy").asText()).contains("logs:AssociateKmsKey");
        assertThat(off.at("/aws_iam_role_policy/glue/policy").asText()).doesNotContain("logs:AssociateKmsKey");
    }

    @Test
    void accessLogsGoToABucketOfTheirOwnThatTakesThemFromThisBucketAlone() throws IOException {
        JsonNode logging = on.at("/aws_s3_bucket_logging/data_lake");
        JsonNode write = MAPPER.readTree(
                        on.at("/aws_s3_bucket_policy/access_logs/policy").asText())
                .at("/Statement/1");

        assertThat(logging.path("bucket").asText()).isEqualTo("${aws_s3_bucket.data_lake.bucket}");
        assertThat(logging.path("target_bucket").asText()).isEqualTo("${aws_s3_bucket.access_logs.bucket}");
        assertThat(on.at("/aws_s3_bucket/access_logs/bucket").asText()).isEqualTo("acme-lake-access-logs");
        assertThat(on.at("/aws_s3_bucket_server_side_encryption_configuration/access_logs")
                        .findValuesAsText("sse_algorithm"))
                .containsExactly("AES256");
        assertThat(write.at("/Principal/Service").asText()).isEqualTo("logging.s3.amazonaws.com");
        assertThat(write.path("Action").asText()).isEqualTo("s3:PutObject");
        assertThat(write.at("/Condition/StringEquals/aws:SourceAccount").asText())
                .isEqualTo(ACCOUNT);
        assertThat(write.at("/Condition/ArnLike/aws:SourceArn").asText())
                .endsWith(":s3:::${aws_s3_bucket.data_lake.bucket}");
        assertThat(on.at("/aws_s3_bucket_lifecycle_configuration/access_logs/rule/0/expiration")
                        .findValuesAsText("days"))
                .containsExactly("90");
    }

    @Test
    void endpointsReachOnlyTheDeploymentsBucket() throws IOException {
        JsonNode s3 = MAPPER.readTree(on.at("/aws_vpc_endpoint/s3/policy").asText());
        JsonNode glue = MAPPER.readTree(on.at("/aws_vpc_endpoint/glue/policy").asText());

        List<String> reached = new ArrayList<>();
        s3.path("Statement").forEach(statement -> {
            if (statement.path("Action").asText().equals("s3:*")) {
                reached.addAll(texts(statement.path("Resource")));
            }
        });
        assertThat(reached)
                .hasSize(2)
                .allSatisfy(arn -> assertThat(arn).contains(":s3:::${aws_s3_bucket.data_lake.bucket}"));
        assertThat(s3.findValuesAsText("Resource"))
                .anySatisfy(arn -> assertThat(arn).endsWith(":s3:::prod-eu-central-1-starport-layer-bucket/*"));
        assertThat(glue.at("/Statement/0/Condition/StringEquals/aws:PrincipalAccount")
                        .asText())
                .isEqualTo(ACCOUNT);
        assertThat(on.at("/aws_vpc_endpoint/sqs").has("policy")).isFalse();
    }

    @Test
    void nothingOfItIsThereWithoutTheKeys() {
        assertThat(off.path("aws_kms_key").properties())
                .extracting(entry -> entry.getKey())
                .containsExactly("pseudonyms");
        assertThat(off.path("aws_s3_bucket")).hasSize(1);
        assertThat(off.has("aws_s3_bucket_logging")).isFalse();
        assertThat(off.path("aws_vpc_endpoint"))
                .allSatisfy(endpoint -> assertThat(endpoint.has("policy")).isFalse());
        assertThat(off.toString()).doesNotContain("aws_kms_key.data");
    }

    /** The statements of a policy that name the key. */
    private static List<String> keyStatements(JsonNode stack, String type, String name) throws IOException {
        List<String> sids = new ArrayList<>();
        String text = stack.path(type).path(name).path("policy").asText();
        assertThat(text).as(type + "." + name).isNotEmpty();
        for (JsonNode statement : MAPPER.readTree(text).path("Statement")) {
            if (texts(statement.path("Resource")).contains(KEY)) {
                sids.add(statement.path("Sid").asText());
            }
        }
        return sids;
    }
}
