package com.drivendata.platform.storage;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.access.Arns;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hashicorp.cdktf.providers.aws.s3_bucket.S3Bucket;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfiguration;
import com.hashicorp.cdktf.providers.aws.s3_bucket_logging.S3BucketLoggingA;
import java.util.List;
import java.util.Optional;
import software.constructs.Construct;

/**
 * The record of who read and wrote which object of the data lake: S3's server access logs, in a bucket of their own.
 * Whatever the deployment's key, S3's own encrypt it: into another bucket S3 doesn't deliver them.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html">Server access
 *     logging</a>
 */
public final class AccessLogs extends Construct {

    private static final String ID = "access_logs";
    private static final String PREFIX = "data-lake/";

    /** As long as flow logs are kept: enough to look back at an incident. */
    private static final int DAYS = 90;

    private final String name;

    /** @param source the bucket whose requests are recorded */
    public AccessLogs(Construct scope, String id, Deployment deployment, DataLakeBucket source) {
        super(scope, id);
        S3Bucket bucket = S3Bucket.Builder.create(this, "bucket")
                .bucket(deployment.config().storage().accessLogBucket())
                .forceDestroy(deployment.config().destroyable())
                .build();
        bucket.overrideLogicalId(ID);
        name = bucket.getBucket();
        BucketSettings.aclsOff(this, name).overrideLogicalId(ID);
        BucketSettings.encrypted(this, name, Optional.empty()).overrideLogicalId(ID);
        var versioning = BucketSettings.versioned(this, name);
        versioning.overrideLogicalId(ID);
        var publicAccess = BucketSettings.publicAccess(this, name, true);
        publicAccess.overrideLogicalId(ID);
        var policy = BucketSettings.policy(this, name, policy(deployment.arns(), source), publicAccess);
        policy.overrideLogicalId(ID);
        S3BucketLifecycleConfiguration.Builder.create(this, "lifecycle")
                .bucket(name)
                .rule(List.of(LifecycleRules.expireForGood("expire-access-logs", "", DAYS)
                        .abortIncompleteMultipartUpload(LifecycleRules.abortUploadsAfter(1))
                        .build()))
                .dependsOn(List.of(versioning))
                .build()
                .overrideLogicalId(ID);
        S3BucketLoggingA.Builder.create(this, "logging")
                .bucket(source.getName())
                .targetBucket(name)
                .targetPrefix(PREFIX)
                .dependsOn(List.of(policy))
                .build()
                .overrideLogicalId("data_lake");
    }

    private String policy(Arns arns, DataLakeBucket source) {
        String arn = arns.s3(name);
        ObjectNode policy = BucketSettings.tlsOnly(arn);
        ObjectNode write = policy.withArray("Statement").addObject();
        write.put("Sid", "WriteAccessLogs").put("Effect", "Allow").put("Action", "s3:PutObject");
        write.putObject("Principal").put("Service", "logging.s3.amazonaws.com");
        write.put("Resource", arn + "/" + PREFIX + "*");
        ObjectNode condition = write.putObject("Condition");
        condition.putObject("StringEquals").put("aws:SourceAccount", arns.accountId());
        condition.putObject("ArnLike").put("aws:SourceArn", source.getArn());
        return policy.toString();
    }
}
