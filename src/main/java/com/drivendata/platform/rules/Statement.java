package com.drivendata.platform.rules;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A statement of a policy.
 *
 * @param resource what holds the policy
 */
record Statement(Resource resource, JsonNode json) {

    boolean allows() {
        return json.path("Effect").asText().equals("Allow");
    }

    List<String> actions() {
        return texts(json.path("Action"));
    }

    List<String> resources() {
        return texts(json.path("Resource"));
    }

    List<String> principals(String kind) {
        return texts(json.path("Principal").path(kind));
    }

    boolean isForEverybody() {
        return json.path("Principal").asText().equals("*") || principals("AWS").contains("*");
    }

    /** The values that a condition asks of a key, whatever its operator. */
    List<String> condition(String key) {
        return stream(json.path("Condition"))
                .flatMap(operator -> texts(operator.path(key)).stream())
                .toList();
    }

    Breach breach(String what) {
        String sid = json.path("Sid").asText();
        return Breach.of(resource, sid.isEmpty() ? what : what + " (statement " + sid + ")");
    }

    private static List<String> texts(JsonNode node) {
        return node.isArray()
                ? stream(node).map(JsonNode::asText).toList()
                : node.isMissingNode() ? List.of() : List.of(node.asText());
    }

    private static Stream<JsonNode> stream(JsonNode node) {
        return StreamSupport.stream(node.spliterator(), false);
    }
}
