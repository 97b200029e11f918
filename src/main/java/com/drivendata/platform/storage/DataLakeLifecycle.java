package com.drivendata.platform.storage;

import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfiguration;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfigurationRule;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfigurationRuleExpiration;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfigurationRuleFilter;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration;
import java.util.List;
import software.constructs.Construct;

/**
 * What S3 clears away by itself. Raw files, staged partitions and quarantine never expire.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html">Lifecycle rules</a>
 */
final class DataLakeLifecycle {

    /** A job's run ends within hours: what lies here longer was left by one that was killed. */
    private static final int SCRATCH_DAYS = 3;

    private static final int NONCURRENT_VERSION_DAYS = 30;

    private DataLakeLifecycle() {}

    /** Objects don't wait for it: the provider takes up to a minute to see the rules settled. */
    static void add(Construct scope, String bucketName, DataLakeBucketProps props, List<ITerraformDependable> after) {
        int uploadDays = props.storage().abortIncompleteUploadsDays();
        S3BucketLifecycleConfiguration lifecycle = S3BucketLifecycleConfiguration.Builder.create(scope, "lifecycle")
                .bucket(bucketName)
                .rule(List.of(
                        rule("abort-incomplete-uploads", "")
                                .abortIncompleteMultipartUpload(abortAfter(uploadDays))
                                .build(),
                        rule("expire-athena-results", props.prefixes().athenaResults())
                                .expiration(expireAfter(props.storage().athenaResultsExpireDays()))
                                .build(),
                        rule("expire-scratch", props.prefixes().scratch())
                                .expiration(expireAfter(SCRATCH_DAYS))
                                .build(),
                        // Kept without versioning too, for versions from a time when it was on.
                        rule("expire-noncurrent-versions", "")
                                .noncurrentVersionExpiration(
                                        S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration.builder()
                                                .noncurrentDays(NONCURRENT_VERSION_DAYS)
                                                .build())
                                .build()))
                .dependsOn(List.copyOf(after))
                .build();
        lifecycle.overrideLogicalId("data_lake");
    }

    private static S3BucketLifecycleConfigurationRule.Builder rule(String id, String prefix) {
        return S3BucketLifecycleConfigurationRule.builder()
                .id(id)
                .status("Enabled")
                .filter(S3BucketLifecycleConfigurationRuleFilter.builder()
                        .prefix(prefix)
                        .build());
    }

    private static S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload abortAfter(int days) {
        return S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload.builder()
                .daysAfterInitiation(days)
                .build();
    }

    private static S3BucketLifecycleConfigurationRuleExpiration expireAfter(int days) {
        return S3BucketLifecycleConfigurationRuleExpiration.builder().days(days).build();
    }
}
