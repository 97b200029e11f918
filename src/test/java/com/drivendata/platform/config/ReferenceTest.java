package com.drivendata.platform.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.drivendata.platform.config.yaml.Key;
import com.drivendata.platform.config.yaml.YamlDocument;
import com.drivendata.platform.testing.TestDeployment;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/**
 * The editors' schema and docs/configuration.md are made from the records that read a deployment. {@code make
 * reference} renews them: the same tests with {@code -Dreference.write=true}.
 */
public class ReferenceTest {

    private static final Path SCHEMA = Path.of("config/deployment.schema.json");
    private static final Path DOCS = Path.of("docs/configuration.md");

    private final Reference reference = Reference.of(Path.of(""));

    @Test
    void schemaIsCurrent() throws IOException {
        assertCurrent(SCHEMA, reference.schema());
    }

    @Test
    void docsAreCurrent() throws IOException {
        assertCurrent(DOCS, reference.docs(Files.readString(DOCS)));
    }

    @Test
    void docsHaveATableForEverySection() throws IOException {
        String docs = Files.readString(DOCS);
        assertThat(docs).contains("<!-- keys: deployment -->");
        reference.keys().forEach((name, key) -> {
            if (key.form() == Key.Form.SECTION || key.form() == Key.Form.SECTIONS) {
                assertThat(docs).contains("<!-- keys: " + name + " -->");
            }
        });
    }

    @Test
    void everyKeyIsDescribed() {
        reference.keys().forEach((name, key) -> assertThat(key.about()).as(name).endsWith("."));
    }

    @Test
    void loaderTakesTheWordsOfTheSchemaAndNoOthers() {
        values().forEach((name, key) -> {
            if (key.shape().schema().get("enum") instanceof List<?> words) {
                words.forEach(word ->
                        assertThat(complaints(name, word.toString())).as(name).isEmpty());
                assertThat(complaints(name, "none-of-these"))
                        .as(name)
                        .singleElement()
                        .asString()
                        .endsWith("must be one of "
                                + words.stream().map(Object::toString).collect(Collectors.joining(", ")));
            }
        });
    }

    @Test
    void loaderHasTheLimitsOfTheSchema() {
        values().forEach((name, key) -> {
            Map<String, Object> schema = key.shape().schema();
            if (schema.containsKey("minimum")) {
                for (int beyond : new int[] {(int) schema.get("minimum") - 1, (int) schema.get("maximum") + 1}) {
                    assertThat(complaints(name, Integer.toString(beyond)))
                            .as(name)
                            .singleElement()
                            .asString()
                            .endsWith("from %s to %s".formatted(schema.get("minimum"), schema.get("maximum")));
                }
            }
        });
    }

    @Test
    void schemaRequiresWhatTheLoaderRequires() {
        YamlDocument empty = YamlDocument.parse("config/acme.yaml", "cicd: {}\ngroups: [{}]\nsuppressions: [{}]");
        DeploymentConfig.read("acme", empty.root(), Path.of(""));
        List<String> missing = catchThrowableOfType(ConfigException.class, empty::finish).problems().stream()
                .filter(problem -> problem.contains(": missing; "))
                .map(problem -> problem.split(": ", 3)[1])
                .toList();
        assertThat(missing)
                .containsExactlyInAnyOrderElementsOf(reference.keys().entrySet().stream()
                        .filter(entry -> entry.getValue().required())
                        .map(Map.Entry::getKey)
                        .toList())
                .contains("company", "storage.bucket");
    }

    @Test
    void exampleHasEveryKey(@TempDir Path project) throws IOException {
        TestDeployment.airflowVersions(project, "3.3.1");
        Files.createDirectories(project.resolve("data"));
        Files.writeString(project.resolve("data/batch_2024-09-14.csv"), "");
        Files.writeString(project.resolve("plugins.zip"), "");
        Path file = Path.of("config/example/every-key.yaml");
        YamlDocument example = YamlDocument.load(Path.of(""), file);
        DeploymentConfig.read("every-key", example.root(), project);
        example.finish();

        JsonNode given = new ObjectMapper().valueToTree(new Yaml().load(Files.readString(file)));
        // Some keys of a group exclude each other, so the example has two.
        assertThat(reference.keys().keySet())
                .allMatch(
                        key -> has(given, key) || has(given, key.replace("[0]", "[1]")),
                        "is in config/example/every-key.yaml");
    }

    private static boolean has(JsonNode document, String key) {
        String pointer = "/" + key.replace("]", "").replaceAll("[\\[.]", "/");
        return !document.at(pointer).isMissingNode();
    }

    /**
     * Compares a file with what it is made from, or writes it where {@code -Dreference.write=true} asks for that.
     *
     * @param expected the whole text
     */
    public static void assertCurrent(Path file, String expected) throws IOException {
        if (Boolean.getBoolean("reference.write")) {
            Files.writeString(file, expected);
        }
        assertThat(Files.readString(file))
                .as("%s differs from the configuration records: run make reference and commit it", file)
                .isEqualTo(expected);
    }

    /** The single values of sections: those that a test can set in one line. */
    private Map<String, Key> values() {
        Map<String, Key> values = reference.keys();
        values.entrySet()
                .removeIf(entry -> entry.getValue().form() != Key.Form.VALUE
                        || !entry.getKey().contains(".")
                        || entry.getKey().contains("["));
        return values;
    }

    /** What the loader says of a section's key having this value. */
    private static List<String> complaints(String key, String value) {
        String[] parts = key.split("\\.", 2);
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
}
