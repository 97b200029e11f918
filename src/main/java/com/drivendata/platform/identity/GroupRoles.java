package com.drivendata.platform.identity;

import com.drivendata.platform.access.Arns;
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
import java.util.Optional;
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

    private final ServiceRoles.Props names;
    private final Arns arns;
    private final Optional<String> boundary;

    /** @param names where {@code policies/} lies and what the stack's resources are called */
    public GroupRoles(Construct scope, String id, ServiceRoles.Props names) {
        super(scope, id);
        this.names = names;
        arns = new Arns(names.partition(), names.deployment().region(), names.accountId());
        boundary = names.deployment().groups().stream().anyMatch(group -> group.access() == Access.ROLE)
                ? Optional.of(boundary().getArn())
                : Optional.empty();
    }

    static String boundaryName(String company) {
        return company + "_group_boundary";
    }

    /** Makes the group's role or policy, with what was granted to it. */
    public void add(GroupConfig group, Grants grants) {
        String document = grants.document();
        int most = group.access() == Access.ROLE ? PolicySize.INLINE : PolicySize.MANAGED;
        if (PolicySize.of(document) > most) {
            throw new ConfigException(List.of(
                    "config/%s.yaml: groups: \"%s\": its policy would have %d characters, IAM allows %d; give it fewer tables, or all"
                            .formatted(names.deployment().name(), group.name(), PolicySize.of(document), most)));
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
                .name(group.principal(company()))
                .description("Queries of the group " + group.name())
                .assumeRolePolicy(trust(group))
                .maxSessionDuration(SESSION_SECONDS)
                .permissionsBoundary(boundary.orElseThrow())
                .build();
        role.overrideLogicalId(id);
        IamRolePolicy policy = IamRolePolicy.Builder.create(this, id + "-policy")
                .name(group.principal(company()))
                .role(role.getName())
                .policy(document)
                .build();
        policy.overrideLogicalId(id);
    }

    private void policy(GroupConfig group, String document) {
        String id = logicalId(group);
        IamPolicy policy = IamPolicy.Builder.create(this, id)
                .name(group.principal(company()))
                .path(ServiceRoles.policyPath(company()))
                .description("Queries of the group " + group.name())
                .policy(document)
                .build();
        policy.overrideLogicalId(id);
        group.attachTo()
                .ifPresent(role -> IamRolePolicyAttachment.Builder.create(this, id + "-attachment")
                        .role(role)
                        .policyArn(policy.getArn())
                        .build()
                        .overrideLogicalId(id));
    }

    private String trust(GroupConfig group) {
        List<String> principals = group.assumedBy().isEmpty() ? List.of(arns.iam("root")) : group.assumedBy();
        ObjectNode document = JsonNodeFactory.instance.objectNode().put("Version", "2012-10-17");
        ArrayNode statements = document.putArray("Statement");
        addTrust(
                statements,
                "AWS",
                "sts:AssumeRole",
                principals.stream().filter(arn -> !isSaml(arn)).toList());
        addTrust(
                statements,
                "Federated",
                "sts:AssumeRoleWithSAML",
                principals.stream().filter(GroupRoles::isSaml).toList());
        return document.toString();
    }

    private static void addTrust(ArrayNode statements, String kind, String action, List<String> principals) {
        if (principals.isEmpty()) {
            return;
        }
        ObjectNode statement = statements.addObject().put("Effect", "Allow").put("Action", action);
        ArrayNode list = statement.putObject("Principal").putArray(kind);
        principals.forEach(list::add);
        if (action.endsWith("SAML")) {
            statement.putObject("Condition").putObject("StringEquals").put("SAML:aud", AWS_SIGN_IN);
        }
    }

    private static boolean isSaml(String arn) {
        return arn.contains(":saml-provider/");
    }

    private IamPolicy boundary() {
        IamPolicy policy = IamPolicy.Builder.create(this, "boundary")
                .name(boundaryName(company()))
                .path(ServiceRoles.policyPath(company()))
                .description("Beyond this go no permissions of the groups' roles")
                .policy(PolicyTemplate.fill(
                        names.projectRoot(), "policies/group-boundary.json", PolicyValues.of(names)))
                .build();
        policy.overrideLogicalId("group_boundary");
        return policy;
    }

    private String company() {
        return names.deployment().company();
    }

    private static String logicalId(GroupConfig group) {
        return "group_" + group.name();
    }
}
