package com.drivendata.platform.stack;

import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.testing.SampleProject;
import com.drivendata.platform.testing.SynthesisedStacks;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code monitoring.lineage} changes: Airflow's options and packages, and what its role may write. */
class LineageTest {

    private static final String FOLDER =
            "arn:${data.aws_partition.partition.partition}:s3:::acme-lake/data/metrics/lineage/*";

    @TempDir
    private static Path out;

    private static JsonNode bucket;
    private static JsonNode server;
    private static JsonNode off;

    @BeforeAll
    static void synthesise(@TempDir Path project) throws IOException {
        SampleProject.in(project);
        int network = 0;
        for (List<String> each : List.of(
                List.of("acme", ", lineage: bucket"),
                List.of("other", ", lineage: 'http://lineage:5000'"),
                List.of("third", ""))) {
            Files.writeString(project.resolve("config/" + each.get(0) + ".yaml"), """
                    company: %1$s
                    resource_prefix: %1$s_
                    region: eu-central-1
                    state: {bucket: %1$s-state}
                    storage: {bucket: %1$s-lake}
                    network: {vpc_cidr: 10.18%3$d.0.0/16}
                    monitoring: {emails: [on-call@acme.example]%2$s}
                    """.formatted(
                            each.get(0), each.get(1), network++));
        }
        SynthesisedStacks stacks = SynthesisedStacks.of(project, out);
        bucket = stacks.json("acme").path("resource");
        server = stacks.json("other").path("resource");
        off = stacks.json("third").path("resource");
    }

    private static JsonNode options(JsonNode stack) {
        return stack.at("/aws_mwaa_environment/airflow/airflow_configuration_options");
    }

    private static List<String> written(JsonNode stack, String policy) {
        return Pattern.compile("\"([^\"]*lineage/[^\"]*)\"")
                .matcher(stack.at(policy).asText())
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    private static String requirements(String deployment, JsonNode stack) throws IOException {
        String file = stack.at("/aws_s3_object/airflow_requirements/source").asText();
        Path folder = out.resolve("stacks").resolve(deployment);
        return Files.readString(folder.resolve(file.replace("${path.module}/", "")), StandardCharsets.UTF_8);
    }

    @Test
    void airflowWritesEventsIntoTheBucket() throws IOException {
        assertThat(options(bucket).path("openlineage.transport").asText())
                .isEqualTo("{\"type\": \"file\", \"log_file_path\": \"s3://acme-lake/data/metrics/lineage/event\"}");
        assertThat(options(bucket).path("openlineage.namespace").asText()).isEqualTo("acme");
        assertThat(requirements("acme", bucket)).contains("\napache-airflow-providers-openlineage\ns3fs\n");
        assertThat(written(bucket, "/aws_iam_role_policy/airflow/policy")).containsExactly(FOLDER);
    }

    @Test
    void aServerGetsThemWithoutAPermission() throws IOException {
        assertThat(options(server).path("openlineage.transport").asText())
                .isEqualTo("{\"type\": \"http\", \"url\": \"http://lineage:5000\"}");
        assertThat(requirements("other", server)).contains("apache-airflow-providers-openlineage");
        assertThat(written(server, "/aws_iam_role_policy/airflow/policy")).isEmpty();
    }

    @Test
    void withoutItNothingIsThere() throws IOException {
        assertThat(options(off)).hasSize(1);
        assertThat(requirements("third", off)).doesNotContain("openlineage");
        assertThat(written(off, "/aws_iam_role_policy/airflow/policy")).isEmpty();
    }
}
