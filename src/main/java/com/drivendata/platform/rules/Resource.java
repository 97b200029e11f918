package com.drivendata.platform.rules;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

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

    boolean flag(String attribute) {
        return values.path(attribute).asBoolean();
    }

    /** The statements of the policy that an attribute holds. */
    Stream<Statement> statements(String attribute) {
        JsonNode statements = SynthesisedStack.read(text(attribute)).path("Statement");
        Stream<JsonNode> each =
                statements.isArray() ? StreamSupport.stream(statements.spliterator(), false) : Stream.of(statements);
        return each.map(statement -> new Statement(this, statement));
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
