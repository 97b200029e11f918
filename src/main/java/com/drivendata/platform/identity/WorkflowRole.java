package com.drivendata.platform.identity;

import com.drivendata.platform.NamedBuilder;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hashicorp.cdktf.providers.aws.iam_role.IamRole;
import com.hashicorp.cdktf.providers.aws.iam_role_policy_attachment.IamRolePolicyAttachment;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import software.constructs.Construct;

/**
 * A role that GitHub's workflows assume with their identity token (OpenID Connect), without any stored key. It names
 * the tokens' subjects exactly: a pattern could let another repository in.
 *
 * @see <a href="https://docs.github.com/en/actions/reference/security/oidc">Subjects of GitHub's tokens</a>
 */
final class WorkflowRole extends Construct {

    /**
     * What the construct needs.
     *
     * @param providerArn GitHub's identity provider in this account
     * @param subjects who may assume the role
     * @param claims what their tokens must say besides, by claim
     * @param policyArns the role's permissions
     */
    @NamedBuilder
    record Props(
            String name,
            String description,
            String providerArn,
            List<String> subjects,
            Map<String, String> claims,
            int maxSessionSeconds,
            List<String> policyArns) {}

    private final IamRole role;

    /** @param id also the logical id of the role, and with a number after it, of its policies' attachments */
    WorkflowRole(Construct scope, String id, Props props) {
        super(scope, id);
        role = IamRole.Builder.create(this, "role")
                .name(props.name())
                .description(props.description())
                .assumeRolePolicy(trust(props))
                .maxSessionDuration(props.maxSessionSeconds())
                .build();
        role.overrideLogicalId(id);
        for (int i = 0; i < props.policyArns().size(); i++) {
            String number = "_" + (i + 1);
            IamRolePolicyAttachment.Builder.create(this, "policy" + number)
                    .role(role.getName())
                    .policyArn(props.policyArns().get(i))
                    .build()
                    .overrideLogicalId(id + number);
        }
    }

    String getArn() {
        return role.getArn();
    }

    private static String trust(Props props) {
        ObjectNode document = JsonNodeFactory.instance.objectNode().put("Version", "2012-10-17");
        ObjectNode statement = document.putArray("Statement").addObject();
        statement.put("Effect", "Allow").put("Action", "sts:AssumeRoleWithWebIdentity");
        statement.putObject("Principal").put("Federated", props.providerArn());
        ObjectNode equal = statement.putObject("Condition").putObject("StringEquals");
        equal.put(CicdRoles.ISSUER + ":aud", CicdRoles.AUDIENCE);
        ArrayNode allowed = equal.putArray(CicdRoles.ISSUER + ":sub");
        props.subjects().forEach(allowed::add);
        new TreeMap<>(props.claims()).forEach((claim, value) -> equal.put(CicdRoles.ISSUER + ":" + claim, value));
        return document.toString();
    }
}
