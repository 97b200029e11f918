package com.drivendata.platform.storage;

import com.drivendata.platform.NamedBuilder;
import com.drivendata.platform.access.Grants;
import com.drivendata.platform.config.StorageConfig;
import com.drivendata.platform.pipeline.Prefixes;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.s3_bucket.S3Bucket;
import com.hashicorp.cdktf.providers.aws.s3_bucket_ownership_controls.S3BucketOwnershipControls;
import com.hashicorp.cdktf.providers.aws.s3_bucket_ownership_controls.S3BucketOwnershipControlsRule;
import com.hashicorp.cdktf.providers.aws.s3_bucket_policy.S3BucketPolicy;
import com.hashicorp.cdktf.providers.aws.s3_bucket_public_access_block.S3BucketPublicAccessBlock;
import com.hashicorp.cdktf.providers.aws.s3_bucket_server_side_encryption_configuration.S3BucketServerSideEncryptionConfigurationA;
import com.hashicorp.cdktf.providers.aws.s3_bucket_server_side_encryption_configuration.S3BucketServerSideEncryptionConfigurationRuleA;
import com.hashicorp.cdktf.providers.aws.s3_bucket_server_side_encryption_configuration.S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA;
import com.hashicorp.cdktf.providers.aws.s3_bucket_versioning.S3BucketVersioningA;
import com.hashicorp.cdktf.providers.aws.s3_bucket_versioning.S3BucketVersioningVersioningConfiguration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import software.constructs.Construct;

/**
 * The data lake bucket: ACLs off, encrypted with S3's own keys, reachable over TLS only, public access blocked unless
 * the deployment says otherwise, and cleaned by {@link DataLakeLifecycle}.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html">Security best
 *     practices for Amazon S3</a>
 * @see <a
 *     href="https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket">aws_s3_bucket</a>
 */
public final class DataLakeBucket extends Construct {

    /**
     * What the construct needs. Only a {@code destroyable} bucket may be destroyed with objects in it.
     *
     * @param partition of AWS, as ARNs name it, literally or as a Terraform expression
     * @param flowLogs where AWS may deliver the flow logs of the VPC
     */
    @NamedBuilder
    public record Props(
            String partition,
            StorageConfig storage,
            Prefixes prefixes,
            boolean destroyable,
            Optional<LogDelivery> flowLogs) {}

    private final S3Bucket bucket;
    private final String partition;
    private final String arn;
    private final Optional<LogDelivery> flowLogs;
    private final List<ITerraformDependable> ready = new ArrayList<>();

    public DataLakeBucket(Construct scope, String id, Props props) {
        super(scope, id);
        partition = props.partition();
        flowLogs = props.flowLogs();
        bucket = S3Bucket.Builder.create(this, "bucket")
                .bucket(props.storage().bucket())
                .forceDestroy(props.destroyable())
                .build();
        bucket.overrideLogicalId("data_lake");
        arn = "arn:%s:s3:::%s".formatted(props.partition(), getName());
        turnAclsOff();
        encrypt();
        if (props.storage().versioning()) {
            version();
        }
        requireTls(publicAccess(props.storage().blockPublicAccess()));
        DataLakeLifecycle.add(this, getName(), props, ready);
    }

    /** The bucket's name, known when the plan is made. */
    public String getName() {
        return bucket.getBucket();
    }

    /** The bucket's ARN, known when the plan is made (the resource's own attribute is known after apply only). */
    public String getArn() {
        return arn;
    }

    /** The {@code s3://} address of a key, or of what lies below a prefix. */
    public String uri(String key) {
        return "s3://" + getName() + "/" + key;
    }

    /** The ARN of the folder that takes the VPC's flow logs, where the bucket does. */
    public Optional<String> getFlowLogDestination() {
        return flowLogs.map(delivery -> getArn() + "/" + delivery.prefix());
    }

    /** What an object must wait for, so that none is written unencrypted, unversioned or in the open. */
    public List<ITerraformDependable> getReady() {
        return List.copyOf(ready);
    }

