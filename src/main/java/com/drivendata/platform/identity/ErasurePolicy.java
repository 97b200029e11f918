package com.drivendata.platform.identity;

import com.hashicorp.cdktf.providers.aws.iam_policy.IamPolicy;
import software.constructs.Construct;

/**
 * What whoever runs {@code make forget} needs: a managed policy, which an administrator attaches to that person's role.
 * It alone lets anybody delete older versions of the lake's objects (docs/erasure.md).
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html">Deleting object
 *     versions from a versioning-enabled bucket</a>
 */
public final class ErasurePolicy extends Construct {

    /** @param names where {@code policies/} lies and what the stack's resources are called */
    public ErasurePolicy(Construct scope, String id, ServiceRoles.Props names) {
        super(scope, id);
        String company = names.deployment().company();
        IamPolicy policy = IamPolicy.Builder.create(this, "policy")
                .name(company + "_erasure")
                .path(ServiceRoles.policyPath(company))
                .description("Forgetting a person, by make forget")
                .policy(PolicyTemplate.fill(
                        names.projectRoot(), "policies/erasure-policy.json", PolicyValues.of(names)))
                .build();
        policy.overrideLogicalId("erasure");
    }
}
