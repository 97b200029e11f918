package com.drivendata.platform.identity;

import com.drivendata.platform.access.Arns;
import com.drivendata.platform.access.KeyPolicyDocument;
import com.hashicorp.cdktf.TerraformResourceLifecycle;
import com.hashicorp.cdktf.providers.aws.kms_key.KmsKey;
import software.constructs.Construct;

/**
 * The HMAC key of which the key of the pseudonyms is derived. It never leaves KMS, so no secret is in the state, a plan
 * or a log; who may use it, the roles' policies say (docs/decisions/0009-pseudonyms.md).
 *
 * @see <a href="https://docs.aws.amazon.com/kms/latest/developerguide/hmac.html">HMAC keys in AWS KMS</a>
 */
public final class PseudonymKey extends Construct {

    /** The days in which a deletion can be called back: as many as KMS allows, or as few. */
    private static final int LONGEST = 30;

    private static final int SHORTEST = 7;

    private final KmsKey key;

    /** @param destroyable whether the key may be destroyed; with another one, the same person has another pseudonym */
    public PseudonymKey(Construct scope, String id, Arns arns, boolean destroyable) {
        super(scope, id);
        key = KmsKey.Builder.create(this, "key")
                .description("Pseudonyms of unique_id: the trusted_data job derives their key from it")
                .keyUsage("GENERATE_VERIFY_MAC")
                .customerMasterKeySpec("HMAC_256")
                .policy(new KeyPolicyDocument(arns).json())
                .deletionWindowInDays(deletionWindowDays(destroyable))
                .lifecycle(TerraformResourceLifecycle.builder()
                        .preventDestroy(!destroyable)
                        .build())
                .build();
        key.overrideLogicalId("pseudonyms");
    }

    static int deletionWindowDays(boolean destroyable) {
        return destroyable ? SHORTEST : LONGEST;
    }

    public String getArn() {
        return key.getArn();
    }
}
