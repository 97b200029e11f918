package com.drivendata.platform.stack;

import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.StateConfig;
import com.drivendata.platform.storage.BucketSettings;
import com.drivendata.platform.storage.LifecycleRules;
import com.hashicorp.cdktf.TerraformResourceLifecycle;
import com.hashicorp.cdktf.TerraformStack;
import com.hashicorp.cdktf.providers.aws.s3_bucket.S3Bucket;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfiguration;
import com.hashicorp.cdktf.providers.aws.s3_bucket_versioning.S3BucketVersioningA;
import java.util.List;
import java.util.Optional;
import software.constructs.Construct;

/**
 * The bucket that keeps a deployment's Terraform state, as a small stack of its own ({@code <deployment>-state}) that
 * {@code make bootstrap} applies. Its own state lies in the same bucket, under a key of its own.
 *
 * <p>Versioned, so that a broken state can be taken back; encrypted; reachable over TLS only; never public; and never
 * destroyed by Terraform, whatever the deployment's {@code destroyable} says.
 *
 * @see <a href="https://developer.hashicorp.com/terraform/language/backend/s3">Terraform's S3 backend</a>
 */
public final class StateBucketStack extends TerraformStack {

    public static final String SUFFIX = "-state";

    private static final int OLD_STATE_DAYS = 90;
    private static final int UNFINISHED_UPLOAD_DAYS = 7;

    private final String bucketName;

    public StateBucketStack(Construct app, DeploymentConfig deployment) {
        super(app, deployment.name() + SUFFIX);
        StateConfig state = deployment.state();
        StateBackend.add(
                this, new StateConfig(state.bucket(), deployment.name() + "/state-bucket.tfstate", state.region()));
        AwsProviderSettings.addProvider(this, deployment, state.region());

        S3Bucket bucket = S3Bucket.Builder.create(this, "bucket")
                .bucket(state.bucket())
                .lifecycle(TerraformResourceLifecycle.builder()
                        .preventDestroy(true)
                        .build())
                .build();
        bucket.overrideLogicalId("state");
        bucketName = bucket.getBucket();
        BucketSettings.aclsOff(this, bucketName);
        S3BucketVersioningA versioning = BucketSettings.versioned(this, bucketName);
        BucketSettings.encrypted(this, bucketName, Optional.empty());
        String arn = "arn:%s:s3:::%s".formatted(AwsProviderSettings.partition(this), bucketName);
        BucketSettings.policy(
                this,
                bucketName,
                BucketSettings.tlsOnly(arn).toString(),
                BucketSettings.publicAccess(this, bucketName, true));
        expireOldVersions(versioning);
    }

    private void expireOldVersions(S3BucketVersioningA versioning) {
        S3BucketLifecycleConfiguration.Builder.create(this, "lifecycle")
                .bucket(bucketName)
                .rule(List.of(LifecycleRules.rule("expire-old-states", "")
                        .abortIncompleteMultipartUpload(LifecycleRules.abortUploadsAfter(UNFINISHED_UPLOAD_DAYS))
                        .noncurrentVersionExpiration(LifecycleRules.noncurrentAfter(OLD_STATE_DAYS))
                        .build()))
                .dependsOn(List.of(versioning))
                .build();
    }
}
