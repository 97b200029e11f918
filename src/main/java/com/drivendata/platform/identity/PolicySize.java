package com.drivendata.platform.identity;

import com.drivendata.platform.config.ConfigException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What IAM allows policies in characters, white space not counted. A Terraform expression counts as what it becomes at
 * most.
 *
 * @see <a href="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html">IAM quotas</a>
 */
final class PolicySize {

    /** All inline policies of a role together. */
    static final int INLINE = 10_240;
    /** One managed policy; a permissions boundary is one. */
    static final int MANAGED = 6_144;
    /** Managed policies of a role, before a quota is raised. */
    static final int MANAGED_OF_A_ROLE = 10;

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private PolicySize() {}

    static int of(String policy) {
        return policy.replaceAll("\\$\\{data\\.aws_partition\\.[^}]*}", "aws-us-gov")
                .replaceAll("\\$\\{data\\.aws_caller_identity\\.[^}]*}", "123456789012")
                .replaceAll(
                        "\\$\\{aws_kms_key\\.[^}]*}",
                        "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/00000000-0000-0000-0000-000000000000")
                .replaceAll("\\$\\{[^}]*}", "subnet-0123456789abcdef0")
                .replaceAll("\\s", "")
                .length();
    }

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
            if (of(written(more)) <= MANAGED) {
                statements = more;
                continue;
            }
            if (!statements.isEmpty()) {
                documents.add(written(statements));
            }
            statements = JsonNodeFactory.instance.arrayNode().add(statement);
            int size = of(written(statements));
            if (size > MANAGED) {
                throw new ConfigException(List.of("%s: %s: %d characters; a managed policy has at most %d: %s"
                        .formatted(
                                file,
                                statement.path("Sid").asText(),
                                size,
                                MANAGED,
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
