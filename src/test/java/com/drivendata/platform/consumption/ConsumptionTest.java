package com.drivendata.platform.consumption;

import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.testing.TestDeployment;
import com.drivendata.platform.testing.TestStack;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConsumptionTest {

    @TempDir
    private Path config;

    @TempDir
    private Path out;

    @Test
    void workgroupDecidesWhereResultsGo() throws IOException {
        JsonNode workgroup = workgroup(10240, false);
        JsonNode configuration = workgroup.path("configuration");

        assertThat(configuration.path("enforce_workgroup_configuration").asBoolean())
                .isTrue();
        assertThat(configuration.at("/result_configuration/output_location").asText())
                .isEqualTo("s3://acme-lake/athena-results/");
        assertThat(configuration
                        .at("/result_configuration/encryption_configuration/encryption_option")
                        .asText())
                .isEqualTo("SSE_S3");
        assertThat(configuration.path("bytes_scanned_cutoff_per_query").asLong())
                .isEqualTo(10_737_418_240L);
        assertThat(workgroup.path("force_destroy").asBoolean()).isFalse();
    }

    @Test
    void scanLimitOfZeroIsNone() throws IOException {
        assertThat(workgroup(0, true).path("configuration").has("bytes_scanned_cutoff_per_query"))
                .isFalse();
    }

    @Test
    void onlyADestroyableWorkgroupGoesWithItsHistory() throws IOException {
        assertThat(workgroup(0, true).path("force_destroy").asBoolean()).isTrue();
    }

    @Test
    void savesASampleOfEachTableTheChecksAndTheDepartments() throws IOException {
        JsonNode stack = savedQueries();

        assertThat(TestStack.ids(stack, "aws_athena_named_query"))
                .containsExactly(
                        "duplicates",
                        "missing_values",
                        "non_pii_data",
                        "payment_data",
                        "pii_data",
                        "quarantine_summary",
                        "sample_dim_address",
                        "sample_dim_date",
                        "sample_dim_finance",
                        "sample_dim_person",
                        "sample_fact_network_usage",
                        "sample_raw",
                        "technical_data");
        assertThat(sql(stack, "sample_dim_date")).isEqualTo("""
                        SELECT
                            run_date,
                            unique_id,
                            accessed_at
                        FROM dim_date
                        LIMIT 10""");
    }

    @Test
    void departmentsSeeTheirWholeTableInAFixedOrder() throws IOException {
        assertThat(sql(savedQueries(), "payment_data"))
                .contains("payment_amount\nFROM payment_data\n")
                .endsWith("ORDER BY run_date DESC, unique_id");
    }

    @Test
    void missingValuesLooksAtEachColumnByItsType() throws IOException {
        assertThat(sql(savedQueries(), "missing_values"))
                // Raw is all text; in staging only text can be empty without being NULL.
                .contains("count_if(birth_date IS NULL OR birth_date = '') AS birth_date")
                .contains("count_if(birth_date IS NULL) AS birth_date")
                .contains("count_if(iban IS NULL OR iban = '') AS iban")
                .endsWith("ORDER BY dataset, column_name");
    }

    @Test
    void duplicatesLooksAtEveryTable() throws IOException {
        assertThat(sql(savedQueries(), "duplicates").split("UNION ALL")).hasSize(6);
    }

    private JsonNode workgroup(int scanLimitMb, boolean destroyable) throws IOException {
        DeploymentConfig deployment = TestDeployment.of(config, "destroyable: " + destroyable);
        TestStack test = new TestStack(out);
        workgroup(test, deployment, scanLimitMb);
        return test.synth().at("/resource/aws_athena_workgroup/workgroup");
    }

    private static Workgroup workgroup(TestStack test, DeploymentConfig deployment, int scanLimitMb) {
        return new Workgroup(
                test.scope(),
                "workgroup",
                WorkgroupPropsBuilder.builder()
                        .deployment(TestDeployment.place(deployment))
                        .logicalId("workgroup")
                        .name("acme")
                        .description("Queries")
                        .scanLimitMb(scanLimitMb)
                        .resultLocation("s3://acme-lake/athena-results/")
                        .build());
    }

    private JsonNode savedQueries() throws IOException {
        DeploymentConfig deployment = TestDeployment.of(config);
        TestStack test = new TestStack(out);
        Workgroup workgroup = workgroup(test, deployment, 0);
        new SavedQueries(test.scope(), "queries", workgroup, "acme_db", TestDeployment.pipeline(deployment));
        return test.synth();
    }

    private static String sql(JsonNode stack, String query) {
        return stack.at("/resource/aws_athena_named_query/" + query + "/query").asText();
    }
}
