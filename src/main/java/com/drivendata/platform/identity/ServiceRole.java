package com.drivendata.platform.identity;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.iam_policy.IamPolicy;
import com.hashicorp.cdktf.providers.aws.iam_role.IamRole;
import com.hashicorp.cdktf.providers.aws.iam_role_policy.IamRolePolicy;
import java.util.List;
import java.util.Optional;
import software.constructs.Construct;

/**
 * A role that AWS services assume, with one inline policy. It trusts them only when they act for this account, so that
 * nobody else's environment or job can be pointed at it (the confused deputy). Its permissions end at a boundary, so
 * that who may change them can't make more of them.
 *
 * @see <a href="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html">Boundaries</a>
 * @see <a href="https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html">The confused deputy problem</a>
 */
public final class ServiceRole extends Construct {

    private final IamRole role;
    private final IamRolePolicy policy;

    /**
     * @param id ends the role's name, and begins that of its document; also the logical id of the role and its policy
     * @param services the service principals that may assume the role
     * @param sourceArn the resource on whose behalf they must act, for services that say which
     * @param boundary the policy beyond which no permission of the role goes, whatever it is given
     */
    ServiceRole(
            Construct scope,
            String id,
            Policies policies,
            String description,
            List<String> services,
            Optional<String> sourceArn,
            IamPolicy boundary) {
        super(scope, id);
        String accountId = policies.deployment().arns().accountId();
        String fullName = policies.deployment().company() + "_" + id;
        role = IamRole.Builder.create(this, "role")
                .name(fullName)
                .description(description)
                .assumeRolePolicy(trust(services, accountId, sourceArn))
                .permissionsBoundary(boundary.getArn())
                .build();
        role.overrideLogicalId(id);
        policy = IamRolePolicy.Builder.create(this, "policy")
                .name(fullName)
                .role(role.getName())
                .policy(policies.document(id + "-policy.json"))
                .build();
        policy.overrideLogicalId(id);
    }

    public String getArn() {
        return role.getArn();
    }

    public String getName() {
        return role.getName();
    }

    /** What a user of the role must wait for: without its policy the role can do nothing. */
    public List<ITerraformDependable> getReady() {
        return List.of(policy);
    }

    private static String trust(List<String> services, String accountId, Optional<String> sourceArn) {
        ObjectNode document = JsonNodeFactory.instance.objectNode().put("Version", "2012-10-17");
        ObjectNode statement = document.putArray("Statement").addObject();
        statement.put("Effect", "Allow").put("Action", "sts:AssumeRole");
        ArrayNode principals = statement.putObject("Principal").putArray("Service");
        services.forEach(principals::add);
        ObjectNode condition = statement.putObject("Condition");
        condition.putObject("StringEquals").put("aws:SourceAccount", accountId);
        sourceArn.ifPresent(arn -> condition.putObject("ArnLike").put("aws:SourceArn", arn));
        return document.toString();
    }
}
