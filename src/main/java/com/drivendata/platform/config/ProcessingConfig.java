package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kinds;
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
                processing.value(
                        "worker_type",
                        Kinds.oneOf(WORKER_TYPES),
                        "G.1X",
                        "The size of a Glue worker: 4, 8, 16 or 32 vCPUs."),
                processing.value("workers", Kinds.integer(2, 299), 2, "Workers of a job run, one of them the driver."),
                processing.value(
                        "timeout_minutes", Kinds.integer(1, 10_080), 30, "Minutes after which a job run is stopped."),
                processing.value(
                        "retries",
                        Kinds.integer(0, 10),
                        0,
                        "Retries by Glue after a failed job run. Airflow retries the task itself; a Glue retry beside"
                                + " it would run twice on one partition."),
                processing.value(
                        "max_concurrent_runs",
                        Kinds.integer(1, 1000),
                        5,
                        "Runs of one job at the same time, as in a backfill."),
                processing.value(
                        "log_retention_days",
                        LogRetention.DAYS,
                        LogRetention.DEFAULT_DAYS,
                        "Days that the jobs' logs are kept."),
                processing.value(
                        "max_bad_row_share",
                        Kinds.share(),
                        0.05,
                        "The share of quarantined rows above which a run fails."),
                processing.value(
                        "duplicate_history_days",
                        Kinds.integer(0, 30),
                        7,
                        "Days before a run's own in which its keys are looked for; a row whose key is there is refused."
                                + " 0 looks at the day alone."),
                processing.value(
                        "target_file_mb",
                        Kinds.integer(1, 1024),
                        128,
                        "The size in MiB of the Parquet files that a large load aims at."));
    }
}
