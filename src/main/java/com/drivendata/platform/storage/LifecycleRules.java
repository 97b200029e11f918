package com.drivendata.platform.storage;

import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfigurationRule;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfigurationRuleExpiration;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfigurationRuleFilter;
import com.hashicorp.cdktf.providers.aws.s3_bucket_lifecycle_configuration.S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration;

/**
 * Parts of which buckets' lifecycle rules are made.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html">Lifecycle rules</a>
 */
public final class LifecycleRules {

    private LifecycleRules() {}

    /** Once gone, no version of them is kept for longer than a day. */
    static S3BucketLifecycleConfigurationRule.Builder expireForGood(String id, String prefix, int days) {
        return rule(id, prefix).expiration(expireAfter(days)).noncurrentVersionExpiration(noncurrentAfter(1));
    }

    public static S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload abortUploadsAfter(int days) {
        return S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload.builder()
                .daysAfterInitiation(days)
                .build();
    }

    public static S3BucketLifecycleConfigurationRule.Builder rule(String id, String prefix) {
        return S3BucketLifecycleConfigurationRule.builder()
                .id(id)
                .status("Enabled")
                .filter(S3BucketLifecycleConfigurationRuleFilter.builder()
                        .prefix(prefix)
                        .build());
    }

    static S3BucketLifecycleConfigurationRuleExpiration expireAfter(int days) {
        return S3BucketLifecycleConfigurationRuleExpiration.builder().days(days).build();
    }

    public static S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration noncurrentAfter(int days) {
        return S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration.builder()
                .noncurrentDays(days)
                .build();
    }
}
