package com.drivendata.platform.stack;

import com.drivendata.platform.access.Arns;
import com.drivendata.platform.catalog.Catalog;
import com.drivendata.platform.catalog.CatalogPropsBuilder;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.NetworkConfig.Mode;
import com.drivendata.platform.consumption.SavedQueries;
import com.drivendata.platform.consumption.SavedQueriesPropsBuilder;
import com.drivendata.platform.consumption.Workgroup;
import com.drivendata.platform.consumption.WorkgroupPropsBuilder;
import com.drivendata.platform.identity.CicdRoles;
import com.drivendata.platform.identity.CicdRolesPropsBuilder;
import com.drivendata.platform.identity.DataKey;
import com.drivendata.platform.identity.DataKeyPropsBuilder;
import com.drivendata.platform.identity.ErasurePolicy;
import com.drivendata.platform.identity.PseudonymKey;
import com.drivendata.platform.identity.ServiceRole;
import com.drivendata.platform.identity.ServiceRoles;
import com.drivendata.platform.identity.ServiceRolesPropsBuilder;
import com.drivendata.platform.monitoring.Monitoring;
import com.drivendata.platform.monitoring.MonitoringPropsBuilder;
import com.drivendata.platform.monitoring.MonthlyBudget;
import com.drivendata.platform.network.EndpointPolicies;
import com.drivendata.platform.network.Network;
import com.drivendata.platform.network.NetworkPropsBuilder;
import com.drivendata.platform.orchestration.AirflowEnvironment;
import com.drivendata.platform.orchestration.AirflowEnvironmentPropsBuilder;
import com.drivendata.platform.orchestration.AirflowLogs;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.processing.GlueSecurity;
import com.drivendata.platform.processing.JobLogs;
import com.drivendata.platform.processing.Jobs;
import com.drivendata.platform.processing.JobsPropsBuilder;
import com.drivendata.platform.storage.AccessLogs;
import com.drivendata.platform.storage.AccessLogsPropsBuilder;
import com.drivendata.platform.storage.Artefacts;
import com.drivendata.platform.storage.ArtefactsPropsBuilder;
import com.drivendata.platform.storage.DataLakeBucket;
import com.drivendata.platform.storage.DataLakeBucketPropsBuilder;
import com.drivendata.platform.storage.LogDelivery;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.TerraformStack;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import software.constructs.Construct;

/** One deployment of the platform, wired in the order in which data flows. */
public final class PipelineStack extends TerraformStack {

    private static final String FLOW_LOG_PREFIX = "flow-logs/";

    private final DeploymentConfig deployment;
    private final PipelineTable pipeline;

