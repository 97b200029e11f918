package com.drivendata.platform.config.yaml;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A mapping of a {@link YamlDocument}. Asking for a key makes it a known one. A value that is missing or wrong is noted
 * and replaced by the default (null where there is none), so that reading goes on; {@link YamlDocument#finish()} throws
 * before anybody uses it.
 */
public final class YamlSection {

    private final YamlDocument document;
    private final String path;
    private final Map<String, NodeTuple> entries = new LinkedHashMap<>();
    private final Set<String> known = new LinkedHashSet<>();

    /** @param node null for a section that the file leaves out */
    YamlSection(YamlDocument document, String path, MappingNode node) {
        this.document = document;
        this.path = path;
        if (node != null) {
            node.getValue().forEach(this::addEntry);
        }
    }

    private void addEntry(NodeTuple entry) {
        String key = entry.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "?";
        if (entries.putIfAbsent(key, entry) != null) {
            int first = line(entries.get(key).getKeyNode());
            document.problems().add(line(entry.getKeyNode()), dotted(key), "given twice, first on line " + first);
        }
    }

    /** The value of a key that must be given. */
    public <T> T required(String key, Kind<T> kind) {
        if (!has(key)) {
            document.problems().add(Problems.NO_LINE, dotted(key), "missing; " + allowed(kind));
        }
        return value(key, kind, null);
    }

    public <T> Optional<T> optional(String key, Kind<T> kind) {
        return Optional.ofNullable(value(key, kind, null));
    }

    /** Makes a key known whose value the caller refuses, because it doesn't go with another one. */
    public <T> Optional<T> absent(String key) {
        ask(key, null);
        return Optional.empty();
    }

    public <T> T value(String key, Kind<T> kind, T fallback) {
        Node node = ask(key, fallback);
        return node == null ? fallback : parse(dotted(key), node, kind).orElse(fallback);
    }

    /** A list of single values; the default as well where the list holds nothing usable. */
    public <T> List<T> values(String key, Kind<T> kind, List<T> fallback) {
        Node node = ask(key, fallback);
        if (node == null) {
            return fallback;
        }
        List<T> values = new ArrayList<>();
        for (Node item : items(key, node)) {
            parse(dotted(key) + "[" + values.size() + "]", item, kind).ifPresent(values::add);
        }
        return values.isEmpty() ? fallback : List.copyOf(values);
    }

    /** A mapping with free keys, in the file's order; empty if left out. */
    public <T> Map<String, T> map(String key, Kind<String> keys, Kind<T> values) {
        Map<String, T> map = new LinkedHashMap<>();
        YamlSection section = section(key);
        section.entries.forEach((name, entry) -> {
            section.known.add(name);
            section.parse(section.dotted(name), entry.getKeyNode(), keys);
            section.parse(section.dotted(name), entry.getValueNode(), values).ifPresent(v -> map.put(name, v));
        });
        return map;
    }

    /** A nested mapping; one without keys if left out. */
    public YamlSection section(String key) {
        Node node = ask(key, null);
        if (node != null && !isNull(node) && !(node instanceof MappingNode)) {
            note(key, shown(node) + ": must hold keys and values");
        }
        return document.section(dotted(key), node instanceof MappingNode mapping ? mapping : null);
    }

    /** A list of mappings; empty if left out. */
    public List<YamlSection> sections(String key) {
        Node node = ask(key, null);
        List<YamlSection> sections = new ArrayList<>();
        for (Node item : node == null ? List.<Node>of() : items(key, node)) {
            String itemPath = dotted(key) + "[" + sections.size() + "]";
            if (!(item instanceof MappingNode)) {
                document.problems().add(line(item), itemPath, shown(item) + ": must hold keys and values");
            }
            sections.add(document.section(itemPath, item instanceof MappingNode mapping ? mapping : null));
        }
        return sections;
    }

    public boolean has(String key) {
        return entries.containsKey(key);
    }

    /** Notes a problem of a key's value that only shows beside other values. */
    public void note(String key, String text) {
        NodeTuple entry = entries.get(key);
        document.problems().add(entry == null ? Problems.NO_LINE : line(entry.getKeyNode()), dotted(key), text);
    }

    void noteUnknownKeys() {
        entries.forEach((key, entry) -> {
            if (!known.contains(key)) {
                String hint = Nearest.to(key, known)
                        .map(nearest -> "did you mean " + nearest + "?")
                        .orElse("allowed are " + String.join(", ", known));
                note(key, "unknown key; " + hint);
            }
        });
    }

    private Node ask(String key, Object fallback) {
        known.add(key);
        document.noteDefault(dotted(key), fallback);
        NodeTuple entry = entries.get(key);
        return entry == null ? null : entry.getValueNode();
    }

    private List<Node> items(String key, Node node) {
        if (node instanceof SequenceNode sequence) {
            return sequence.getValue();
        }
        note(key, shown(node) + ": must be a list");
        return List.of();
    }

    private <T> Optional<T> parse(String where, Node node, Kind<T> kind) {
        try {
            if (isNull(node)) {
                throw new IllegalArgumentException(allowed(kind));
            }
            if (node instanceof ScalarNode scalar) {
                return Optional.of(kind.parse(scalar));
            }
            document.problems().add(line(node), where, shown(node) + ": must be a single value");
        } catch (IllegalArgumentException e) {
            document.problems().add(line(node), where, shown(node) + ": " + e.getMessage());
        }
        return Optional.empty();
    }

    private String dotted(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    /** What a kind says of a value that nothing allows, so that its words stand in one place. */
    private static String allowed(Kind<?> kind) {
        try {
            kind.parse(new ScalarNode(Tag.STR, "", null, null, DumperOptions.ScalarStyle.PLAIN));
            return "must be given";
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    private static boolean isNull(Node node) {
        return node.getTag().equals(Tag.NULL);
    }

    private static int line(Node node) {
        return node.getStartMark().getLine() + 1;
    }

    private static String shown(Node node) {
        if (node instanceof ScalarNode scalar) {
            return isNull(node) ? "no value" : "\"" + scalar.getValue() + "\"";
        }
        return node instanceof SequenceNode ? "a list" : "keys and values";
    }
}
