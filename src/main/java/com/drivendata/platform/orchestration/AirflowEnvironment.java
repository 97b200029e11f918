package com.drivendata.platform.orchestration;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.config.OrchestrationConfig;
import com.drivendata.platform.config.OrchestrationConfig.WebserverAccess;
import com.drivendata.platform.identity.ServiceRole;
import com.drivendata.platform.network.Network;
import com.drivendata.platform.storage.Artefacts;
import com.drivendata.platform.storage.DataLakeBucket;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.mwaa_environment.MwaaEnvironment;
import com.hashicorp.cdktf.providers.aws.mwaa_environment.MwaaEnvironmentLoggingConfiguration;
import com.hashicorp.cdktf.providers.aws.mwaa_environment.MwaaEnvironmentLoggingConfigurationDagProcessingLogs;
import com.hashicorp.cdktf.providers.aws.mwaa_environment.MwaaEnvironmentLoggingConfigurationSchedulerLogs;
import com.hashicorp.cdktf.providers.aws.mwaa_environment.MwaaEnvironmentLoggingConfigurationTaskLogs;
import com.hashicorp.cdktf.providers.aws.mwaa_environment.MwaaEnvironmentLoggingConfigurationWebserverLogs;
import com.hashicorp.cdktf.providers.aws.mwaa_environment.MwaaEnvironmentLoggingConfigurationWorkerLogs;
import com.hashicorp.cdktf.providers.aws.mwaa_environment.MwaaEnvironmentNetworkConfiguration;
import java.util.List;
import java.util.stream.Stream;
import software.constructs.Construct;

/**
 * The managed Airflow environment. It is made last and destroyed first: its network interfaces hold the security group,
 * and while it is deleted it still writes logs and needs its role.
 *
 * <p>AWS makes a new environment, and loses the history of runs, when the name, the subnets or the key change.
 *
 * @see <a href="https://docs.aws.amazon.com/mwaa/latest/userguide/what-is-mwaa.html">Amazon MWAA</a>
 */
public final class AirflowEnvironment extends Construct {

    /** What the construct needs, all of which must exist before the environment, and outlive it. */
    public record Props(
            Deployment deployment,
            DataLakeBucket bucket,
            Artefacts artefacts,
            Network network,
            ServiceRole role,
            AirflowLogs logs) {}

    private static final String DAG_FOLDER = "dags/";

    private final MwaaEnvironment environment;

    public AirflowEnvironment(Construct scope, String id, Props props) {
        super(scope, id);
        Deployment deployment = props.deployment();
        OrchestrationConfig orchestration = deployment.config().orchestration();
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
                .airflowConfigurationOptions(deployment
                        .config()
                        .airflowOptions(deployment.pipeline().prefixes().metrics()))
                .executionRoleArn(props.role().getArn())
                .kmsKey(deployment.dataKey().orElse(null))
                .sourceBucketArn(props.bucket().getArn())
                .dagS3Path(DAG_FOLDER)
                .requirementsS3Path(artefacts.getRequirements().key())
                .requirementsS3ObjectVersion(
                        artefacts.getRequirements().version().orElse(null))
                .startupScriptS3Path(artefacts.getStartupScript().key())
                .startupScriptS3ObjectVersion(
                        artefacts.getStartupScript().version().orElse(null))
                .pluginsS3Path(artefacts.getPlugins().key())
                .pluginsS3ObjectVersion(artefacts.getPlugins().version().orElse(null))
                .networkConfiguration(MwaaEnvironmentNetworkConfiguration.builder()
                        .subnetIds(props.network().getPrivateSubnetIds())
                        .securityGroupIds(List.of(props.network().getSecurityGroupId()))
                        .build())
                .loggingConfiguration(logging(orchestration.logLevel()))
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
        return Stream.of(
                        props.bucket().getReady(),
                        props.network().getReady(),
                        props.role().getReady(),
                        props.logs().getReady(),
                        props.artefacts().getReady())
                .flatMap(List::stream)
                .toList();
    }

    /** All five streams, at one level. */
    private static MwaaEnvironmentLoggingConfiguration logging(String level) {
        return MwaaEnvironmentLoggingConfiguration.builder()
                .dagProcessingLogs(MwaaEnvironmentLoggingConfigurationDagProcessingLogs.builder()
                        .enabled(true)
                        .logLevel(level)
                        .build())
                .schedulerLogs(MwaaEnvironmentLoggingConfigurationSchedulerLogs.builder()
                        .enabled(true)
                        .logLevel(level)
                        .build())
                .taskLogs(MwaaEnvironmentLoggingConfigurationTaskLogs.builder()
                        .enabled(true)
                        .logLevel(level)
                        .build())
                .webserverLogs(MwaaEnvironmentLoggingConfigurationWebserverLogs.builder()
                        .enabled(true)
                        .logLevel(level)
                        .build())
                .workerLogs(MwaaEnvironmentLoggingConfigurationWorkerLogs.builder()
                        .enabled(true)
                        .logLevel(level)
                        .build())
                .build();
    }
}
