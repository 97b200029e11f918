package com.drivendata.platform.config.yaml;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

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
            int first = Nodes.line(entries.get(key).getKeyNode());
            document.note(Nodes.line(entry.getKeyNode()), dotted(key), "given twice, first on line " + first);
        }
    }

    /** The value of a key that must be given. {@code about} says for the documentation what the key means. */
    public <T> T required(String key, Kind<T> kind, String about) {
        if (!has(key)) {
            document.note(YamlDocument.NO_LINE, dotted(key), "missing; " + kind.refusal());
        }
        return one(key, kind, null, true, about);
    }

    public <T> T required(String key, Kind<T> kind) {
        return required(key, kind, "");
    }

    /** The same in a section that may be left out. */
    public <T> Optional<T> requiredIf(boolean sectionIsGiven, String key, Kind<T> kind, String about) {
        return sectionIsGiven ? Optional.ofNullable(required(key, kind, about)) : optional(key, kind, about);
    }

    public <T> Optional<T> optional(String key, Kind<T> kind, String about) {
        return Optional.ofNullable(one(key, kind, null, false, about));
    }

    public <T> Optional<T> optional(String key, Kind<T> kind) {
        return optional(key, kind, "");
    }

    public <T> T value(String key, Kind<T> kind, T fallback, String about) {
        return one(key, kind, fallback, false, about);
    }

    public <T> T value(String key, Kind<T> kind, T fallback) {
        return value(key, kind, fallback, "");
    }

    private <T> T one(String key, Kind<T> kind, T fallback, boolean required, String about) {
        Node node = ask(key, new Key(Key.Form.VALUE, null, kind.shape(), fallback, required, about));
        return node == null ? fallback : parse(dotted(key), node, kind).orElse(fallback);
    }

    /** Makes a key known whose value the caller refuses, because it doesn't go with another one. */
    public <T> Optional<T> absent(String key) {
        known.add(key);
        return Optional.empty();
    }

    /** A list of single values; the default as well where the list holds nothing usable. */
    public <T> List<T> values(String key, Kind<T> kind, List<T> fallback, String about) {
        Node node = ask(key, new Key(Key.Form.LIST, null, kind.shape(), fallback, false, about));
        if (node == null) {
            return fallback;
        }
        List<T> values = new ArrayList<>();
        for (Node item : items(key, node)) {
            parse(dotted(key) + "[" + values.size() + "]", item, kind).ifPresent(values::add);
        }
        return values.isEmpty() ? fallback : List.copyOf(values);
    }

    public <T> List<T> values(String key, Kind<T> kind, List<T> fallback) {
        return values(key, kind, fallback, "");
    }

    /** A mapping with free keys, in the file's order; empty if left out. */
    public <T> Map<String, T> map(String key, Kind<String> keys, Kind<T> values, String about) {
        Map<String, T> map = new LinkedHashMap<>();
        YamlSection section = mapping(key, new Key(Key.Form.MAP, keys.shape(), values.shape(), null, false, about));
        section.entries.forEach((name, entry) -> {
            section.known.add(name);
            section.parse(section.dotted(name), entry.getKeyNode(), keys);
            section.parse(section.dotted(name), entry.getValueNode(), values).ifPresent(v -> map.put(name, v));
        });
        return map;
    }

    public <T> Map<String, T> map(String key, Kind<String> keys, Kind<T> values) {
        return map(key, keys, values, "");
    }

    /** A nested mapping; one without keys if left out. */
    public YamlSection section(String key, String about) {
        return mapping(key, new Key(Key.Form.SECTION, null, null, null, false, about));
    }

    public YamlSection section(String key) {
        return section(key, "");
    }

    private YamlSection mapping(String key, Key described) {
        Node node = ask(key, described);
        if (node != null && !Nodes.isNull(node) && !(node instanceof MappingNode)) {
            note(key, Nodes.shown(node) + ": must hold keys and values");
        }
        return document.section(dotted(key), node instanceof MappingNode mapping ? mapping : null);
    }

    /** A list of mappings; empty if left out. */
    public List<YamlSection> sections(String key, String about) {
        Node node = ask(key, new Key(Key.Form.SECTIONS, null, null, null, false, about));
        List<YamlSection> sections = new ArrayList<>();
        for (Node item : node == null ? List.<Node>of() : items(key, node)) {
            String itemPath = dotted(key) + "[" + sections.size() + "]";
            if (!(item instanceof MappingNode)) {
                document.note(Nodes.line(item), itemPath, Nodes.shown(item) + ": must hold keys and values");
            }
            sections.add(document.section(itemPath, item instanceof MappingNode mapping ? mapping : null));
        }
        return sections;
    }

    public List<YamlSection> sections(String key) {
        return sections(key, "");
    }

    public boolean has(String key) {
        return entries.containsKey(key);
    }

    /** Notes a problem of a key's value that only shows beside other values. */
    public void note(String key, String text) {
        NodeTuple entry = entries.get(key);
        document.note(entry == null ? YamlDocument.NO_LINE : Nodes.line(entry.getKeyNode()), dotted(key), text);
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

    private Node ask(String key, Key described) {
        known.add(key);
        document.noteKey(dotted(key), described);
        NodeTuple entry = entries.get(key);
        return entry == null ? null : entry.getValueNode();
    }

    private List<Node> items(String key, Node node) {
        if (node instanceof SequenceNode sequence) {
            return sequence.getValue();
        }
        note(key, Nodes.shown(node) + ": must be a list");
        return List.of();
    }

    private <T> Optional<T> parse(String where, Node node, Kind<T> kind) {
        try {
            if (Nodes.isNull(node)) {
                throw new IllegalArgumentException(kind.refusal());
            }
            if (node instanceof ScalarNode scalar) {
                return Optional.of(kind.parser().apply(scalar));
            }
            document.note(Nodes.line(node), where, Nodes.shown(node) + ": must be a single value");
        } catch (IllegalArgumentException e) {
            document.note(Nodes.line(node), where, Nodes.shown(node) + ": " + e.getMessage());
        }
        return Optional.empty();
    }

    private String dotted(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }
}
