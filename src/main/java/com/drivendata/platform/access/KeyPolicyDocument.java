package com.drivendata.platform.access;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Who may use a KMS key: the account's own identities as far as their IAM policies say, which is what AWS's default key
 * policy says and keeps the key from becoming unmanageable; and the services that are named here.
 *
 * @see <a href="https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html">The default key
 *     policy</a>
 */
public final class KeyPolicyDocument {

    private final ObjectNode document = JsonNodeFactory.instance.objectNode().put("Version", "2012-10-17");
    private final ArrayNode statements = document.putArray("Statement");

    public KeyPolicyDocument(Arns arns) {
        statement("LeaveToIamPolicies", "AWS", arns.iam("root"), List.of("kms:*"));
    }

    /** Lets a service use the key; the caller adds the condition on what it may use it for, or for whom. */
    public ObjectNode allowService(String sid, String service, List<String> actions) {
        return statement(sid, "Service", service, actions);
    }

    public String json() {
        return document.toString();
    }

    private ObjectNode statement(String sid, String kind, String principal, List<String> actions) {
        ObjectNode statement = statements.addObject().put("Sid", sid).put("Effect", "Allow");
        statement.putObject("Principal").put(kind, principal);
        ArrayNode list = statement.putArray("Action");
        actions.forEach(list::add);
        // In a key policy the star is the key itself.
        return statement.put("Resource", "*");
    }
}
