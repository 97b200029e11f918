package com.drivendata.platform.rules;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A resource of a synthesised stack.
 *
 * @param values its attributes and blocks
 */
record Resource(String type, String id, JsonNode values) {

    String address() {
        return type + "." + id;
    }

    String text(String attribute) {
        return values.path(attribute).asText();
    }

    /** A block within blocks; Terraform takes a block that may stand only once as an object or as a list of one. */
    JsonNode block(String... path) {
        JsonNode block = values;
        for (String name : path) {
            JsonNode inner = block.path(name);
            block = inner.isArray() ? inner.path(0) : inner;
        }
        return block;
    }

    /** Whether the attribute is an expression that names the other resource. */
    boolean refersTo(Resource other, String attribute) {
        return text(attribute).contains("${" + other.address() + ".");
    }
}
