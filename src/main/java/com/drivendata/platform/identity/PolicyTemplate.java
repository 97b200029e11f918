package com.drivendata.platform.identity;

import com.drivendata.platform.config.ConfigException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An IAM policy document with placeholders, {@code ${name}}. In a list, a string with a placeholder of several values
 * becomes several strings: {@code ["…:job/${job_names}"]} grants each job; and a statement that is left without any
 * resource is left out. Every placeholder must have a value: IAM has variables of the same form, and one left by
 * mistake would silently grant something else.
 */
record PolicyTemplate(String file, Map<String, List<String>> values, Set<String> problems) {

    private static final ObjectMapper MAPPER = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([^}]*)}");

    /**
     * Reads a template and fills it.
     *
     * @param file its path from the project's root, as shown in messages
     * @return the policy as JSON without white space
     * @throws ConfigException if the file is missing, isn't JSON, or holds a placeholder that can't be filled
     */
    static String fill(Path projectRoot, String file, Map<String, List<String>> values) {
        PolicyTemplate template = new PolicyTemplate(file, values, new LinkedHashSet<>());
        JsonNode filled = template.fill(read(projectRoot, file));
        if (!template.problems.isEmpty()) {
            throw new ConfigException(List.copyOf(template.problems));
        }
        return filled.toString();
    }

    private static JsonNode read(Path projectRoot, String file) {
        Path path = projectRoot.resolve(file);
        if (!Files.isRegularFile(path)) {
            throw new ConfigException(List.of(file + ": no such file; must be an IAM policy document"));
        }
        try {
            return MAPPER.readTree(Files.readString(path));
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
            throw new ConfigException(List.of(file + ":" + line + ": must be JSON: " + e.getOriginalMessage()));
        } catch (IOException e) {
            throw new UncheckedIOException("Can't read " + file, e);
        }
    }

    private JsonNode fill(JsonNode node) {
        if (node.isObject()) {
            ObjectNode filled = JsonNodeFactory.instance.objectNode();
            node.properties().forEach(field -> filled.set(field.getKey(), fill(field.getValue())));
            return filled;
        }
        if (node.isArray()) {
            ArrayNode filled = JsonNodeFactory.instance.arrayNode();
            node.forEach(element -> {
                if (element.isTextual()) {
                    fillText(element.textValue()).forEach(filled::add);
                } else {
                    JsonNode filledElement = fill(element);
                    if (grantsSomething(filledElement)) {
                        filled.add(filledElement);
                    }
                }
            });
            return filled;
        }
        if (node.isTextual()) {
            List<String> texts = fillText(node.textValue());
            if (texts.size() != 1) {
                problems.add("%s: \"%s\" stands for %d values; must stand in a list"
                        .formatted(file, node.textValue(), texts.size()));
            }
            return JsonNodeFactory.instance.textNode(String.join(",", texts));
        }
        return node;
    }

    /** IAM refuses a statement without resources; where placeholders left none, there is nothing to grant. */
    private static boolean grantsSomething(JsonNode statement) {
        JsonNode resources = statement.path("Resource");
        return !resources.isArray() || !resources.isEmpty();
    }

    /** One text for each combination of the values of its placeholders, in their order. */
    private List<String> fillText(String text) {
        Matcher matcher = PLACEHOLDER.matcher(text);
        if (!matcher.find()) {
            return List.of(text);
        }
        String name = matcher.group(1);
        if (!values.containsKey(name)) {
            problems.add("%s: ${%s}: unknown placeholder; must be one of %s"
                    .formatted(file, name, String.join(", ", new TreeSet<>(values.keySet()))));
            return List.of(text);
        }
        String before = text.substring(0, matcher.start());
        List<String> rest = fillText(text.substring(matcher.end()));
        return values.get(name).stream()
                .flatMap(value -> rest.stream().map(after -> before + value + after))
                .toList();
    }
}
