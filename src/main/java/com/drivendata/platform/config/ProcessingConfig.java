package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.YamlSection;
import java.util.List;

/** Size and limits of the Glue jobs. */
public record ProcessingConfig(
        String workerType,
        int workers,
        int timeoutMinutes,
        int retries,
        int maxConcurrentRuns,
        int logRetentionDays,
        double maxBadRowShare,
        int duplicateHistoryDays,
        int targetFileMb) {

    /**
     * Worker types for Spark jobs that the Terraform provider knows as well.
     * https://docs.aws.amazon.com/glue/latest/dg/worker-types.html
     */
    static final List<String> WORKER_TYPES = List.of("G.1X", "G.2X", "G.4X", "G.8X");

    static ProcessingConfig read(YamlSection processing) {
        return new ProcessingConfig(
                processing.value("worker_type", Kind.oneOf(WORKER_TYPES), "G.1X"),
                // One of them is the driver.
                processing.value("workers", Kind.integer(2, 299), 2),
                processing.value("timeout_minutes", Kind.integer(1, 10_080), 30),
                processing.value("retries", Kind.integer(0, 10), 0),
                processing.value("max_concurrent_runs", Kind.integer(1, 1000), 5),
                processing.value("log_retention_days", LogRetention.DAYS, LogRetention.DEFAULT_DAYS),
                processing.value("max_bad_row_share", Kind.share(), 0.05),
                processing.value("duplicate_history_days", Kind.integer(0, 30), 7),
                processing.value("target_file_mb", Kind.integer(1, 1024), 128));
    }
}
