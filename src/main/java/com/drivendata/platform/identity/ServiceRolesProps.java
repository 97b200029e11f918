package com.drivendata.platform.identity;

import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.pipeline.PipelineTable;
import java.nio.file.Path;

/**
 * What {@link ServiceRoles} needs.
 *
 * @param projectRoot where {@code policies/} lies
 * @param partition of AWS, as ARNs name it, literally or as a Terraform expression
 * @param accountId the deployment's account, literally or as a Terraform expression
 * @param glueLogGroup the log group of the Glue jobs, which Airflow reads and the jobs write
 */
public record ServiceRolesProps(
        Path projectRoot,
        DeploymentConfig deployment,
        PipelineTable pipeline,
        String partition,
        String accountId,
        String glueLogGroup) {}
