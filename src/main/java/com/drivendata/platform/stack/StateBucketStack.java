package com.drivendata.platform.stack;

import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.StateConfig;
import com.drivendata.platform.storage.TlsOnlyPolicy;
import com.hashicorp.cdktf.TerraformResourceLifecycle;
import com.hashicorp.cdktf.TerraformStack;
import com.hashicorp.cdktf.providers.aws.s3_bucket.S3Bucket;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfiguration;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfigurationRule;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfigurationRuleFilter;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration;
import com.hashicorp.cdktf.providers.aws.s3_bucket_ownership_controls.S3BucketOwnershipControls;
import com.hashicorp.cdktf.providers.aws.s3_bucket_ownership_controls.S3BucketOwnershipControlsRule;
import com.hashicorp.cdktf.providers.aws.s3_bucket_policy.S3BucketPolicy;
import com.hashicorp.cdktf.providers.aws.s3_bucket_public_access_block.S3BucketPublicAccessBlock;
import com.hashicorp.cdktf.providers.aws.s3_bucket_server_side_encryption_configuration.S3BucketServerSideEncryptionConfigurationA;
import com.hashicorp.cdktf.providers.aws.s3_bucket_server_side_encryption_configuration.S3BucketServerSideEncryptionConfigurationRuleA;
import com.hashicorp.cdktf.providers.aws.s3_bucket_server_side_encryption_configuration.S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA;
import com.hashicorp.cdktf.providers.aws.s3_bucket_versioning.S3BucketVersioningA;
import com.hashicorp.cdktf.providers.aws.s3_bucket_versioning.S3BucketVersioningVersioningConfiguration;
import java.util.List;
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
        turnAclsOff();
        S3BucketVersioningA versioning = keepVersions();
        encrypt();
        allowTlsOnly(blockPublicAccess());
        expireOldVersions(versioning);
    }

    private void turnAclsOff() {
        S3BucketOwnershipControls.Builder.create(this, "ownership")
                .bucket(bucketName)
                .rule(S3BucketOwnershipControlsRule.builder()
                        .objectOwnership("BucketOwnerEnforced")
                        .build())
                .build();
    }

    private S3BucketVersioningA keepVersions() {
        return S3BucketVersioningA.Builder.create(this, "versioning")
                .bucket(bucketName)
                .versioningConfiguration(S3BucketVersioningVersioningConfiguration.builder()
                        .status("Enabled")
                        .build())
                .build();
    }

    private void encrypt() {
        S3BucketServerSideEncryptionConfigurationA.Builder.create(this, "encryption")
                .bucket(bucketName)
                .rule(List.of(S3BucketServerSideEncryptionConfigurationRuleA.builder()
                        .applyServerSideEncryptionByDefault(
                                S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA
                                        .builder()
                                        .sseAlgorithm("AES256")
                                        .build())
                        .bucketKeyEnabled(true)
                        .build()))
                .build();
    }

    private S3BucketPublicAccessBlock blockPublicAccess() {
        return S3BucketPublicAccessBlock.Builder.create(this, "public-access")
                .bucket(bucketName)
                .blockPublicAcls(true)
                .blockPublicPolicy(true)
                .ignorePublicAcls(true)
                .restrictPublicBuckets(true)
                .build();
    }

    private void allowTlsOnly(S3BucketPublicAccessBlock publicAccess) {
        S3BucketPolicy.Builder.create(this, "policy")
                .bucket(bucketName)
                .policy(TlsOnlyPolicy.json("arn:%s:s3:::%s".formatted(AwsProviderSettings.partition(this), bucketName)))
                // S3 refuses a policy while it changes the bucket's public access settings.
                .dependsOn(List.of(publicAccess))
                .build();
    }

    private void expireOldVersions(S3BucketVersioningA versioning) {
        S3BucketLifecycleConfiguration.Builder.create(this, "lifecycle")
                .bucket(bucketName)
                .rule(List.of(S3BucketLifecycleConfigurationRule.builder()
                        .id("expire-old-states")
                        .status("Enabled")
                        .filter(S3BucketLifecycleConfigurationRuleFilter.builder()
                                .prefix("")
                                .build())
                        .noncurrentVersionExpiration(
                                S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration.builder()
                                        .noncurrentDays(OLD_STATE_DAYS)
                                        .build())
                        .build()))
                .dependsOn(List.of(versioning))
                .build();
    }
}
