package com.drivendata.platform.identity;

import com.drivendata.platform.NamedBuilder;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hashicorp.cdktf.ITerraformDependable;
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
 * @see <a href="https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role">aws_iam_role</a>
 */
public final class ServiceRole extends Construct {

    /**
     * What the construct needs.
     *
     * @param name the role's name, unique in the account
     * @param services the service principals that may assume the role
     * @param accountId the account on whose behalf the services must act, literally or as a Terraform expression
     * @param sourceArn the resource on whose behalf they must act, for services that say which
     * @param policy the role's permissions as JSON
     * @param boundary the policy beyond which no permission of the role goes, whatever it is given
     */
    @NamedBuilder
    public record Props(
            String name,
            String description,
            List<String> services,
            String accountId,
            Optional<String> sourceArn,
            String policy,
            String boundary) {}

    private final String name;
    private final String arn;
    private final IamRolePolicy policy;

    /** {@code id} is also the logical id of the role and its policy, so it must be unique in the stack. */
    public ServiceRole(Construct scope, String id, Props props) {
        super(scope, id);
        IamRole role = IamRole.Builder.create(this, "role")
                .name(props.name())
                .description(props.description())
                .assumeRolePolicy(trust(props))
                .permissionsBoundary(props.boundary())
                .build();
        role.overrideLogicalId(id);
        name = role.getName();
        arn = role.getArn();
        policy = IamRolePolicy.Builder.create(this, "policy")
                .name(props.name())
                .role(name)
                .policy(props.policy())
                .build();
        policy.overrideLogicalId(id);
    }

    public String getArn() {
        return arn;
    }

    public String getName() {
        return name;
    }

    /** What a user of the role must wait for: without its policy the role can do nothing. */
    public List<ITerraformDependable> getReady() {
        return List.of(policy);
    }

    private static String trust(Props props) {
        ObjectNode document = JsonNodeFactory.instance.objectNode().put("Version", "2012-10-17");
        ObjectNode statement = document.putArray("Statement").addObject();
        statement.put("Effect", "Allow").put("Action", "sts:AssumeRole");
        ArrayNode services = statement.putObject("Principal").putArray("Service");
        props.services().forEach(services::add);
        ObjectNode condition = statement.putObject("Condition");
        condition.putObject("StringEquals").put("aws:SourceAccount", props.accountId());
        props.sourceArn().ifPresent(arn -> condition.putObject("ArnLike").put("aws:SourceArn", arn));
        return document.toString();
    }
}
