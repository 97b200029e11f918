package com.drivendata.platform.storage;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hashicorp.cdktf.ITerraformDependable;
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
import java.util.Optional;
import software.constructs.Construct;

/**
 * What every bucket of the platform is given.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html">Security best
 *     practices for Amazon S3</a>
 */
public final class BucketSettings {

    private BucketSettings() {}

    public static S3BucketOwnershipControls aclsOff(Construct scope, String bucket) {
        return S3BucketOwnershipControls.Builder.create(scope, "ownership")
                .bucket(bucket)
                .rule(S3BucketOwnershipControlsRule.builder()
                        .objectOwnership("BucketOwnerEnforced")
                        .build())
                .build();
    }

    /**
     * Encrypts what is written without a word about it.
     *
     * @param keyArn a KMS key; empty for S3's own keys
     */
    public static S3BucketServerSideEncryptionConfigurationA encrypted(
            Construct scope, String bucket, Optional<String> keyArn) {
        S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA algorithm =
                S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA.builder()
                        .sseAlgorithm(keyArn.isPresent() ? "aws:kms" : "AES256")
                        .kmsMasterKeyId(keyArn.orElse(null))
                        .build();
        return S3BucketServerSideEncryptionConfigurationA.Builder.create(scope, "encryption")
                .bucket(bucket)
                .rule(List.of(S3BucketServerSideEncryptionConfigurationRuleA.builder()
                        .applyServerSideEncryptionByDefault(algorithm)
                        .bucketKeyEnabled(true)
                        .build()))
                .build();
    }

    public static S3BucketVersioningA versioned(Construct scope, String bucket) {
        return S3BucketVersioningA.Builder.create(scope, "versioning")
                .bucket(bucket)
                .versioningConfiguration(S3BucketVersioningVersioningConfiguration.builder()
                        .status("Enabled")
                        .build())
                .build();
    }

    public static S3BucketPublicAccessBlock publicAccess(Construct scope, String bucket, boolean blocked) {
        return S3BucketPublicAccessBlock.Builder.create(scope, "public-access")
                .bucket(bucket)
                .blockPublicAcls(blocked)
                .blockPublicPolicy(blocked)
                .ignorePublicAcls(blocked)
                .restrictPublicBuckets(blocked)
                .build();
    }

    /**
     * The bucket's policy.
     *
     * @param publicAccess S3 refuses a policy while it changes the bucket's public access settings
     */
    public static S3BucketPolicy policy(
            Construct scope, String bucket, String policy, ITerraformDependable publicAccess) {
        return S3BucketPolicy.Builder.create(scope, "policy")
                .bucket(bucket)
                .policy(policy)
                .dependsOn(List.of(publicAccess))
                .build();
    }

    /**
     * A policy that refuses every request without TLS, for more statements.
     *
     * @see <a
     *     href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html#transit">Encryption
     *     of data in transit</a>
     */
    public static ObjectNode tlsOnly(String bucketArn) {
        ObjectNode policy = JsonNodeFactory.instance.objectNode().put("Version", "2012-10-17");
        ObjectNode statement = policy.putArray("Statement").addObject();
        statement.put("Sid", "TlsOnly").put("Effect", "Deny").put("Principal", "*");
        statement.put("Action", "s3:*");
        statement.putArray("Resource").add(bucketArn).add(bucketArn + "/*");
        statement.putObject("Condition").putObject("Bool").put("aws:SecureTransport", "false");
        return policy;
    }
}
