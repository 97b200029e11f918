package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kind;
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
        int athenaResultsExpireDays,
        int abortIncompleteUploadsDays,
        int noncurrentVersionExpireDays,
        Optional<Integer> rawExpireDays,
        Optional<Integer> cleanExpireDays,
        Optional<Integer> quarantineExpireDays,
        Optional<Path> batchFile) {

    static StorageConfig read(YamlSection storage, Path projectRoot) {
        return new StorageConfig(
                storage.required("bucket", AwsNames.BUCKET),
                storage.value("versioning", Kind.bool(), false),
                storage.value("block_public_access", Kind.bool(), true),
                storage.value("athena_results_expire_days", Kind.integer(1, 3650), 30),
                storage.value("abort_incomplete_uploads_days", Kind.integer(1, 365), 7),
                storage.value("noncurrent_version_expire_days", Kind.integer(1, 3650), 30),
                storage.optional("raw_expire_days", Kind.integer(1, 3650)),
                storage.optional("clean_expire_days", Kind.integer(1, 3650)),
                storage.optional("quarantine_expire_days", Kind.integer(1, 3650)),
                storage.optional("batch_file", Kind.projectFile(projectRoot, "")));
    }
}
