package com.drivendata.platform.storage;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.access.Grants;
import com.drivendata.platform.config.StorageConfig;
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
 */
public final class DataLakeBucket extends Construct {

    private static final String FLOW_LOGS = "flow-logs/";

    private final String name;
    private final String arn;
    private final Deployment deployment;
    private final List<ITerraformDependable> ready = new ArrayList<>();

    public DataLakeBucket(Construct scope, String id, Deployment deployment) {
        super(scope, id);
        this.deployment = deployment;
        StorageConfig storage = deployment.config().storage();
        S3Bucket bucket = S3Bucket.Builder.create(this, "bucket")
                .bucket(storage.bucket())
                .forceDestroy(deployment.config().destroyable())
                .build();
        bucket.overrideLogicalId("data_lake");
        name = bucket.getBucket();
        arn = deployment.arns().s3(name);
        named(BucketSettings.aclsOff(this, name));
        named(BucketSettings.encrypted(this, name, deployment.dataKey()));
        // Off is no resource at all. The status Disabled can't follow Enabled, and Suspended would leave delete markers
        // in a bucket that never was versioned; removing the resource suspends a versioned bucket and leaves another
        // one alone.
        if (storage.versioning()) {
            named(BucketSettings.versioned(this, name));
        }
        // Present either way: AWS blocks public access to a new bucket, so leaving it open has to be said.
        var publicAccess = named(BucketSettings.publicAccess(this, name, storage.blockPublicAccess()));
        named(BucketSettings.policy(this, name, policy(), publicAccess));
        DataLakeLifecycle.add(this, name, deployment, getFlowLogPrefix(), ready);
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

    /** The ARN of the folder that takes the VPC's flow logs, where they are recorded. */
    public Optional<String> getFlowLogDestination() {
        return getFlowLogPrefix().map(prefix -> getArn() + "/" + prefix);
    }

    private Optional<String> getFlowLogPrefix() {
        return deployment.config().network().recordsFlows() ? Optional.of(FLOW_LOGS) : Optional.empty();
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
        deployment
                .dataKey()
                .ifPresent(key -> grants.allow("UseDataKey", List.of("kms:Decrypt", "kms:GenerateDataKey"), key));
    }

    private <T extends TerraformResource> T named(T resource) {
        resource.overrideLogicalId("data_lake");
        ready.add(resource);
        return resource;
    }

    private String policy() {
        ObjectNode policy = BucketSettings.tlsOnly(getArn());
        getFlowLogPrefix()
                .ifPresent(prefix ->
                        LogDelivery.allow(policy.withArray("Statement"), deployment.arns(), getArn(), prefix));
        return policy.toString();
    }
}
