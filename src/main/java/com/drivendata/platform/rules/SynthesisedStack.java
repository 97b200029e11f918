package com.drivendata.platform.rules;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A synthesised stack, as rules look at it. */
public record SynthesisedStack(JsonNode json) {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** What says in its policy what people, roles and workflows may do. */
    private static final List<String> PERMISSIONS =
            List.of("aws_iam_group_policy", "aws_iam_policy", "aws_iam_role_policy");

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

    /** A breach for each resource of the type that breaks a rule so. */
    Stream<Breach> breaches(String type, Predicate<Resource> breaks, String what) {
        return resources(type).filter(breaks).map(resource -> Breach.of(resource, what));
    }

    /** What the policies of IAM identities allow. */
    Stream<Statement> permissions() {
        return PERMISSIONS.stream()
                .flatMap(type -> resources(type).flatMap(holder -> holder.statements("policy")))
                .filter(Statement::allows);
    }

    static JsonNode read(String json) {
        try {
            return MAPPER.readTree(json);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
