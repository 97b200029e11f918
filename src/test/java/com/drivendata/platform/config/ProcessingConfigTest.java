package com.drivendata.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcessingConfigTest {

    @Test
    void defaults() {
        assertThat(Deployments.minimal().processing())
                .isEqualTo(new ProcessingConfig("G.1X", 2, 30, 0, 5, 30, 0.05, 7, 128));
    }

    @Test
    void explicit() {
        assertThat(Deployments.with(
                                "processing",
                                "{worker_type: G.2X, workers: 10, timeout_minutes: 90, retries: 3,"
                                        + " max_concurrent_runs: 3, log_retention_days: 7, max_bad_row_share: 0,"
                                        + " duplicate_history_days: 30, target_file_mb: 256}")
                        .processing())
                .isEqualTo(new ProcessingConfig("G.2X", 10, 90, 3, 3, 7, 0, 30, 256));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "worker_type: Standard | worker_type: \"Standard\": must be one of G.1X, G.2X, G.4X, G.8X",
                "workers: 1 | workers: \"1\": must be a whole number from 2 to 299",
                "workers: 2.5 | workers: \"2.5\": must be a whole number from 2 to 299",
                "workers: '2' | workers: \"2\": must be a whole number from 2 to 299",
                "workers: 010 | workers: \"010\": must be a whole number from 2 to 299",
                "workers: [2] | workers: a list: must be a single value",
                "timeout_minutes: 0 | timeout_minutes: \"0\": must be a whole number from 1 to 10080",
                "max_bad_row_share: 5 | max_bad_row_share: \"5\": must be a number from 0 to 1",
                "max_bad_row_share: 5% | max_bad_row_share: \"5%\": must be a number from 0 to 1",
                "duplicate_history_days: -1 | duplicate_history_days: \"-1\": must be a whole number from 0 to 30",
                "duplicate_history_days: 31 | duplicate_history_days: \"31\": must be a whole number from 0 to 30",
                "retries: | retries: no value: must be a whole number from 0 to 10",
            })
    void rejects(String entry, String problem) {
        assertThat(Deployments.problems("processing", "{" + entry + "}")).containsExactly("processing." + problem);
    }
}
