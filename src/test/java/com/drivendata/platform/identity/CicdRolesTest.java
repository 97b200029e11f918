package com.drivendata.platform.identity;

import static com.drivendata.platform.testing.TestStack.texts;
import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.storage.DataLakeBucket;
import com.drivendata.platform.storage.DataLakeBucketProps;
import com.drivendata.platform.testing.TestDeployment;
import com.drivendata.platform.testing.TestStack;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CicdRolesTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String ISSUER = "token.actions.githubusercontent.com";
    /** What AWS allows a role's inline policies together, white space not counted. */
    private static final int INLINE_LIMIT = 10_240;

    @TempDir
    private Path folder;

    private JsonNode synth(String cicd) throws IOException {
        DeploymentConfig deployment = TestDeployment.of(folder, cicd);
        PipelineTable pipeline = TestDeployment.pipeline(deployment);
        TestStack stack = new TestStack(folder);
        DataLakeBucket bucket = new DataLakeBucket(
                stack.scope(), "lake", new DataLakeBucketProps(deployment.storage(), pipeline.prefixes(), false));
        ServiceRolesProps names = new ServiceRolesProps(
                Path.of("").toAbsolutePath(), deployment, pipeline, bucket, "123456789012", "/aws-glue/jobs/acme");
        new CicdRoles(
                stack.scope(),
                "cicd",
                new CicdRolesProps(names, deployment.cicd().orElseThrow()));
        return stack.synth().path("resource");
    }

    private JsonNode synth() throws IOException {
        return synth("cicd: {github_repository: acme/platform}");
    }

    private static JsonNode trust(JsonNode resources, String role) throws IOException {
        String document =
                resources.at("/aws_iam_role/" + role + "/assume_role_policy").asText();
        return MAPPER.readTree(document).at("/Statement/0");
    }

    private static List<JsonNode> statements(JsonNode resources, String policy) throws IOException {
        String document =
                resources.at("/aws_iam_role_policy/" + policy + "/policy").asText();
        List<JsonNode> statements = new ArrayList<>();
        MAPPER.readTree(document).path("Statement").forEach(statements::add);
        return statements;
    }

    private static List<String> each(JsonNode textOrList) {
        return textOrList.isTextual() ? List.of(textOrList.asText()) : texts(textOrList);
    }

    private static Stream<String> actions(List<JsonNode> statements) {
        return statements.stream().flatMap(statement -> each(statement.path("Action")).stream());
    }

    @Test
    void trustsPullRequestsAndMainToPlanAndTheEnvironmentToApply() throws IOException {
        JsonNode resources = synth();

        JsonNode plan = trust(resources, "workflow_plan");
        assertThat(plan.path("Action").asText()).isEqualTo("sts:AssumeRoleWithWebIdentity");
        assertThat(plan.at("/Principal/Federated").asText()).isEqualTo("${aws_iam_openid_connect_provider.github.arn}");
        assertThat(texts(plan.at("/Condition/StringEquals").path(ISSUER + ":sub")))
                .containsExactly("repo:acme/platform:pull_request", "repo:acme/platform:ref:refs/heads/main");
        JsonNode apply = trust(resources, "workflow_apply").at("/Condition/StringEquals");
        assertThat(texts(apply.path(ISSUER + ":sub"))).containsExactly("repo:acme/platform:environment:test");
        assertThat(apply.path(ISSUER + ":aud").asText()).isEqualTo("sts.amazonaws.com");
    }

    @Test
    void namesTheRolesAfterTheCompany() throws IOException {
        JsonNode roles = synth().path("aws_iam_role");

        assertThat(roles.at("/workflow_plan/name").asText()).isEqualTo("acme_plan");
        assertThat(roles.at("/workflow_apply/name").asText()).isEqualTo("acme_apply");
    }

    @Test
    void usesTheAccountsIdentityProviderWhenThereIsOne() throws IOException {
        JsonNode resources = synth("cicd: {github_repository: acme/platform, github_oidc_provider: existing}");

        assertThat(resources.path("aws_iam_openid_connect_provider").isMissingNode())
                .isTrue();
        assertThat(trust(resources, "workflow_plan").at("/Principal/Federated").asText())
                .isEqualTo("arn:aws:iam::123456789012:oidc-provider/" + ISSUER);
    }

    @Test
    void letsThePlanRoleOnlyReadAndNeverTheLakesData() throws IOException {
        List<JsonNode> statements = statements(synth(), "workflow_plan_read");

        assertThat(actions(statements)).allMatch(action -> action.matches("[a-z0-9]+:(Get|List|Describe)[A-Za-z*]*"));
        List<String> readable = statements.stream()
                .filter(statement -> each(statement.path("Action")).contains("s3:GetObject"))
                .flatMap(statement -> each(statement.path("Resource")).stream())
                .toList();
        assertThat(readable)
                .containsExactly(
                        "arn:aws:s3:::acme-state/test/terraform.tfstate",
                        "arn:aws:s3:::${aws_s3_bucket.data_lake.bucket}/dags/*",
                        "arn:aws:s3:::${aws_s3_bucket.data_lake.bucket}/artifacts/*");
    }

    @Test
    void letsTheApplyRoleReadAsMuch() throws IOException {
        JsonNode resources = synth();

        assertThat(statements(resources, "workflow_apply_read")).isEqualTo(statements(resources, "workflow_plan_read"));
        assertThat(resources.path("aws_iam_role_policy").properties())
                .extracting(Map.Entry::getKey)
                .containsExactlyInAnyOrder("workflow_apply_read", "workflow_apply_write", "workflow_plan_read");
    }

    @Test
    void keepsTheApplyRoleFromTheWorkflowsRolesAndFromDestroyingData() throws IOException {
        List<JsonNode> write = statements(synth(), "workflow_apply_write");

        for (JsonNode statement : write) {
            if (each(statement.path("Action")).stream().anyMatch(action -> action.startsWith("iam:"))) {
                assertThat(each(statement.path("Resource")))
                        .noneMatch(arn -> arn.contains("*") || arn.contains("_plan") || arn.contains("_apply"));
            }
        }
        assertThat(actions(write))
                .doesNotContain("s3:DeleteBucket", "glue:DeleteDatabase", "athena:DeleteWorkGroup")
                .noneMatch(action -> action.endsWith("*"));
    }

    @Test
    void writesOnlyTheStateItsLockAndWhatTheStackUploads() throws IOException {
        List<String> written = statements(synth(), "workflow_apply_write").stream()
                .filter(statement -> each(statement.path("Action")).contains("s3:PutObject"))
                .flatMap(statement -> each(statement.path("Resource")).stream())
                .toList();

        assertThat(written)
                .containsExactly(
                        "arn:aws:s3:::acme-state/test/terraform.tfstate",
                        "arn:aws:s3:::acme-state/test/terraform.tfstate.interrupted",
                        "arn:aws:s3:::acme-state/test/terraform.tfstate.tflock",
                        "arn:aws:s3:::${aws_s3_bucket.data_lake.bucket}/dags/*",
                        "arn:aws:s3:::${aws_s3_bucket.data_lake.bucket}/artifacts/*");
    }

    @Test
    void fitsIntoInlinePolicies() throws IOException {
        JsonNode policies = synth().path("aws_iam_role_policy");

        int apply = policies.at("/workflow_apply_read/policy").asText().length()
                + policies.at("/workflow_apply_write/policy").asText().length();
        assertThat(apply).isLessThan(INLINE_LIMIT);
    }
}
