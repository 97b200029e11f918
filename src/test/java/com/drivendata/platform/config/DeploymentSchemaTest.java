package com.drivendata.platform.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.drivendata.platform.config.yaml.YamlDocument;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** The editors' schema and docs/configuration.md say what the loader does. */
class DeploymentSchemaTest {

    /** Defaults that follow from other keys, which neither a schema nor a table can give as a value. */
    private static final Set<String> DERIVED = Set.of(
            "state.key", "state.region", "catalog.database", "orchestration.environment", "consumption.workgroup");

    private final Map<String, JsonNode> schema = new TreeMap<>();
    private final Map<String, Object> loader;

    DeploymentSchemaTest() throws IOException {
        collect(
                "",
                new ObjectMapper()
                        .readTree(Path.of("config/deployment.schema.json").toFile()));
        YamlDocument document = YamlDocument.parse("config/acme.yaml", Deployments.text());
        DeploymentConfig.read("acme", document.root(), Path.of(""));
        loader = document.defaults();
    }

    private void collect(String prefix, JsonNode object) {
        object.path("properties").properties().forEach(property -> {
            schema.put(prefix + property.getKey(), property.getValue());
            collect(prefix + property.getKey() + ".", property.getValue());
        });
    }

    @Test
    void schemaHasTheLoadersKeys() {
        assertThat(schema.keySet()).containsExactlyInAnyOrderElementsOf(loader.keySet());
    }

    @Test
    void schemaHasTheLoadersDefaults() {
        Map<String, String> expected = new TreeMap<>();
        loader.forEach((key, value) -> {
            if (value != null && !DERIVED.contains(key)) {
                expected.put(key, word(value));
            }
        });
        Map<String, String> actual = new TreeMap<>();
        schema.forEach((key, node) -> {
            if (node.has("default")) {
                actual.put(key, asText(node.get("default")));
            }
        });
        assertThat(actual).isEqualTo(expected);
    }

    @Test
    void schemaAllowsTheLoadersWordsOnly() {
        schema.forEach((key, node) -> {
            if (node.has("enum")) {
                node.get("enum")
                        .forEach(word -> assertThat(complaints(key, word.asText()))
                                .as(key)
                                .isEmpty());
                List<String> words = StreamSupport.stream(node.get("enum").spliterator(), false)
                        .map(JsonNode::asText)
                        .toList();
                assertThat(complaints(key, "none-of-these"))
                        .as(key)
                        .singleElement()
                        .asString()
                        .endsWith("must be one of " + String.join(", ", words));
            }
        });
    }

    @Test
    void schemaHasTheLoadersLimits() {
        schema.forEach((key, node) -> {
            if (node.path("type").asText().equals("integer")) {
                String limits = "from %s to %s".formatted(node.get("minimum"), node.get("maximum"));
                assertThat(complaints(key, "none-of-these"))
                        .as(key)
                        .singleElement()
                        .asString()
                        .endsWith(limits);
            }
        });
    }

    @Test
    void schemaRequiresWhatTheLoaderRequires() {
        YamlDocument empty = YamlDocument.parse("config/acme.yaml", "cicd: {}");
        DeploymentConfig.read("acme", empty.root(), Path.of(""));
        List<String> missing = catchThrowableOfType(ConfigException.class, empty::finish).problems().stream()
                .filter(problem -> problem.contains(": missing; "))
                .map(problem -> problem.split(": ")[1])
                .toList();
        assertThat(missing)
                .containsExactlyInAnyOrder(
                        "company", "region", "state.bucket", "storage.bucket", "cicd.github_repository");
        missing.forEach(key -> assertThat(required(key)).as(key).isTrue());
    }

    @Test
    void docsExplainEveryKeyWithItsDefault() throws IOException {
        Map<String, String> defaults = new LinkedHashMap<>();
        for (String line : Files.readAllLines(Path.of("docs/configuration.md"))) {
            String[] cells = line.split("\\|");
            if (cells.length == 5 && cells[1].strip().startsWith("`")) {
                defaults.put(cells[1].strip().replace("`", ""), cells[2].strip().replace("`", ""));
            }
        }
        List<String> keys = schema.keySet().stream()
                .filter(key -> !schema.get(key).has("properties"))
                .toList();
        assertThat(defaults.keySet()).containsExactlyInAnyOrderElementsOf(keys);
        schema.forEach((key, node) -> {
            if (node.has("default") && !node.get("default").asText("-").isEmpty()) {
                assertThat(defaults.get(key)).as(key).isEqualTo(asText(node.get("default")));
            }
        });
    }

    private boolean required(String key) {
        int dot = key.indexOf('.');
        JsonNode parent;
        try {
            parent = dot > 0
                    ? schema.get(key.substring(0, dot))
                    : new ObjectMapper()
                            .readTree(Path.of("config/deployment.schema.json").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return StreamSupport.stream(parent.path("required").spliterator(), false)
                .anyMatch(node -> node.asText().equals(key.substring(dot + 1)));
    }

    /** What the loader says of a section's key having this value. */
    private static List<String> complaints(String key, String value) {
        String[] parts = key.split("\\.");
        String required = Map.of(
                        "state",
                        "bucket: acme-state, ",
                        "storage",
                        "bucket: acme-data, ",
                        "cicd",
                        "github_repository: a/b, ")
                .getOrDefault(parts[0], "");
        YamlDocument document = YamlDocument.parse(
                "config/acme.yaml", Deployments.text(parts[0], "{" + required + parts[1] + ": " + value + "}"));
        DeploymentConfig.read("acme", document.root(), Path.of(""));
        try {
            document.finish();
            return List.of();
        } catch (ConfigException e) {
            return e.problems().stream()
                    .filter(problem -> problem.contains(key + ": \""))
                    .toList();
        }
    }

    private static String word(Object value) {
        return value instanceof Enum<?> constant
                ? constant.name().toLowerCase(Locale.ROOT).replace('_', '-')
                : value.toString();
    }

    private static String asText(JsonNode node) {
        return node.isArray()
                ? StreamSupport.stream(node.spliterator(), false)
                        .map(JsonNode::asText)
                        .toList()
                        .toString()
                : node.asText();
    }
}
