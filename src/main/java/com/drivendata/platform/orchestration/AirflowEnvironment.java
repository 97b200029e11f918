package com.drivendata.platform.orchestration;

import com.drivendata.platform.NamedBuilder;
import com.drivendata.platform.config.OrchestrationConfig;
import com.drivendata.platform.config.OrchestrationConfig.WebserverAccess;
import com.drivendata.platform.storage.Artefacts;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.mwaa_environment.MwaaEnvironment;
import com.hashicorp.cdktf.providers.aws.mwaa_environment.MwaaEnvironmentNetworkConfiguration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.constructs.Construct;

/**
 * The managed Airflow environment. It is made last and destroyed first: its network interfaces hold the security group,
 * and while it is deleted it still writes logs and needs its role.
 *
 * <p>AWS makes a new environment, and loses the history of runs, when the name, the subnets or the key change.
 *
 * @see <a href="https://docs.aws.amazon.com/mwaa/latest/userguide/what-is-mwaa.html">Amazon MWAA</a>
 * @see <a
 *     href="https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/mwaa_environment">aws_mwaa_environment</a>
 */
public final class AirflowEnvironment extends Construct {

    /**
     * What the construct needs.
     *
     * @param options Airflow's configuration options
     * @param keyArn the deployment's key; empty for MWAA's own
     * @param bucketArn the bucket with the DAG folder and the artefacts
     * @param subnetIds two private subnets in different zones
     * @param dependsOn what must exist before the environment, and outlive it: routes, security group rules, the role's
     *     policy
     */
    @NamedBuilder
    public record Props(
            OrchestrationConfig orchestration,
            Map<String, String> options,
            Artefacts artefacts,
            AirflowLogs logs,
            Optional<String> keyArn,
            String bucketArn,
            String roleArn,
            List<String> subnetIds,
            String securityGroupId,
            List<ITerraformDependable> dependsOn) {}

    private static final String DAG_FOLDER = "dags/";

    private final MwaaEnvironment environment;

    public AirflowEnvironment(Construct scope, String id, Props props) {
        super(scope, id);
        OrchestrationConfig orchestration = props.orchestration();
        Artefacts artefacts = props.artefacts();
        environment = MwaaEnvironment.Builder.create(this, "environment")
                .name(orchestration.environment())
                .airflowVersion(orchestration.airflowVersion())
                .environmentClass(orchestration.environmentClass())
                .minWorkers(orchestration.minWorkers())
                .maxWorkers(orchestration.maxWorkers())
                .schedulers(orchestration.schedulers())
                .weeklyMaintenanceWindowStart(orchestration.maintenanceWindow())
                .webserverAccessMode(
                        orchestration.webserverAccess() == WebserverAccess.PUBLIC ? "PUBLIC_ONLY" : "PRIVATE_ONLY")
                .airflowConfigurationOptions(props.options())
                .executionRoleArn(props.roleArn())
                .kmsKey(props.keyArn().orElse(null))
                .sourceBucketArn(props.bucketArn())
                .dagS3Path(DAG_FOLDER)
                .requirementsS3Path(artefacts.getRequirementsKey())
                .requirementsS3ObjectVersion(artefacts.getRequirementsVersion().orElse(null))
                .startupScriptS3Path(artefacts.getStartupScriptKey())
                .startupScriptS3ObjectVersion(
                        artefacts.getStartupScriptVersion().orElse(null))
                .pluginsS3Path(artefacts.getPluginsKey())
                .pluginsS3ObjectVersion(artefacts.getPluginsVersion().orElse(null))
                .networkConfiguration(MwaaEnvironmentNetworkConfiguration.builder()
                        .subnetIds(props.subnetIds())
                        .securityGroupIds(List.of(props.securityGroupId()))
                        .build())
                .loggingConfiguration(AirflowLogging.at(orchestration.logLevel()))
                .dependsOn(dependencies(props))
                .build();
        environment.overrideLogicalId("airflow");
        // Newer than the bindings' schema. Customer-managed endpoints would leave the environment waiting for them.
        environment.addOverride("endpoint_management", "SERVICE");
    }

    /** The address of the Airflow UI, without a scheme; known after apply. */
    public String getWebserverUrl() {
        return environment.getWebserverUrl();
    }

    private static List<ITerraformDependable> dependencies(Props props) {
        List<ITerraformDependable> dependencies = new ArrayList<>(props.dependsOn());
        dependencies.addAll(props.logs().getReady());
        dependencies.addAll(props.artefacts().getReady());
        return dependencies;
    }
}
