package com.drivendata.platform.processing;

import com.drivendata.platform.config.ProcessingConfig;
import com.hashicorp.cdktf.ITerraformDependable;
import java.util.List;
import java.util.Map;

/**
 * What {@link SparkJob} needs.
 *
 * @param scriptUri the {@code s3://} address of the script
 * @param arguments default arguments beside those that every Spark job has
 * @param dependsOn what must exist before a run: the role's permissions
 */
record SparkJobProps(
        String name,
        String description,
        String scriptUri,
        Map<String, String> arguments,
        ProcessingConfig processing,
        JobLogs logs,
        String roleArn,
        List<ITerraformDependable> dependsOn) {}