    /** Lets somebody read what lies below a prefix, and see what is there. */
    public void grantRead(Grants grants, String prefix) {
        grants.allow("FindBucket", List.of("s3:GetBucketLocation"), getArn());
        grants.allowWhere("ListData", List.of("s3:ListBucket"), getArn(), "s3:prefix", List.of(prefix + "*"));
        grants.allow("ReadData", List.of("s3:GetObject"), getArn() + "/" + prefix + "*");
    }

    /**
     * Lets somebody's queries keep their results below a prefix, and read them.
     *
     * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/querying.html">Where Athena keeps results</a>
     */
    public void grantKeepResults(Grants grants, String prefix) {
        grants.allow("FindBucket", List.of("s3:GetBucketLocation"), getArn());
        grants.allowWhere("ListData", List.of("s3:ListBucket"), getArn(), "s3:prefix", List.of(prefix + "*"));
        grants.allow(
                "KeepResults",
                List.of("s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"),
                getArn() + "/" + prefix + "*");
    }

    private void turnAclsOff() {
        S3BucketOwnershipControls ownership = S3BucketOwnershipControls.Builder.create(this, "ownership")
                .bucket(getName())
                .rule(S3BucketOwnershipControlsRule.builder()
                        .objectOwnership("BucketOwnerEnforced")
                        .build())
                .build();
        ownership.overrideLogicalId("data_lake");
        ready.add(ownership);
    }

    private void encrypt() {
        S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA aes256 =
                S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA.builder()
                        .sseAlgorithm("AES256")
                        .build();
        S3BucketServerSideEncryptionConfigurationA encryption =
                S3BucketServerSideEncryptionConfigurationA.Builder.create(this, "encryption")
                        .bucket(getName())
                        .rule(List.of(S3BucketServerSideEncryptionConfigurationRuleA.builder()
                                .applyServerSideEncryptionByDefault(aes256)
                                .bucketKeyEnabled(true)
                                .build()))
                        .build();
        encryption.overrideLogicalId("data_lake");
        ready.add(encryption);
    }

    /**
     * Off is no resource at all. The status {@code Disabled} can't follow {@code Enabled}, and {@code Suspended} would
     * leave delete markers in a bucket that never was versioned; removing the resource suspends a versioned bucket and
     * leaves another one alone.
     */
    private void version() {
        S3BucketVersioningA versioning = S3BucketVersioningA.Builder.create(this, "versioning")
                .bucket(getName())
                .versioningConfiguration(S3BucketVersioningVersioningConfiguration.builder()
                        .status("Enabled")
                        .build())
                .build();
        versioning.overrideLogicalId("data_lake");
        ready.add(versioning);
    }

    /** Present either way: AWS blocks public access to a new bucket, so leaving it open has to be said. */
    private S3BucketPublicAccessBlock publicAccess(boolean blocked) {
        S3BucketPublicAccessBlock block = S3BucketPublicAccessBlock.Builder.create(this, "public-access")
                .bucket(getName())
                .blockPublicAcls(blocked)
                .blockPublicPolicy(blocked)
                .ignorePublicAcls(blocked)
                .restrictPublicBuckets(blocked)
                .build();
        block.overrideLogicalId("data_lake");
        ready.add(block);
        return block;
    }

    private String policy() {
        ObjectNode policy = TlsOnlyPolicy.document(getArn());
        flowLogs.ifPresent(delivery -> delivery.allow(policy.withArray("Statement"), partition, getArn()));
        return policy.toString();
    }

    private void requireTls(ITerraformDependable publicAccess) {
        S3BucketPolicy policy = S3BucketPolicy.Builder.create(this, "policy")
                .bucket(getName())
                .policy(policy())
                // S3 refuses a policy while it changes the bucket's public access settings.
                .dependsOn(List.of(publicAccess))
                .build();
        policy.overrideLogicalId("data_lake");
        ready.add(policy);
    }
}
