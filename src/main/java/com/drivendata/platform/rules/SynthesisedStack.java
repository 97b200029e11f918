package com.drivendata.platform.rules;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** A synthesised stack, as rules look at it. */
public final class SynthesisedStack {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** What people, roles and workflows may do, by the attribute that holds it. */
    private static final Map<String, String> PERMISSIONS = Map.of(
            "aws_iam_policy", "policy",
            "aws_iam_role_policy", "policy",
            "aws_iam_group_policy", "policy");

    private final JsonNode json;

    private SynthesisedStack(JsonNode json) {
        this.json = json;
    }

    /**
     * Reads a stack.
     *
     * @param json the text of its {@code cdk.tf.json}
     */
    public static SynthesisedStack of(String json) {
        return new SynthesisedStack(read(json));
    }

    /** What stands beside the resources. */
    JsonNode at(String pointer) {
        return json.at(pointer);
    }

    Stream<Resource> resources(String... types) {
        return Arrays.stream(types)
                .flatMap(type -> json.path("resource").path(type).properties().stream()
                        .map(entry -> new Resource(type, entry.getKey(), entry.getValue())));
    }

    /** The resources of a type that name the other one in an attribute: a bucket's versioning, a VPC's flow logs. */
    Stream<Resource> of(Resource other, String type, String attribute) {
        return resources(type).filter(resource -> resource.refersTo(other, attribute));
    }

    /** The statements of all policies of IAM identities. */
    Stream<Statement> permissions() {
        return PERMISSIONS.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .flatMap(entry -> resources(entry.getKey()).flatMap(holder -> statements(holder, entry.getValue())));
    }

    /** The statements that say who may assume a role. */
    Stream<Statement> trusts() {
        return resources("aws_iam_role").flatMap(role -> statements(role, "assume_role_policy"));
    }

    Stream<Statement> statements(Resource holder, String attribute) {
        JsonNode statements = read(holder.text(attribute)).path("Statement");
        Stream<JsonNode> each =
                statements.isArray() ? StreamSupport.stream(statements.spliterator(), false) : Stream.of(statements);
        return each.map(statement -> new Statement(holder, statement));
    }

    private static JsonNode read(String json) {
        try {
            return MAPPER.readTree(json);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
