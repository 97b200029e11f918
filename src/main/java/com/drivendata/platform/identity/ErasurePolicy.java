package com.drivendata.platform.identity;

import software.constructs.Construct;

/**
 * What whoever runs {@code make forget} needs: a managed policy, which an administrator attaches to that person's role.
 * It alone lets anybody delete older versions of the lake's objects (docs/erasure.md).
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html">Deleting object
 *     versions from a versioning-enabled bucket</a>
 */
public final class ErasurePolicy extends Construct {

    public ErasurePolicy(Construct scope, String id, Policies policies) {
        super(scope, id);
        policies.managed(
                        this,
                        "policy",
                        "erasure",
                        "Forgetting a person, by make forget",
                        policies.document("erasure-policy.json"))
                .overrideLogicalId("erasure");
    }
}
