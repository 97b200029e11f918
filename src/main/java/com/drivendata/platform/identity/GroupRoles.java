package com.drivendata.platform.identity;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.access.Grants;
import com.drivendata.platform.config.ConfigException;
import com.drivendata.platform.config.GroupConfig;
import com.drivendata.platform.config.GroupConfig.Access;
import com.drivendata.platform.rules.PolicySize;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hashicorp.cdktf.providers.aws.iam_policy.IamPolicy;
import com.hashicorp.cdktf.providers.aws.iam_role.IamRole;
import com.hashicorp.cdktf.providers.aws.iam_role_policy.IamRolePolicy;
import com.hashicorp.cdktf.providers.aws.iam_role_policy_attachment.IamRolePolicyAttachment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import software.constructs.Construct;

/**
 * What the groups of people are in IAM: for each a role that its people assume, or a managed policy for a role of the
 * company's identity provider. A role ends at a boundary, so that workflows may change what is granted to a group and
 * not make more of it; a managed policy is an administrator's to change.
 *
 * @see <a href="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_saml.html">Roles for SAML</a>
 * @see <a href="https://docs.aws.amazon.com/singlesignon/latest/userguide/howtocmp.html">Customer managed policies in
 *     permission sets</a>
 */
public final class GroupRoles extends Construct {

    private static final String AWS_SIGN_IN = "https://signin.aws.amazon.com/saml";
    private static final int SESSION_SECONDS = 3600;

    /** What the boundary is called, after the company. */
    static final String BOUNDARY = "group_boundary";

    private final Policies policies;
    private final Deployment deployment;
    private final Optional<String> boundary;

    public GroupRoles(Construct scope, String id, Policies policies) {
        super(scope, id);
        this.policies = policies;
        deployment = policies.deployment();
        boundary = deployment.config().groups().stream().anyMatch(group -> group.access() == Access.ROLE)
                ? Optional.of(boundary())
                : Optional.empty();
    }

    /** Makes the group's role or policy, with what was granted to it. */
    public void add(GroupConfig group, Grants grants) {
        String document = grants.document();
        int most = group.access() == Access.ROLE ? PolicySize.INLINE : PolicySize.MANAGED;
        if (PolicySize.of(document) > most) {
            throw new ConfigException(List.of(
                    "config/%s.yaml: groups: \"%s\": its policy would have %d characters, IAM allows %d; give it fewer tables, or all"
                            .formatted(deployment.config().name(), group.name(), PolicySize.of(document), most)));
        }
        if (group.access() == Access.ROLE) {
            role(group, document);
        } else {
            policy(group, document);
        }
    }

    private void role(GroupConfig group, String document) {
        String id = logicalId(group);
        IamRole role = IamRole.Builder.create(this, id)
                .name(group.principal(deployment.company()))
                .description("Queries of the group " + group.name())
                .assumeRolePolicy(trust(group))
                .maxSessionDuration(SESSION_SECONDS)
                .permissionsBoundary(boundary.orElseThrow())
                .build();
        role.overrideLogicalId(id);
        IamRolePolicy policy = IamRolePolicy.Builder.create(this, id + "-policy")
                .name(group.principal(deployment.company()))
                .role(role.getName())
                .policy(document)
                .build();
        policy.overrideLogicalId(id);
    }

    private void policy(GroupConfig group, String document) {
        String id = logicalId(group);
        IamPolicy policy = policies.managed(this, id, group.name(), "Queries of the group " + group.name(), document);
        policy.overrideLogicalId(id);
        group.attachTo()
                .ifPresent(role -> IamRolePolicyAttachment.Builder.create(this, id + "-attachment")
                        .role(role)
                        .policyArn(policy.getArn())
                        .build()
                        .overrideLogicalId(id));
    }

    private String trust(GroupConfig group) {
        List<String> principals =
                group.assumedBy().isEmpty() ? List.of(deployment.arns().iam("root")) : group.assumedBy();
        Map<Boolean, List<String>> bySaml =
                principals.stream().collect(Collectors.partitioningBy(arn -> arn.contains(":saml-provider/")));
        ObjectNode document = JsonNodeFactory.instance.objectNode().put("Version", "2012-10-17");
        ArrayNode statements = document.putArray("Statement");
        if (!bySaml.get(false).isEmpty()) {
            trust(statements, "sts:AssumeRole", "AWS", bySaml.get(false));
        }
        if (!bySaml.get(true).isEmpty()) {
            trust(statements, "sts:AssumeRoleWithSAML", "Federated", bySaml.get(true))
                    .putObject("Condition")
                    .putObject("StringEquals")
                    .put("SAML:aud", AWS_SIGN_IN);
        }
        return document.toString();
    }

    private static ObjectNode trust(ArrayNode statements, String action, String kind, List<String> principals) {
        ObjectNode statement = statements.addObject().put("Effect", "Allow").put("Action", action);
        ArrayNode list = statement.putObject("Principal").putArray(kind);
        principals.forEach(list::add);
        return statement;
    }

    private String boundary() {
        IamPolicy policy = policies.managed(
                this,
                "boundary",
                BOUNDARY,
                "Beyond this go no permissions of the groups' roles",
                policies.document("group-boundary.json"));
        policy.overrideLogicalId(BOUNDARY);
        return policy.getArn();
    }

    private static String logicalId(GroupConfig group) {
        return "group_" + group.name();
    }
}
