package com.drivendata.platform.orchestration;

import com.drivendata.platform.config.OrchestrationConfig;
import com.drivendata.platform.storage.Artefacts;
import com.hashicorp.cdktf.ITerraformDependable;
import java.util.List;

/**
 * What {@link AirflowEnvironment} needs.
 *
 * @param bucketArn the bucket with the DAG folder and the artefacts
 * @param subnetIds two private subnets in different zones
 * @param dependsOn what must exist before the environment, and outlive it: routes, security group rules, the role's
 *     policy
 */
public record AirflowEnvironmentProps(
        OrchestrationConfig orchestration,
        Artefacts artefacts,
        AirflowLogs logs,
        String bucketArn,
        String roleArn,
        List<String> subnetIds,
        String securityGroupId,
        List<ITerraformDependable> dependsOn) {}
