package com.drivendata.platform.stack;

import com.drivendata.platform.config.StateConfig;
import com.hashicorp.cdktf.S3Backend;
import com.hashicorp.cdktf.S3BackendConfig;
import com.hashicorp.cdktf.TerraformStack;

/**
 * Keeps a stack's Terraform state in S3, encrypted, under a key of its own.
 *
 * @see <a href="https://developer.hashicorp.com/terraform/language/backend/s3">Terraform's S3 backend</a>
 */
final class StateBackend {

    private StateBackend() {}

    static void add(TerraformStack stack, StateConfig state) {
        S3Backend backend = new S3Backend(
                stack,
                S3BackendConfig.builder()
                        .bucket(state.bucket())
                        .key(state.key())
                        .region(state.region())
                        .encrypt(true)
                        .build());
        // Newer than CDKTF's types: the lock is an object beside the state, so no DynamoDB table is needed.
        backend.addOverride("use_lockfile", true);
    }
}
