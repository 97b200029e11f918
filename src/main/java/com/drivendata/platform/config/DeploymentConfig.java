package com.drivendata.platform.config;

import java.util.Map;
import java.util.Optional;

/**
 * One deployment: a company and environment, described by one file under {@code config/}. Its name is the file's name
 * without the ending; it becomes one Terraform stack with its own state.
 */
public record DeploymentConfig(
        String name,
        String company,
        String resourcePrefix,
        String region,
        Optional<String> accountId,
        boolean destroyable,
        Map<String, String> tags,
        StateConfig state,
        StorageConfig storage,
        NetworkConfig network,
        CatalogConfig catalog,
        ProcessingConfig processing,
        OrchestrationConfig orchestration,
        ConsumptionConfig consumption) {}
