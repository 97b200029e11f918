package com.drivendata.platform.config;

/** Size and limits of the Glue jobs. */
public record ProcessingConfig(
        String workerType,
        int workers,
        int timeoutMinutes,
        int retries,
        int maxConcurrentRuns,
        int logRetentionDays,
        double maxBadRowShare,
        int targetFileMb) {}
