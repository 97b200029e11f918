package com.drivendata.platform.storage;

import com.drivendata.platform.NamedBuilder;
import com.drivendata.platform.access.Grants;
import com.drivendata.platform.config.StorageConfig;
import com.drivendata.platform.pipeline.Prefixes;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.TerraformResource;
import com.hashicorp.cdktf.providers.aws.s3_bucket.S3Bucket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import software.constructs.Construct;

/**
 * The data lake bucket: ACLs off, encrypted with S3's own keys or the deployment's, reachable over TLS only, public
 * access blocked unless the deployment says otherwise, and cleaned by {@link DataLakeLifecycle}.
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
     * @param keyArn the deployment's key; empty for S3's own
     * @param flowLogs where AWS may deliver the flow logs of the VPC
     */
    @NamedBuilder
    public record Props(
            String partition,
            StorageConfig storage,
            Prefixes prefixes,
            boolean destroyable,
            Optional<String> keyArn,
            Optional<LogDelivery> flowLogs) {}

    private final String name;
    private final String partition;
    private final String arn;
    private final Optional<String> keyArn;
    private final Optional<LogDelivery> flowLogs;
    private final List<ITerraformDependable> ready = new ArrayList<>();

    public DataLakeBucket(Construct scope, String id, Props props) {
        super(scope, id);
        partition = props.partition();
        keyArn = props.keyArn();
        flowLogs = props.flowLogs();
        S3Bucket bucket = S3Bucket.Builder.create(this, "bucket")
                .bucket(props.storage().bucket())
                .forceDestroy(props.destroyable())
                .build();
        bucket.overrideLogicalId("data_lake");
        name = bucket.getBucket();
        arn = "arn:%s:s3:::%s".formatted(props.partition(), name);
        named(BucketSettings.aclsOff(this, name));
        named(BucketSettings.encrypted(this, name, keyArn));
        // Off is no resource at all. The status Disabled can't follow Enabled, and Suspended would leave delete markers
        // in a bucket that never was versioned; removing the resource suspends a versioned bucket and leaves another
        // one alone.
        if (props.storage().versioning()) {
            named(BucketSettings.versioned(this, name));
        }
        // Present either way: AWS blocks public access to a new bucket, so leaving it open has to be said.
        var publicAccess =
                named(BucketSettings.publicAccess(this, name, props.storage().blockPublicAccess()));
        named(BucketSettings.policy(this, name, policy(), publicAccess));
        DataLakeLifecycle.add(this, name, props, ready);
    }

    /** The bucket's name, known when the plan is made. */
    public String getName() {
        return name;
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
        grantUseKey(grants);
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
        grantUseKey(grants);
    }

    /** @see <a href="https://docs.aws.amazon.com/athena/latest/ug/encryption.html">What Athena needs of a key</a> */
    private void grantUseKey(Grants grants) {
        keyArn.ifPresent(key -> grants.allow("UseDataKey", List.of("kms:Decrypt", "kms:GenerateDataKey"), key));
    }

    private <T extends TerraformResource> T named(T resource) {
        resource.overrideLogicalId("data_lake");
        ready.add(resource);
        return resource;
    }

    private String policy() {
        ObjectNode policy = TlsOnlyPolicy.document(getArn());
        flowLogs.ifPresent(delivery -> delivery.allow(policy.withArray("Statement"), partition, getArn()));
        return policy.toString();
    }
}
