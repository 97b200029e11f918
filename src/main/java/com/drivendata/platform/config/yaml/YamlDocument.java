package com.drivendata.platform.config.yaml;

import com.drivendata.platform.config.ConfigException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/** A YAML file being read. Read what is wanted from {@link #root()}, then call {@link #finish()}. */
public final class YamlDocument {

    /** The line of a problem that belongs to no line, such as a missing key of the top level. */
    static final int NO_LINE = 0;

    private record Problem(int line, String text) {}

    private final String file;
    private final List<Problem> problems = new ArrayList<>();
    private final List<YamlSection> sections = new ArrayList<>();
    private final Map<String, Key> keys = new LinkedHashMap<>();
    private final YamlSection root;

    private YamlDocument(String file, MappingNode node) {
        this.file = file;
        this.root = section("", node);
    }

    /** Reads the file; its name in messages is its path from the project's root. */
    public static YamlDocument load(Path projectRoot, Path file) {
        String label = label(projectRoot, file);
        try {
            return parse(label, Files.readString(file));
        } catch (CharacterCodingException e) {
            throw new ConfigException(List.of(label + ": must be text in UTF-8"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads text that comes from the named file.
     *
     * @throws ConfigException if {@code text} isn't a YAML mapping
     */
    public static YamlDocument parse(String file, String text) {
        Node node;
        try {
            // What Yaml.compose does; without the classes for objects and output, which a synth would load for nothing.
            LoaderOptions options = new LoaderOptions();
            node = new Composer(new ParserImpl(new StreamReader(text), options), new Resolver(), options)
                    .getSingleNode();
        } catch (MarkedYAMLException e) {
            int line = e.getProblemMark() == null ? 0 : e.getProblemMark().getLine() + 1;
            throw new ConfigException(List.of(file + ":" + line + ": not valid YAML: " + e.getProblem()));
        } catch (YAMLException e) {
            throw new ConfigException(List.of(file + ": not valid YAML: " + e.getMessage()));
        }
        if (node == null) {
            throw new ConfigException(List.of(file + ": the file is empty"));
        }
        if (!(node instanceof MappingNode mapping)) {
            throw new ConfigException(List.of(file + ": must hold keys and values at the top level"));
        }
        return new YamlDocument(file, mapping);
    }

    public YamlSection root() {
        return root;
    }

    /** Notes the keys that nobody asked for, then throws every problem found, in the order of their lines. */
    public void finish() {
        sections.forEach(YamlSection::noteUnknownKeys);
        if (!problems.isEmpty()) {
            throw new ConfigException(problems.stream()
                    .sorted(Comparator.comparingInt(Problem::line))
                    .map(Problem::text)
                    .toList());
        }
    }

    /** Every key asked for so far, dotted. */
    public Map<String, Key> keys() {
        return new LinkedHashMap<>(keys);
    }

    /** Notes a problem of the file as a whole. */
    public void note(String text) {
        note(NO_LINE, "", text);
    }

    YamlSection section(String path, MappingNode node) {
        YamlSection section = new YamlSection(this, path, node);
        sections.add(section);
        return section;
    }

    void note(int line, String key, String text) {
        String place = line == NO_LINE ? file : file + ":" + line;
        problems.add(new Problem(line, place + ": " + (key.isEmpty() ? text : key + ": " + text)));
    }

    void noteKey(String path, Key key) {
        keys.put(path, key);
    }

    /** How messages name a file: by its path from the project's root if it lies there. */
    public static String label(Path projectRoot, Path file) {
        Path root = projectRoot.toAbsolutePath().normalize();
        Path absolute = file.toAbsolutePath().normalize();
        Path label = absolute.startsWith(root) ? root.relativize(absolute) : file;
        return label.toString().replace('\\', '/');
    }
}
