package com.drivendata.platform.identity;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hashicorp.cdktf.providers.aws.iam_role.IamRole;
import com.hashicorp.cdktf.providers.aws.iam_role_policy.IamRolePolicy;
import java.util.List;
import java.util.Map;
import software.constructs.Construct;

/**
 * A role that GitHub's workflows assume with their identity token (OpenID Connect), without any stored key. It names
 * the tokens' subjects exactly: a pattern could let another repository in.
 *
 * @see <a href="https://docs.github.com/en/actions/reference/security/oidc">Subjects of GitHub's tokens</a>
 */
final class WorkflowRole extends Construct {

    private final IamRole role;

    /**
     * @param id also the logical id of the role, and with each policy's name after it, of its policies
     * @param providerArn GitHub's identity provider in this account
     * @param subjects who may assume the role
     * @param policies the role's permissions as JSON, by name
     */
    WorkflowRole(
            Construct scope,
            String id,
            String name,
            String description,
            String providerArn,
            List<String> subjects,
            int maxSessionSeconds,
            Map<String, String> policies) {
        super(scope, id);
        role = IamRole.Builder.create(this, "role")
                .name(name)
                .description(description)
                .assumeRolePolicy(trust(providerArn, subjects))
                .maxSessionDuration(maxSessionSeconds)
                .build();
        role.overrideLogicalId(id);
        policies.forEach((policyName, policy) -> IamRolePolicy.Builder.create(this, policyName)
                .name(policyName)
                .role(role.getName())
                .policy(policy)
                .build()
                .overrideLogicalId(id + "_" + policyName));
    }

    String getArn() {
        return role.getArn();
    }

    private static String trust(String providerArn, List<String> subjects) {
        ObjectNode document = JsonNodeFactory.instance.objectNode().put("Version", "2012-10-17");
        ObjectNode statement = document.putArray("Statement").addObject();
        statement.put("Effect", "Allow").put("Action", "sts:AssumeRoleWithWebIdentity");
        statement.putObject("Principal").put("Federated", providerArn);
        ObjectNode equal = statement.putObject("Condition").putObject("StringEquals");
        equal.put(CicdRoles.ISSUER + ":aud", CicdRoles.AUDIENCE);
        ArrayNode allowed = equal.putArray(CicdRoles.ISSUER + ":sub");
        subjects.forEach(allowed::add);
        return document.toString();
    }
}