    /**
     * @param projectRoot where {@code airflow/}, {@code glue/} and {@code policies/} lie
     * @param deployment gives the stack its name
     * @param pipeline the pipeline table with the names of this deployment
     */
    public PipelineStack(Construct app, Path projectRoot, DeploymentConfig deployment, PipelineTable pipeline) {
        super(app, deployment.name());
        this.deployment = deployment;
        this.pipeline = pipeline;
        StateBackend.add(this, deployment.state());
        String account = AwsProviderSettings.add(this, deployment);
        String partition = AwsProviderSettings.partition(this);
        Arns arns = new Arns(partition, deployment.region(), account);

        Optional<LogDelivery> flowLogs = flowLogs(account);
        Optional<String> dataKey = dataKey(arns, flowLogs.isPresent());
        DataLakeBucket bucket = new DataLakeBucket(
                this,
                "storage",
                DataLakeBucketPropsBuilder.builder()
                        .partition(partition)
                        .storage(deployment.storage())
                        .prefixes(pipeline.prefixes())
                        .destroyable(deployment.destroyable())
                        .keyArn(dataKey)
                        .flowLogs(flowLogs)
                        .build());
        if (deployment.storage().accessLogs()) {
            new AccessLogs(
                    this,
                    "access-logs",
                    AccessLogsPropsBuilder.builder()
                            .name(deployment.storage().accessLogBucket())
                            .partition(partition)
                            .accountId(account)
                            .source(bucket)
                            .destroyable(deployment.destroyable())
                            .build());
        }
        Artefacts artefacts = new Artefacts(
                this,
                "artefacts",
                ArtefactsPropsBuilder.builder()
                        .projectRoot(projectRoot)
                        .deployment(deployment)
                        .pipeline(pipeline)
                        .bucket(bucket)
                        .build());
        Network network = new Network(
                this,
                "network",
                NetworkPropsBuilder.builder()
                        .name(deployment.company())
                        .region(deployment.region())
                        .network(deployment.network())
                        .webserverClients(deployment.orchestration().webserverClients())
                        .endpointPolicies(
                                deployment.network().endpointPolicies()
                                        ? Optional.of(new EndpointPolicies(arns, bucket.getArn()))
                                        : Optional.empty())
                        .tellsEvents(deployment.monitoring().isPresent())
                        .flowLogDestination(bucket.getFlowLogDestination())
                        .flowLogsAfter(bucket.getReady())
                        .build());
        PseudonymKey pseudonyms = new PseudonymKey(this, "pseudonyms", arns, deployment.destroyable());
        ServiceRoles.Props names = ServiceRolesPropsBuilder.builder()
                .projectRoot(projectRoot)
                .deployment(deployment)
                .pipeline(pipeline)
                .partition(partition)
                .accountId(account)
                .glueLogGroup(JobLogs.prefix(deployment.company()))
                .dataKeyArn(dataKey)
                .pseudonymKeyArn(pseudonyms.getArn())
                .build();
        ServiceRoles roles = new ServiceRoles(this, "identity", names);
        String glueSecurity = new GlueSecurity(this, "glue-security", deployment.company(), dataKey).getName();
        Catalog catalog = new Catalog(
                this,
                "catalog",
                CatalogPropsBuilder.builder()
                        .database(deployment.catalog().database())
                        .dataRoot(bucket.uri(""))
                        .pipeline(pipeline)
                        .crawlerRoleArn(roles.getGlue().getArn())
                        .securityConfiguration(glueSecurity)
                        .dependsOn(roles.getGlue().getReady())
                        .build());
        new Jobs(
                this,
                "processing",
                JobsPropsBuilder.builder()
                        .company(deployment.company())
                        .pipeline(pipeline)
                        .processing(deployment.processing())
                        .artefacts(artefacts)
                        .securityConfiguration(glueSecurity)
                        .keyArn(dataKey)
                        .roleName(roles.getGlue().getName())
                        .roleArn(roles.getGlue().getArn())
                        .pseudonymKeyArn(pseudonyms.getArn())
                        .dataRoot(bucket.uri(""))
                        .dependsOn(roles.getGlue().getReady())
                        .build());
        AirflowEnvironment airflow = orchestration(bucket, dataKey, artefacts, network, roles.getAirflow());
        Workgroup workgroup = consumption(bucket, dataKey, catalog);
        UserGroups.add(this, names, bucket, catalog);
        new ErasurePolicy(this, "erasure", names);
        deployment
                .budget()
                .ifPresent(
                        budget -> new MonthlyBudget(this, "budget", deployment.company(), deployment.name(), budget));
        roles.getDeadline().ifPresent(role -> monitoring(names, role));

        StackOutputs outputs = new StackOutputs(this)
                .add("airflow_webserver_url", "Address of the Airflow UI", "https://" + airflow.getWebserverUrl())
                .add("bucket", "Name of the data lake bucket", bucket.getName())
                .add("database", "Name of the Glue database", catalog.getDatabase())
                .add("workgroup", "Name of the Athena workgroup", workgroup.getName())
                .add("dag", "Id of the pipeline's DAG", pipeline.dag());
        deployment
                .cicd()
                .ifPresent(cicd -> workflows(
                        CicdRolesPropsBuilder.builder()
                                .names(names)
                                .cicd(cicd)
                                .sharedNetwork(network.getShared())
                                .build(),
                        outputs));
    }

