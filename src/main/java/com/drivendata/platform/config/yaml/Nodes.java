package com.drivendata.platform.config.yaml;

import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** What messages say of a node of a YAML file. */
final class Nodes {

    private Nodes() {}

    /** Whether a key stands there without a value. */
    static boolean isNull(Node node) {
        return node.getTag().equals(Tag.NULL);
    }

    /** The line that it begins on, counted from 1. */
    static int line(Node node) {
        return node.getStartMark().getLine() + 1;
    }

    /** What was given, as a message quotes it. */
    static String shown(Node node) {
        if (node instanceof ScalarNode scalar) {
            return isNull(node) ? "no value" : "\"" + scalar.getValue() + "\"";
        }
        return node instanceof SequenceNode ? "a list" : "keys and values";
    }
}
