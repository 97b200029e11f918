package com.drivendata.platform.processing;

import com.drivendata.platform.config.ProcessingConfig;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.storage.Artefacts;
import com.hashicorp.cdktf.ITerraformDependable;
import java.util.List;

/**
 * What {@link Jobs} needs.
 *
 * @param company keeps the log groups of two companies in one account apart
 * @param dataRoot the {@code s3://} address below which the prefixes lie, ending in a slash
 * @param dependsOn what must exist before a run: the role's permissions
 */
public record JobsProps(
        String company,
        PipelineTable pipeline,
        ProcessingConfig processing,
        Artefacts artefacts,
        String roleArn,
        String dataRoot,
        List<ITerraformDependable> dependsOn) {}
