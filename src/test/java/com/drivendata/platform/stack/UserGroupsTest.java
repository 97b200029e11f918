package com.drivendata.platform.stack;

import static com.drivendata.platform.testing.TestStack.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.drivendata.platform.config.ConfigException;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.testing.SampleProject;
import com.drivendata.platform.testing.TestDeployment;
import com.drivendata.platform.testing.TestStack;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.hashicorp.cdktf.App;
import com.hashicorp.cdktf.Testing;
import com.hashicorp.cdktf.TestingAppConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserGroupsTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String ACCOUNT = "account_id: \"123456789012\"\n";

    @TempDir
    private Path project;

    @TempDir
    private Path out;

    @BeforeEach
    void fill() throws IOException {
        SampleProject.in(project);
    }

    @Test
    void aGroupMayReadItsTablesAndKeepItsResultsAndNothingElse() throws IOException {
        JsonNode resources = synth("groups: [{name: finance, tables: [payment_data], scan_limit_mb: 100}]");

        JsonNode policy = MAPPER.readTree(
                resources.at("/aws_iam_role_policy/group_finance/policy").asText());
        assertThat(sids(policy))
                .containsExactly(
                        "RunQueries",
                        "FindWorkgroups",
                        "BrowseCatalog",
                        "FindBucket",
                        "ListData",
                        "KeepResults",
                        "FindDatabase",
                        "ReadTables",
                        "ReadData");
        assertThat(resourcesOf(policy, "RunQueries")).singleElement().asString().endsWith(":workgroup/acme_finance");
        assertThat(resourcesOf(policy, "ReadData")).singleElement().asString().endsWith("/data/trusted/payment_data/*");
        assertThat(resourcesOf(policy, "KeepResults"))
                .singleElement()
                .asString()
                .endsWith("/athena-results/finance/*");
        assertThat(resourcesOf(policy, "ReadTables"))
                .hasSize(3)
                .last()
                .asString()
                .endsWith(":table/acme_db/payment_data");
        assertThat(texts(statement(policy, "ListData").at("/Condition/StringLike/s3:prefix")))
                .containsExactly("athena-results/finance/*", "data/trusted/payment_data/*");

        JsonNode workgroup = resources.at("/aws_athena_workgroup/group_finance");
        assertThat(workgroup.path("name").asText()).isEqualTo("acme_finance");
        assertThat(workgroup
                        .at("/configuration/enforce_workgroup_configuration")
                        .asBoolean())
                .isTrue();
        assertThat(workgroup
                        .at("/configuration/result_configuration/output_location")
                        .asText())
                .endsWith("/athena-results/finance/");
        assertThat(workgroup.at("/configuration/bytes_scanned_cutoff_per_query").asLong())
                .isEqualTo(104_857_600L);
    }

    @Test
    void allTablesAreTheZonesAndNeitherCleanRowsNorOthersResults() throws IOException {
        JsonNode resources = synth("groups: [{name: admins, tables: [all], personal_data: true}]");
        JsonNode policy = MAPPER.readTree(
                resources.at("/aws_iam_role_policy/group_admins/policy").asText());
        assertThat(resourcesOf(policy, "ReadData"))
                .extracting(arn -> arn.substring(arn.indexOf('/') + 1))
                .containsExactly("data/raw/*", "data/staging/*", "data/trusted/*", "data/quarantine/*");
        assertThat(resourcesOf(policy, "KeepResults"))
                .singleElement()
                .asString()
                .endsWith("/athena-results/admins/*");
    }

    @Test
    void aRoleEndsAtTheBoundaryAndTrustsWhoIsNamed() throws IOException {
        JsonNode resources = synth("""
                groups:
                  - {name: own, tables: [payment_data]}
                  - name: given
                    tables: [payment_data]
                    assumed_by: ["arn:aws:iam::210987654321:role/sso", "arn:aws:iam::123456789012:saml-provider/acme"]""");

        assertThat(resources.at("/aws_iam_role/group_own/permissions_boundary").asText())
                .isEqualTo("${aws_iam_policy.group_boundary.arn}");
        assertThat(trust(resources, "group_own"))
                .hasToString("[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"AWS\":"
                        + "[\"arn:${data.aws_partition.partition.partition}:iam::123456789012:root\"]}}]");
        assertThat(trust(resources, "group_given"))
                .hasToString("[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"AWS\":"
                        + "[\"arn:aws:iam::210987654321:role/sso\"]}},"
                        + "{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRoleWithSAML\",\"Principal\":{\"Federated\":"
                        + "[\"arn:aws:iam::123456789012:saml-provider/acme\"]},"
                        + "\"Condition\":{\"StringEquals\":{\"SAML:aud\":\"https://signin.aws.amazon.com/saml\"}}}]");
    }

    @Test
    void aPolicyIsForARoleOfTheIdentityProvider() throws IOException {
        JsonNode resources = synth("""
                groups:
                  - {name: attached, tables: [payment_data], access: policy, attach_to: sso-finance}
                  - {name: alone, tables: [payment_data], access: policy}""");

        assertThat(TestStack.ids(wrapped(resources), "aws_iam_role")).containsExactly("airflow", "glue");
        assertThat(resources.at("/aws_iam_policy/group_alone/name").asText()).isEqualTo("acme_alone");
        assertThat(resources.at("/aws_iam_policy/group_alone/path").asText()).isEqualTo("/acme/");
        assertThat(resources.at("/aws_iam_policy").has("group_boundary")).isFalse();
        JsonNode attachments = resources.path("aws_iam_role_policy_attachment");
        assertThat(attachments).hasSize(1);
        assertThat(attachments.at("/group_attached/role").asText()).isEqualTo("sso-finance");
    }

    @Test
    void namesEveryTableThatAGroupMayNotRead() {
        ConfigException e = catchThrowableOfType(ConfigException.class, () -> synth("""
                groups:
                  - {name: a, tables: [payments, raw, pii_data, non_pii_data]}
                  - {name: b, tables: [all]}
                  - {name: c, tables: [raw_typed], personal_data: true}"""));
        assertThat(e.problems())
                .containsExactly(
                        "config/test.yaml: groups: \"a\": payments: no such table; must be one of raw, raw_typed,"
                                + " dim_address, dim_date, dim_finance, dim_person, fact_network_usage, payment_data,"
                                + " technical_data, pii_data, non_pii_data, quarantine, or all",
                        "config/test.yaml: groups: \"a\": raw: holds personal data as it is; the group must have"
                                + " personal_data: true",
                        "config/test.yaml: groups: \"a\": pii_data: holds personal data as it is; the group must have"
                                + " personal_data: true",
                        "config/test.yaml: groups: \"b\": all: holds personal data as it is; the group must have"
                                + " personal_data: true",
                        "config/test.yaml: groups: \"c\": raw_typed: a view, which reads raw: must be given with it");
    }

    @Test
    void saysWhichGroupHasMoreTablesThanAPolicyHolds() throws IOException {
        String database = "d".repeat(255);
        String tables =
                "dim_address, dim_date, dim_finance, dim_person, fact_network_usage, payment_data, technical_data,"
                        + " pii_data, non_pii_data, quarantine, raw";
        ConfigException e = catchThrowableOfType(
                ConfigException.class,
                () -> synth("catalog: {database: " + database + "}\ngroups: [{name: a, tables: [" + tables
                        + "], personal_data: true, access: policy}]"));
        assertThat(e.problems())
                .singleElement()
                .asString()
                .matches(
                        "config/test.yaml: groups: \"a\": its policy would have \\d+ characters, IAM allows 6144; give it"
                                + " fewer tables, or all");
    }

    private JsonNode synth(String groups) throws IOException {
        DeploymentConfig deployment = TestDeployment.of(project, ACCOUNT + groups);
        App app = Testing.app(TestingAppConfig.builder().outdir(out.toString()).build());
        PipelineStack stack = new PipelineStack(app, project, deployment, TestDeployment.pipeline(deployment));
        return MAPPER.readTree(Testing.synth(stack)).path("resource");
    }

    private static JsonNode wrapped(JsonNode resources) {
        return MAPPER.createObjectNode().set("resource", resources);
    }

    private static JsonNode trust(JsonNode resources, String role) throws IOException {
        String document =
                resources.at("/aws_iam_role/" + role + "/assume_role_policy").asText();
        return MAPPER.readTree(document).path("Statement");
    }

    private static JsonNode statement(JsonNode policy, String sid) {
        return StreamSupport.stream(policy.path("Statement").spliterator(), false)
                .filter(statement -> statement.path("Sid").asText().equals(sid))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> resourcesOf(JsonNode policy, String sid) {
        return texts(statement(policy, sid).path("Resource"));
    }

    private static List<String> sids(JsonNode policy) {
        return policy.path("Statement").findValuesAsText("Sid");
    }
}
