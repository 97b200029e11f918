package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Key;
import com.drivendata.platform.config.yaml.Key.Form;
import com.drivendata.platform.config.yaml.YamlDocument;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The editors' schema and the tables of docs/configuration.md, made from what the loader asks for: each key with its
 * kind, default and description.
 */
public final class Reference {

    /** Defaults that follow from other keys show where these words come from. */
    private static final Map<String, String> DERIVED =
            Map.of("zz_company", "<company>", "zz-deployment", "<name>", "zz-region-1", "`region`");

    private static final String DOCUMENT = """
            company: zz_company
            region: zz-region-1
            cicd: {}
            monitoring: {}
            groups: [{}]
            suppressions: [{}]
            """;

    private static final Pattern TABLE =
            Pattern.compile("(<!-- keys: (\\S+) -->\n)(.*?)(<!-- end of keys -->)", Pattern.DOTALL);

    private static final ObjectMapper JSON = new ObjectMapper();

    private final String title;
    private final String description;
    private final Map<String, Key> keys;

    /**
     * A file's reference.
     *
     * @param keys what its loader asks for, dotted
     */
    public Reference(String title, String description, Map<String, Key> keys) {
        this.title = title;
        this.description = description;
        this.keys = keys;
    }

    static Reference of(Path projectRoot) {
        YamlDocument document = YamlDocument.parse("config/zz-deployment.yaml", DOCUMENT);
        DeploymentConfig.read("zz-deployment", document.root(), projectRoot);
        return new Reference(
                "DrivenData Platform deployment",
                "One company and environment: one Terraform stack with its own state. Made by make reference from the"
                        + " configuration records.",
                document.keys());
    }

    Map<String, Key> keys() {
        return new TreeMap<>(keys);
    }

    /** The JSON Schema of the file. */
    public String schema() {
        ObjectNode schema = JSON.createObjectNode();
        schema.put("$schema", "http://json-schema.org/draft-07/schema#");
        schema.put("title", title);
        schema.put("description", description);
        fill(schema, "");
        DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
        try {
            return JSON.writer(new DefaultPrettyPrinter()
                                    .withSeparators(Separators.createDefaultInstance()
                                            .withObjectFieldValueSpacing(Separators.Spacing.AFTER))
                                    .withObjectIndenter(indenter))
                            .writeValueAsString(schema)
                    + "\n";
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The text of docs/configuration.md with its tables made anew. */
    String docs(String text) {
        return TABLE.matcher(text).replaceAll(this::table);
    }

    private String table(MatchResult place) {
        String section = place.group(2).equals("deployment") ? "" : place.group(2) + ".";
        String rows = keys.entrySet().stream()
                .filter(entry -> isRow(section, entry.getKey(), entry.getValue()))
                .map(entry -> "| `%s` | %s | %s | %s |\n"
                        .formatted(
                                entry.getKey().replace("[0]", "[]"),
                                shownDefault(entry.getValue()),
                                allowed(entry.getValue()),
                                entry.getValue().about()))
                .collect(Collectors.joining());
        return Matcher.quoteReplacement(
                place.group(1) + "\n| Key | Default | Allowed | What it changes |\n|---|---|---|---|\n" + rows + "\n"
                        + place.group(4));
    }

    private static boolean isRow(String section, String path, Key key) {
        String name = path.replace("[0]", "");
        return key.form() != Form.SECTION
                && key.form() != Form.SECTIONS
                && name.startsWith(section)
                && name.indexOf('.', section.length()) < 0;
    }

    private static String shownDefault(Key key) {
        if (key.required()) {
            return "required";
        }
        if (key.fallback() == null) {
            return "none";
        }
        String word = word(key.fallback());
        return word.startsWith("`") ? word : "`" + (word.isEmpty() ? "\"\"" : word) + "`";
    }

    private static String allowed(Key key) {
        String allowed = key.form() == Form.MAP
                ? key.names().allowed() + ": " + key.shape().allowed()
                : key.shape().allowed();
        return allowed.replace("|", "\\|");
    }

    /** The keys directly below a path, with what each may be. */
    private void fill(ObjectNode node, String path) {
        node.put("type", "object");
        node.put("additionalProperties", false);
        Map<String, Key> children = new LinkedHashMap<>();
        keys.forEach((name, key) -> {
            if (name.startsWith(path) && name.indexOf('.', path.length()) < 0) {
                children.put(name.substring(path.length()), key);
            }
        });
        List<String> required = children.entrySet().stream()
                .filter(child -> isRequired(path + child.getKey(), child.getValue()))
                .map(Map.Entry::getKey)
                .toList();
        if (!required.isEmpty()) {
            required.forEach(node.putArray("required")::add);
        }
        ObjectNode properties = node.putObject("properties");
        children.forEach((name, key) -> describe(properties.putObject(name), path + name, key));
    }

    /** A section is required when it has required keys, but for cicd, which a deployment may leave out as a whole. */
    private boolean isRequired(String path, Key key) {
        return key.required()
                || (key.form() == Form.SECTION
                        && !path.equals("cicd")
                        && keys.entrySet().stream()
                                .anyMatch(entry -> entry.getKey().startsWith(path + ".")
                                        && entry.getValue().required()));
    }

    private void describe(ObjectNode node, String path, Key key) {
        boolean derived = key.fallback() instanceof String text && !word(text).equals(text);
        String about = key.about().replace("*", "").replace("`", "");
        if (!about.isEmpty()) {
            node.put(
                    "description",
                    derived ? about + " Default: " + word(key.fallback()).replace("`", "") + "." : about);
        }
        switch (key.form()) {
            case SECTION -> fill(node, path + ".");
            case SECTIONS -> fill(node.put("type", "array").putObject("items"), path + "[0].");
            case LIST ->
                node.put("type", "array")
                        .put("uniqueItems", true)
                        .set("items", JSON.valueToTree(key.shape().schema()));
            case MAP -> {
                node.put("type", "object")
                        .set("propertyNames", JSON.valueToTree(key.names().schema()));
                node.set("additionalProperties", JSON.valueToTree(key.shape().schema()));
            }
            case VALUE -> node.setAll(JSON.<ObjectNode>valueToTree(key.shape().schema()));
        }
        if (key.fallback() != null && !derived) {
            node.set("default", json(key.fallback()));
        }
    }

    private static JsonNode json(Object value) {
        if (value instanceof List<?> list) {
            ArrayNode array = JSON.createArrayNode();
            list.forEach(item -> array.add(json(item)));
            return array;
        }
        return JSON.valueToTree(value instanceof Number || value instanceof Boolean ? value : word(value));
    }

    private static String word(Object value) {
        String word = value instanceof Enum<?> constant
                ? constant.name().toLowerCase(Locale.ROOT).replace('_', '-')
                : value.toString();
        for (Map.Entry<String, String> derived : DERIVED.entrySet()) {
            word = word.replace(derived.getKey(), derived.getValue());
        }
        return word;
    }
}
