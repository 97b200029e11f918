package com.drivendata.platform;

import com.drivendata.platform.access.Arns;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.pipeline.PipelineTable;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A deployment as its constructs see it.
 *
 * @param projectRoot where {@code airflow/}, {@code glue/} and {@code policies/} lie
 * @param config its file
 * @param pipeline the pipeline table with its names
 * @param arns its place in AWS
 * @param dataKey the ARN of its own key; empty where AWS's keys encrypt
 */
public record Deployment(
        Path projectRoot, DeploymentConfig config, PipelineTable pipeline, Arns arns, Optional<String> dataKey) {

    /** It begins the names of what the deployment has. */
    public String company() {
        return config.company();
    }
}
