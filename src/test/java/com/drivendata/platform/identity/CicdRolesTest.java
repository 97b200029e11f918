package com.drivendata.platform.identity;

import static com.drivendata.platform.testing.TestStack.texts;
import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.config.DeploymentConfig;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CicdRolesTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String ISSUER = "token.actions.githubusercontent.com";

    @TempDir
    private Path folder;

    private JsonNode synth(String cicd) throws IOException {
        return synth(cicd, List.of());
    }

    private JsonNode synth(String cicd, List<String> shared) throws IOException {
        DeploymentConfig deployment = TestDeployment.of(folder, cicd);
        TestStack stack = new TestStack(folder);
        Policies policies = new Policies(TestDeployment.place(deployment), "${aws_kms_key.pseudonyms.arn}");
        new CicdRoles(stack.scope(), "cicd", policies, deployment.cicd().orElseThrow(), shared);
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

    /** The statements of a role's managed policies whose names begin so: plan, apply. */
    private static List<JsonNode> statements(JsonNode resources, String policies) throws IOException {
        List<JsonNode> statements = new ArrayList<>();
        for (Map.Entry<String, JsonNode> policy :
                resources.path("aws_iam_policy").properties()) {
            if (policy.getKey().startsWith("workflow_" + policies)) {
                MAPPER.readTree(policy.getValue().path("policy").asText())
                        .path("Statement")
                        .forEach(statements::add);
            }
        }
        return statements;
    }

    private static JsonNode statement(List<JsonNode> statements, String sid) {
        return statements.stream()
                .filter(statement -> statement.path("Sid").asText().equals(sid))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no statement " + sid));
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
        List<JsonNode> statements = statements(synth(), "plan");

        assertThat(actions(statements))
                .allMatch(action -> action.matches("[a-z0-9]+:(Get|List|Describe|View)[A-Za-z*]*"));
        List<String> readable = statements.stream()
                .filter(statement -> each(statement.path("Action")).contains("s3:GetObject"))
                .flatMap(statement -> each(statement.path("Resource")).stream())
                .toList();
        assertThat(readable)
                .containsExactly(
                        "arn:aws:s3:::acme-state/test/terraform.tfstate",
                        "arn:aws:s3:::acme-state/test/terraform.tfstate.interrupted",
                        "arn:aws:s3:::acme-lake/dags/*",
                        "arn:aws:s3:::acme-lake/artifacts/*");
    }

    @Test
    void letsTheApplyRoleReadAsMuch() throws IOException {
        JsonNode attached = synth().path("aws_iam_role_policy_attachment");

        assertThat(attachments(attached, "plan")).isNotEmpty().allMatch(arn -> arn.contains("workflow_plan"));
        assertThat(attachments(attached, "apply"))
                .containsAll(attachments(attached, "plan"))
                .anyMatch(arn -> arn.contains("workflow_apply"));
    }

    private static List<String> attachments(JsonNode attached, String role) {
        return attached.properties().stream()
                .map(Map.Entry::getValue)
                .filter(each -> each.path("role").asText().contains("aws_iam_role.workflow_" + role + "."))
                .map(each -> each.path("policy_arn").asText())
                .toList();
    }

    @Test
    void keepsTheApplyRoleFromTheWorkflowsRolesAndFromDestroyingData() throws IOException {
        List<JsonNode> write = statements(synth(), "apply");

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
        List<String> written = statements(synth(), "apply").stream()
                .filter(statement -> each(statement.path("Action")).contains("s3:PutObject"))
                .flatMap(statement -> each(statement.path("Resource")).stream())
                .toList();

        assertThat(written)
                .containsExactly(
                        "arn:aws:s3:::acme-state/test/terraform.tfstate",
                        "arn:aws:s3:::acme-state/test/terraform.tfstate.interrupted",
                        "arn:aws:s3:::acme-state/test/terraform.tfstate.tflock",
                        "arn:aws:s3:::acme-lake/dags/*",
                        "arn:aws:s3:::acme-lake/artifacts/*");
    }

    @Test
    void sharesOnlyTheNetworkThatTheStackFound() throws IOException {
        String cicd = "cicd: {github_repository: acme/platform}";

        assertThat(statements(synth(cicd), "apply"))
                .extracting(statement -> statement.path("Sid").asText())
                .doesNotContain("UseSharedNetwork");
        JsonNode shared = statement(
                statements(synth(cicd, List.of("vpc/vpc-1", "subnet/subnet-1")), "apply"), "UseSharedNetwork");
        assertThat(texts(shared.path("Resource")))
                .containsExactly(
                        "arn:aws:ec2:eu-central-1:123456789012:vpc/vpc-1",
                        "arn:aws:ec2:eu-central-1:123456789012:subnet/subnet-1");
    }

    /**
     * The examples of https://docs.github.com/en/actions/reference/security/oidc, with our branches and environment.
     */
    @ParameterizedTest
    @CsvSource({
        "'', repo:octo-org/octo-repo",
        "', github_owner_id: 123456, github_repository_id: 456789', repo:octo-org@123456/octo-repo@456789",
        "', github_owner_id: \"123456\", github_repository_id: \"456789\"', repo:octo-org@123456/octo-repo@456789"
    })
    void trustsTheSubjectsThatGithubDocuments(String ids, String repository) throws IOException {
        JsonNode resources = synth("cicd: {github_repository: octo-org/octo-repo" + ids + "}");

        assertThat(texts(trust(resources, "workflow_plan")
                        .at("/Condition/StringEquals")
                        .path(ISSUER + ":sub")))
                .containsExactly(repository + ":pull_request", repository + ":ref:refs/heads/main");
        assertThat(texts(trust(resources, "workflow_apply")
                        .at("/Condition/StringEquals")
                        .path(ISSUER + ":sub")))
                .containsExactly(repository + ":environment:test");
    }

    @Test
    void trustsTheEnvironmentOnMainOnly() throws IOException {
        JsonNode resources = synth();

        assertThat(trust(resources, "workflow_apply")
                        .at("/Condition/StringEquals")
                        .path(ISSUER + ":ref")
                        .asText())
                .isEqualTo("refs/heads/main");
        // A pull request's ref is its own; the subjects say which may plan.
        assertThat(trust(resources, "workflow_plan")
                        .at("/Condition/StringEquals")
                        .has(ISSUER + ":ref"))
                .isFalse();
    }
}
