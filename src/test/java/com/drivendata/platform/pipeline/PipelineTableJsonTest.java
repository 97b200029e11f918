package com.drivendata.platform.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.Deployments;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PipelineTableJsonTest {

    private final DeploymentConfig deployment = Deployments.with("company", "driven_data");
    private final PipelineTable table = PipelineTableLoader.load(Path.of(""), deployment);

    @Test
    void holdsWhatTheDagAndTheJobsRead() throws Exception {
        JsonNode json = new ObjectMapper().readTree(PipelineTableJson.render(table, deployment));

        assertThat(json.properties().stream().map(Map.Entry::getKey))
                .containsExactly(
                        "company",
                        "dag",
                        "database",
                        "job_timeout_minutes",
                        "prefixes",
                        "raw",
                        "judgement",
                        "datasets",
                        "trusted");
        assertThat(json.get("job_timeout_minutes").asInt()).isEqualTo(30);
        assertThat(json.get("database").asText()).isEqualTo("driven_data_db");
        assertThat(json.get("prefixes").properties().stream().map(Map.Entry::getKey))
                .containsExactly(
                        "raw",
                        "incoming",
                        "clean",
                        "staging",
                        "trusted",
                        "quarantine",
                        "metrics",
                        "scratch",
                        "erasure",
                        "athena_results");
        assertThat(json.get("raw").properties().stream().map(Map.Entry::getKey)).containsExactly("crawler", "columns");
        assertThat(json.at("/raw/columns/3"))
                .hasToString("{\"name\":\"personal_number\",\"type\":\"string\",\"rule\":\"personal_number\","
                        + "\"required\":true,\"masking\":\"full\"}");
        assertThat(json.at("/raw/columns/4"))
                .hasToString("{\"name\":\"birth_date\",\"type\":\"date\",\"min\":\"1900-01-01\","
                        + "\"max\":\"2099-12-31\",\"required\":true,\"masking\":\"full\"}");
        assertThat(json.at("/raw/columns/11"))
                .hasToString("{\"name\":\"session_duration\",\"type\":\"int\",\"min\":0,\"max\":36000,"
                        + "\"required\":true}");
        assertThat(json.at("/raw/columns/15"))
                .hasToString("{\"name\":\"unique_id\",\"type\":\"string\",\"rule\":\"uuid4\",\"required\":true,"
                        + "\"key\":true,\"masking\":\"pseudonym\"}");
        assertThat(json.get("judgement")).hasToString("{\"task\":\"judge_raw_data\",\"job\":\"judge_raw_data\"}");
        assertThat(json.at("/datasets/1"))
                .hasToString("{\"name\":\"dim_date\",\"task\":\"date\",\"job\":\"staging_dim_date\","
                        + "\"crawler\":\"staging_dim_date\","
                        + "\"columns\":[\"unique_id\",\"accessed_at\"]}");
        assertThat(json.at("/trusted/task").asText()).isEqualTo("trusted");
        JsonNode analysts = json.at("/trusted/tables/3");
        assertThat(analysts.path("name").asText()).isEqualTo("non_pii_data");
        assertThat(analysts.path("department").asText()).isEqualTo("analysts");
        assertThat(analysts.path("profile").asText()).isEqualTo("walkthrough");
        assertThat(analysts.path("clear")).isEmpty();
        assertThat(analysts.at("/columns/4")).hasToString("{\"name\":\"birth_date\",\"type\":\"string\"}");
        assertThat(analysts.path("sql").asText()).endsWith("FROM clean_rows\n");
        assertThat(json.at("/trusted/tables/2/columns/4")).hasToString("{\"name\":\"birth_date\",\"type\":\"date\"}");
        assertThat(json.at("/trusted/tables/2/clear")).hasSize(11);
        assertThat(json.at("/trusted/tables/0/columns/6"))
                .hasToString("{\"name\":\"payment_amount\",\"type\":\"double\"}");
    }

    @Test
    void rendersTheSameBytesOnEveryPlatform() {
        String json = PipelineTableJson.render(table, deployment);
        assertThat(json)
                .startsWith("{\n  \"company\": \"driven_data\",\n")
                .endsWith("}\n")
                .doesNotContain("\r");
        assertThat(List.of(json.split("\n"))).noneMatch(line -> line.endsWith(" "));
        assertThat(PipelineTableJson.render(PipelineTableLoader.load(Path.of(""), deployment), deployment))
                .isEqualTo(json);
    }
}
