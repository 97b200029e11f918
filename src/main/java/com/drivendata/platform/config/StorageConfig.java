package com.drivendata.platform.config;

import java.nio.file.Path;
import java.util.Optional;

/** The data lake bucket. {@code batchFile} is a file of the project, uploaded to the incoming prefix. */
public record StorageConfig(
        String bucket,
        boolean versioning,
        boolean blockPublicAccess,
        int athenaResultsExpireDays,
        int abortIncompleteUploadsDays,
        Optional<Path> batchFile) {}