    private Optional<String> dataKey(Arns arns, boolean flowLogs) {
        if (!deployment.encryption().customerManagedKey()) {
            return Optional.empty();
        }
        DataKey key = new DataKey(
                this,
                "data-key",
                DataKeyPropsBuilder.builder()
                        .arns(arns)
                        .destroyable(deployment.destroyable())
                        .logGroups(List.of(
                                AirflowLogs.prefix(deployment.orchestration().environment()),
                                JobLogs.prefix(deployment.company()),
                                JobLogs.CRAWLERS))
                        .flowLogs(flowLogs)
                        .build());
        return Optional.of(key.getArn());
    }

    /** An account's default VPC isn't the deployment's to watch. */
    private Optional<LogDelivery> flowLogs(String account) {
        return deployment.network().flowLogs() && deployment.network().mode() == Mode.DEDICATED
                ? Optional.of(new LogDelivery(account, deployment.region(), FLOW_LOG_PREFIX))
                : Optional.empty();
    }

    private AirflowEnvironment orchestration(
            DataLakeBucket bucket, Optional<String> dataKey, Artefacts artefacts, Network network, ServiceRole role) {
        AirflowLogs logs = new AirflowLogs(
                this,
                "airflow-logs",
                deployment.orchestration().environment(),
                deployment.orchestration().logRetentionDays(),
                dataKey);
        List<ITerraformDependable> before = new ArrayList<>(bucket.getReady());
        before.addAll(network.getReady());
        before.addAll(role.getReady());
        return new AirflowEnvironment(
                this,
                "airflow",
                AirflowEnvironmentPropsBuilder.builder()
                        .orchestration(deployment.orchestration())
                        .artefacts(artefacts)
                        .logs(logs)
                        .keyArn(dataKey)
                        .bucketArn(bucket.getArn())
                        .roleArn(role.getArn())
                        .subnetIds(network.getPrivateSubnetIds())
                        .securityGroupId(network.getSecurityGroupId())
                        .dependsOn(before)
                        .build());
    }

    private Workgroup consumption(DataLakeBucket bucket, Optional<String> dataKey, Catalog catalog) {
        Workgroup workgroup = new Workgroup(
                this,
                "consumption",
                WorkgroupPropsBuilder.builder()
                        .logicalId("workgroup")
                        .name(deployment.consumption().workgroup())
                        .description("Queries of the platform: the saved ones, make verify")
                        .scanLimitMb(deployment.consumption().scanLimitMb())
                        .resultLocation(bucket.uri(pipeline.prefixes().athenaResults()))
                        .keyArn(dataKey)
                        .destroyable(deployment.destroyable())
                        .build());
        new SavedQueries(
                this,
                "saved-queries",
                SavedQueriesPropsBuilder.builder()
                        .workgroup(workgroup.getName())
                        .database(catalog.getDatabase())
                        .pipeline(pipeline)
                        .build());
        return workgroup;
    }

    private void monitoring(ServiceRoles.Props names, ServiceRole deadline) {
        new Monitoring(
                this,
                "monitoring",
                MonitoringPropsBuilder.builder()
                        .deployment(deployment)
                        .monitoring(deployment.monitoring().orElseThrow())
                        .pipeline(pipeline)
                        .partition(names.partition())
                        .accountId(names.accountId())
                        .deadlineRoleArn(deadline.getArn())
                        .dependsOn(deadline.getReady())
                        .build());
    }

    private void workflows(CicdRoles.Props props, StackOutputs outputs) {
        CicdRoles roles = new CicdRoles(this, "cicd", props);
        outputs.add("plan_role", "ARN of the role with which workflows plan", roles.getPlanArn())
                .add("apply_role", "ARN of the role with which workflows apply", roles.getApplyArn());
    }
}
