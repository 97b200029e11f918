package com.drivendata.platform.storage;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.config.StorageConfig;
import com.drivendata.platform.pipeline.Prefixes;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfiguration;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfigurationRule;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfigurationRuleExpiration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import software.constructs.Construct;

/**
 * What S3 clears away by itself. Staged and trusted partitions never expire; raw files, clean rows and quarantine only
 * if the deployment says after how many days.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html">Lifecycle rules</a>
 */
final class DataLakeLifecycle {

    /** A job's run ends within hours: what lies here longer was left by one that was killed. */
    private static final int SCRATCH_DAYS = 3;

    /** Long enough to look back at an incident, short enough to cost little. */
    private static final int FLOW_LOG_DAYS = 90;

    private DataLakeLifecycle() {}

    /** Objects don't wait for it: the provider takes up to a minute to see the rules settled. */
    static void add(
            Construct scope,
            String bucketName,
            Deployment deployment,
            Optional<String> flowLogs,
            List<ITerraformDependable> after) {
        S3BucketLifecycleConfiguration.Builder.create(scope, "lifecycle")
                .bucket(bucketName)
                .rule(rules(deployment, flowLogs))
                .dependsOn(List.copyOf(after))
                .build()
                .overrideLogicalId("data_lake");
    }

    private static List<S3BucketLifecycleConfigurationRule> rules(Deployment deployment, Optional<String> flowLogs) {
        StorageConfig storage = deployment.config().storage();
        Prefixes prefixes = deployment.pipeline().prefixes();
        List<S3BucketLifecycleConfigurationRule> rules = new ArrayList<>();
        rules.add(LifecycleRules.rule("abort-incomplete-uploads", "")
                .abortIncompleteMultipartUpload(LifecycleRules.abortUploadsAfter(storage.abortIncompleteUploadsDays()))
                .build());
        // Nobody wants these back.
        rules.add(LifecycleRules.expireForGood(
                        "expire-athena-results", prefixes.athenaResults(), storage.athenaResultsExpireDays())
                .build());
        rules.add(LifecycleRules.expireForGood("expire-scratch", prefixes.scratch(), SCRATCH_DAYS)
                .build());
        expire("expire-raw", prefixes.raw(), storage.rawExpireDays()).ifPresent(rules::add);
        expire("expire-clean", prefixes.clean(), storage.cleanExpireDays()).ifPresent(rules::add);
        expire("expire-quarantine", prefixes.quarantine(), storage.quarantineExpireDays())
                .ifPresent(rules::add);
        flowLogs.flatMap(prefix -> expire("expire-flow-logs", prefix, Optional.of(FLOW_LOG_DAYS)))
                .ifPresent(rules::add);
        // Kept without versioning too, for versions from a time when it was on. A delete marker that hides no version
        // any more is of no use, and slows listings down.
        rules.add(LifecycleRules.rule("expire-noncurrent-versions", "")
                .noncurrentVersionExpiration(LifecycleRules.noncurrentAfter(storage.noncurrentVersionExpireDays()))
                .expiration(S3BucketLifecycleConfigurationRuleExpiration.builder()
                        .expiredObjectDeleteMarker(true)
                        .build())
                .build());
        return rules;
    }

    private static Optional<S3BucketLifecycleConfigurationRule> expire(
            String id, String prefix, Optional<Integer> days) {
        return days.map(number -> LifecycleRules.rule(id, prefix)
                .expiration(LifecycleRules.expireAfter(number))
                .build());
    }
}
