package com.drivendata.platform.processing;

import com.drivendata.platform.config.ProcessingConfig;
import com.drivendata.platform.pipeline.Dataset;
import com.drivendata.platform.storage.Artefacts;
import com.hashicorp.cdktf.ITerraformDependable;
import java.util.List;

/**
 * What {@link StagingJob} needs.
 *
 * @param dataRoot the {@code s3://} address below which the prefixes lie, ending in a slash
 * @param scratch the {@code s3://} address for Glue's temporary files, ending in a slash
 * @param dependsOn what must exist before a run: the role's permissions
 */
public record StagingJobProps(
        Dataset dataset,
        ProcessingConfig processing,
        Artefacts artefacts,
        JobLogs logs,
        String roleArn,
        String dataRoot,
        String scratch,
        List<ITerraformDependable> dependsOn) {}
