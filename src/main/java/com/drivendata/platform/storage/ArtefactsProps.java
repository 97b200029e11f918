package com.drivendata.platform.storage;

import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.pipeline.PipelineTable;
import java.nio.file.Path;

/** What {@link Artefacts} needs. Files are read below {@code projectRoot}. */
public record ArtefactsProps(
        Path projectRoot, DeploymentConfig deployment, PipelineTable pipeline, DataLakeBucket bucket) {}
