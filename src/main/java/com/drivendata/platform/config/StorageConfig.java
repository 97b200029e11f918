package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kinds;
import com.drivendata.platform.config.yaml.YamlSection;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The data lake bucket. Raw, clean and quarantined rows without a number of days are kept. {@code batchFile} is a file
 * of the project, uploaded to the incoming prefix.
 */
public record StorageConfig(
        String bucket,
        boolean versioning,
        boolean blockPublicAccess,
        boolean accessLogs,
        int athenaResultsExpireDays,
        int abortIncompleteUploadsDays,
        int noncurrentVersionExpireDays,
        Optional<Integer> rawExpireDays,
        Optional<Integer> cleanExpireDays,
        Optional<Integer> quarantineExpireDays,
        Optional<Path> batchFile) {

    private static final String LOG_BUCKET_SUFFIX = "-access-logs";
    private static final int LONGEST_BUCKET_NAME = 63;

    static StorageConfig read(YamlSection storage, Path projectRoot) {
        StorageConfig config = new StorageConfig(
                storage.required(
                        "bucket",
                        AwsNames.BUCKET.allowed("an S3 bucket name without dots"),
                        "The data lake. *Replaces* it."),
                storage.value(
                        "versioning", Kinds.bool(), true, "Keeps overwritten and deleted objects as old versions."),
                storage.value(
                        "block_public_access",
                        Kinds.bool(),
                        true,
                        "Refuses bucket policies and ACLs that make objects public."),
                storage.value(
                        "access_logs",
                        Kinds.bool(),
                        false,
                        "Records each request to the bucket, for 90 days, in a bucket `<bucket>-access-logs`."
                                + " [S3 writes them for nothing](https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html)"
                                + " and their storage costs as any: about half a kB a request, so 0.01 USD a month for"
                                + " a million."),
                storage.value(
                        "athena_results_expire_days",
                        Kinds.integer(1, 3650),
                        30,
                        "Days after which Athena's result files are deleted."),
                storage.value(
                        "abort_incomplete_uploads_days",
                        Kinds.integer(1, 365),
                        7,
                        "Days after which parts of unfinished uploads are deleted."),
                storage.value(
                        "noncurrent_version_expire_days",
                        Kinds.integer(1, 3650),
                        30,
                        "Days after which overwritten and deleted versions of objects go for good."),
                storage.optional(
                        "raw_expire_days",
                        Kinds.integer(1, 3650),
                        "Days after which raw files are deleted; without it they are kept."),
                storage.optional(
                        "clean_expire_days",
                        Kinds.integer(1, 3650),
                        "Days after which clean rows, of which staging is made, are deleted; without it they are"
                                + " kept."),
                storage.optional(
                        "quarantine_expire_days",
                        Kinds.integer(1, 3650),
                        "Days after which refused rows are deleted; without it they are kept."),
                storage.optional(
                        "batch_file",
                        Kinds.projectFile(projectRoot, ""),
                        "Uploads the file to the incoming prefix, for a run that names it. Path from the project's"
                                + " root."));
        if (config.accessLogs
                && config.bucket != null
                && config.accessLogBucket().length() > LONGEST_BUCKET_NAME) {
            storage.note(
                    "access_logs",
                    "%s has more than %d characters; must be off with so long a storage.bucket"
                            .formatted(config.accessLogBucket(), LONGEST_BUCKET_NAME));
        }
        return config;
    }

    /** The bucket of the access logs, where they are on. */
    public String accessLogBucket() {
        return bucket + LOG_BUCKET_SUFFIX;
    }
}
