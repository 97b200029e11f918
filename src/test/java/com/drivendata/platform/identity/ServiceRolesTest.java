package com.drivendata.platform.identity;

import static com.drivendata.platform.testing.TestStack.texts;
import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.access.Arns;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.testing.TestDeployment;
import com.drivendata.platform.testing.TestStack;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceRolesTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String KEY = "${aws_kms_key.pseudonyms.arn}";
    private static final String ACCOUNT = "123456789012";

    @TempDir
    private Path folder;

    private JsonNode resources;

    @BeforeEach
    void synth() throws IOException {
        resources = synth(folder, "aws");
    }

    private static JsonNode synth(Path folder, String partition) throws IOException {
        DeploymentConfig deployment = TestDeployment.of(folder, "resource_prefix: acme_");
        Deployment aws = TestDeployment.place(deployment);
        Arns arns = new Arns(partition, deployment.region(), ACCOUNT);
        Deployment place = new Deployment(aws.projectRoot(), deployment, aws.pipeline(), arns, Optional.empty());
        TestStack stack = new TestStack(folder);
        new ServiceRoles(stack.scope(), "roles", new Policies(place, KEY));
        return stack.synth().path("resource");
    }

    private JsonNode policy(String role) throws IOException {
        return MAPPER.readTree(
                resources.at("/aws_iam_role_policy/" + role + "/policy").asText());
    }

    private JsonNode trust(String role) throws IOException {
        return MAPPER.readTree(resources
                        .at("/aws_iam_role/" + role + "/assume_role_policy")
                        .asText())
                .at("/Statement/0");
    }

    private static JsonNode statement(JsonNode policy, String sid) {
        for (JsonNode statement : policy.path("Statement")) {
            if (statement.path("Sid").asText().equals(sid)) {
                return statement;
            }
        }
        throw new AssertionError("no statement " + sid);
    }

    private static List<String> each(JsonNode textOrList) {
        return textOrList.isTextual() ? List.of(textOrList.asText()) : texts(textOrList);
    }

    @Test
    void namesTheRolesAfterTheCompany() {
        assertThat(resources.at("/aws_iam_role/airflow/name").asText()).isEqualTo("acme_airflow");
        assertThat(resources.at("/aws_iam_role/glue/name").asText()).isEqualTo("acme_glue");
    }

    @Test
    void trustsTheServicesOnlyForThisAccount() throws IOException {
        JsonNode airflow = trust("airflow");
        assertThat(texts(airflow.at("/Principal/Service")))
                .containsExactly("airflow.amazonaws.com", "airflow-env.amazonaws.com");
        assertThat(airflow.at("/Condition/StringEquals")
                        .path("aws:SourceAccount")
                        .asText())
                .isEqualTo(ACCOUNT);
        assertThat(airflow.at("/Condition/ArnLike").path("aws:SourceArn").asText())
                .isEqualTo("arn:aws:airflow:eu-central-1:123456789012:environment/acme_airflow_environment");

        JsonNode glue = trust("glue");
        assertThat(texts(glue.at("/Principal/Service"))).containsExactly("glue.amazonaws.com");
        assertThat(glue.at("/Condition/StringEquals").path("aws:SourceAccount").asText())
                .isEqualTo(ACCOUNT);
    }

    @Test
    void endsAtABoundaryWhateverTheRolesAreGiven() throws IOException {
        JsonNode boundary = resources.at("/aws_iam_policy/execution_boundary");

        assertThat(boundary.path("name").asText()).isEqualTo("acme_execution_boundary");
        assertThat(boundary.path("path").asText()).isEqualTo("/acme/");
        for (String role : List.of("airflow", "glue")) {
            assertThat(resources
                            .at("/aws_iam_role/" + role + "/permissions_boundary")
                            .asText())
                    .isEqualTo("${aws_iam_policy.execution_boundary.arn}");
        }
        JsonNode document = MAPPER.readTree(boundary.path("policy").asText());
        assertThat(texts(statement(document, "WriteData").path("Resource")))
                .contains("arn:aws:s3:::acme-lake/data/raw/*", "arn:aws:s3:::acme-lake/data/staging/*")
                .noneMatch(arn -> arn.contains("/dags/") || arn.contains("/artifacts/"));
        assertThat(statement(document, "RunOwnJobsAndCrawlers")
                        .at("/Condition/StringEquals")
                        .path("aws:ResourceTag/deployment")
                        .asText())
                .isEqualTo("test");
    }

    @Test
    void namesAnotherPartitionEverywhere(@TempDir Path other) throws IOException {
        String china = synth(other, "aws-cn").toString();

        assertThat(china).contains("arn:aws-cn:s3:::", "arn:aws-cn:airflow:").doesNotContain("arn:aws:");
    }

    @Test
    void letsAirflowRunTheJobsAndCrawlersOfThePipelineTable() throws IOException {
        JsonNode policy = policy("airflow");

        assertThat(texts(statement(policy, "RunJobs").path("Resource")))
                .hasSize(7)
                .contains(
                        "arn:aws:glue:eu-central-1:123456789012:job/acme_staging_dim_address",
                        "arn:aws:glue:eu-central-1:123456789012:job/acme_trusted_data")
                .noneMatch(job -> job.contains("forget_person"));
        assertThat(texts(statement(policy, "RunCrawlers").path("Resource")))
                .hasSize(6)
                .contains(
                        "arn:aws:glue:eu-central-1:123456789012:crawler/raw_acme",
                        "arn:aws:glue:eu-central-1:123456789012:crawler/acme_staging_dim_date");
    }

    @Test
    void letsAirflowWriteRawFilesOnly() throws IOException {
        List<String> writable = new ArrayList<>();
        for (JsonNode statement : policy("airflow").path("Statement")) {
            if (each(statement.path("Action")).contains("s3:PutObject")) {
                writable.addAll(each(statement.path("Resource")));
            }
        }

        assertThat(writable).containsExactly("arn:aws:s3:::acme-lake/data/raw/*");
    }

    @Test
    void letsJobsReadRawFilesAndWriteResults() throws IOException {
        JsonNode policy = policy("glue");
        String bucket = "arn:aws:s3:::acme-lake/";

        assertThat(texts(statement(policy, "WriteResults").path("Resource")))
                .containsExactly(
                        bucket + "data/clean/*",
                        bucket + "data/staging/*",
                        bucket + "data/trusted/*",
                        bucket + "data/quarantine/*",
                        bucket + "data/metrics/*",
                        bucket + "data/scratch/*",
                        bucket + "data/erasure/*");
        assertThat(texts(statement(policy, "ReadCodeAndRawFiles").path("Resource")))
                .contains(bucket + "data/raw/*");
        assertThat(texts(statement(policy, "KeepFolderMarkers").path("Resource")))
                .contains(bucket + "data_$folder$", bucket + "data/staging_$folder$")
                .doesNotHaveDuplicates();
        assertThat(texts(statement(policy, "RegisterPartitions").path("Resource")))
                .hasSize(2 + 11)
                .contains(
                        "arn:aws:glue:eu-central-1:123456789012:table/acme_db/dim_address",
                        "arn:aws:glue:eu-central-1:123456789012:table/acme_db/non_pii_data",
                        "arn:aws:glue:eu-central-1:123456789012:table/acme_db/quarantine");
        assertThat(statement(policy, "DerivePseudonymKey").path("Resource").asText())
                .isEqualTo(KEY);
    }

    @Test
    void letsJobsReplaceRawFilesByConditionalWritesAndNobodyDeleteVersions() throws IOException {
        JsonNode cut = statement(policy("glue"), "CutFiles");

        assertThat(texts(cut.path("Resource")))
                .containsExactly("arn:aws:s3:::acme-lake/data/raw/*", "arn:aws:s3:::acme-lake/data/incoming/*");
        assertThat(cut.at("/Condition/Null/s3:if-match").asText()).isEqualTo("false");
        assertThat(policy("glue").toString() + policy("airflow")).doesNotContain("s3:DeleteObjectVersion");
    }

    @Test
    void letsJobsAndAirflowHandlePartitionsOfTheDeclaredTablesOnly() throws IOException {
        JsonNode glue = statement(policy("glue"), "RegisterPartitions");
        JsonNode airflow = statement(policy("airflow"), "RegisterPartitions");

        assertThat(texts(glue.path("Action")))
                .contains(
                        "glue:GetPartition",
                        "glue:CreatePartition",
                        "glue:BatchCreatePartition",
                        "glue:UpdatePartition",
                        "glue:DeletePartition")
                .doesNotContain("glue:CreateTable", "glue:DeleteTable");
        assertThat(texts(airflow.path("Action")))
                .containsExactly("glue:GetTable", "glue:GetPartition", "glue:CreatePartition");
        assertThat(airflow.path("Resource")).isEqualTo(glue.path("Resource"));
    }

    @Test
    void letsAJobSeeWhetherTheHolderOfALockStillRuns() throws IOException {
        JsonNode statement = statement(policy("glue"), "SeeOtherRuns");

        assertThat(each(statement.path("Action"))).containsExactly("glue:GetJobRun");
        assertThat(texts(statement.path("Resource")))
                .contains("arn:aws:glue:eu-central-1:123456789012:job/acme_staging_dim_address");
    }

    @Test
    void grantsEverythingOnlyWhereAwsOffersNoOther() throws IOException {
        // https://docs.aws.amazon.com/service-authorization/: these actions have no resource types.
        List<String> withoutResources = List.of(
                "s3:GetAccountPublicAccessBlock",
                "logs:DescribeLogGroups",
                "glue:GetSecurityConfiguration",
                "cloudwatch:PutMetricData");
        for (String role : List.of("airflow", "glue")) {
            for (JsonNode statement : policy(role).path("Statement")) {
                List<String> actions = each(statement.path("Action"));
                assertThat(actions).noneMatch(action -> action.equals("*") || action.endsWith(":*"));
                if (each(statement.path("Resource")).contains("*")) {
                    assertThat(withoutResources).containsAll(actions);
                }
            }
        }
    }
}
