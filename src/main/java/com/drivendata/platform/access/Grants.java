package com.drivendata.platform.access;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one principal may do: nothing, until a construct grants what it has. Grants of the same kind, by their
 * {@code Sid}, become one statement.
 *
 * <p>The manner is that of the AWS CDK's {@code grantRead} and its like.
 *
 * @see <a href="https://docs.aws.amazon.com/cdk/v2/guide/permissions.html#permissions-grants">Grants of the AWS CDK</a>
 */
public final class Grants {

    private final Map<String, Statement> statements = new LinkedHashMap<>();

    private record Statement(List<String> actions, Set<String> resources, Map<String, Set<String>> like) {}

    /** Allows these actions on one more resource. */
    public Grants allow(String sid, List<String> actions, String... resources) {
        statement(sid, actions).resources().addAll(List.of(resources));
        return this;
    }

    /** The same, as long as a key of the request is like one of these patterns, or of those granted before. */
    public Grants allowWhere(
            String sid, List<String> actions, String resource, String key, Collection<String> patterns) {
        Statement statement = statement(sid, actions);
        statement.resources().add(resource);
        statement.like().computeIfAbsent(key, unknown -> new LinkedHashSet<>()).addAll(patterns);
        return this;
    }

    private Statement statement(String sid, List<String> actions) {
        Statement statement = statements.computeIfAbsent(
                sid, unknown -> new Statement(actions, new LinkedHashSet<>(), new LinkedHashMap<>()));
        if (!statement.actions().equals(actions)) {
            throw new IllegalArgumentException(sid + ": granted with other actions before; give it another Sid");
        }
        return statement;
    }

    /** The policy document, as JSON without white space. */
    public String document() {
        ObjectNode document = JsonNodeFactory.instance.objectNode().put("Version", "2012-10-17");
        ArrayNode list = document.putArray("Statement");
        statements.forEach((sid, statement) -> {
            ObjectNode node = list.addObject().put("Sid", sid).put("Effect", "Allow");
            put(node, "Action", statement.actions());
            put(node, "Resource", statement.resources());
            if (!statement.like().isEmpty()) {
                ObjectNode like = node.putObject("Condition").putObject("StringLike");
                statement.like().forEach((key, patterns) -> put(like, key, patterns));
            }
        });
        return document.toString();
    }

    private static void put(ObjectNode node, String key, Collection<String> values) {
        ArrayNode list = node.putArray(key);
        values.forEach(list::add);
    }
}
