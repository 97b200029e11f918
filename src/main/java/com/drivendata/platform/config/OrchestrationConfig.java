package com.drivendata.platform.config;

import java.nio.file.Path;
import java.util.Optional;

/** The MWAA environment. {@code pluginsArchive} is a zip of the project, needed where workers have no internet. */
public record OrchestrationConfig(
        String environment,
        String airflowVersion,
        String environmentClass,
        int minWorkers,
        int maxWorkers,
        int schedulers,
        String maintenanceWindow,
        WebserverAccess webserverAccess,
        String logLevel,
        int logRetentionDays,
        Optional<Path> pluginsArchive) {

    /** Who reaches the Airflow UI: the VPC only, or the internet (with IAM sign-in). */
    public enum WebserverAccess {
        PRIVATE,
        PUBLIC
    }
}
