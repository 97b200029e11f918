package com.drivendata.platform.identity;

import com.drivendata.platform.config.ConfigException;
import com.drivendata.platform.rules.PolicySize;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Shares a large policy between several managed ones. */
final class PolicySplit {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private PolicySplit() {}

    /**
     * The statements of a document in as many documents as it takes for each to be a managed policy, in their order.
     *
     * @param file the document's template, for messages
     * @throws ConfigException if a statement alone is too large
     */
    static List<String> split(String file, String document) {
        List<String> documents = new ArrayList<>();
        ArrayNode statements = JsonNodeFactory.instance.arrayNode();
        for (JsonNode statement : read(document).path("Statement")) {
            ArrayNode more = statements.deepCopy().add(statement);
            if (PolicySize.of(written(more)) <= PolicySize.MANAGED) {
                statements = more;
                continue;
            }
            if (!statements.isEmpty()) {
                documents.add(written(statements));
            }
            statements = JsonNodeFactory.instance.arrayNode().add(statement);
            int size = PolicySize.of(written(statements));
            if (size > PolicySize.MANAGED) {
                throw new ConfigException(List.of("%s: %s: %d characters; a managed policy has at most %d: %s"
                        .formatted(
                                file,
                                statement.path("Sid").asText(),
                                size,
                                PolicySize.MANAGED,
                                "give it fewer or shorter resources, or make it two statements")));
            }
        }
        documents.add(written(statements));
        return documents;
    }

    private static String written(ArrayNode statements) {
        ObjectNode document = JsonNodeFactory.instance.objectNode().put("Version", "2012-10-17");
        document.set("Statement", statements);
        return document.toString();
    }

    private static JsonNode read(String document) {
        try {
            return MAPPER.readTree(document);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
