package com.drivendata.platform.stack;

import com.drivendata.platform.catalog.Catalog;
import com.drivendata.platform.catalog.CatalogProps;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.consumption.SavedQueries;
import com.drivendata.platform.consumption.SavedQueriesProps;
import com.drivendata.platform.consumption.Workgroup;
import com.drivendata.platform.consumption.WorkgroupProps;
import com.drivendata.platform.identity.CicdRoles;
import com.drivendata.platform.identity.CicdRolesProps;
import com.drivendata.platform.identity.ServiceRole;
import com.drivendata.platform.identity.ServiceRoles;
import com.drivendata.platform.identity.ServiceRolesProps;
import com.drivendata.platform.network.Network;
import com.drivendata.platform.network.NetworkProps;
import com.drivendata.platform.orchestration.AirflowEnvironment;
import com.drivendata.platform.orchestration.AirflowEnvironmentProps;
import com.drivendata.platform.orchestration.AirflowLogs;
import com.drivendata.platform.orchestration.AirflowLogsProps;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.processing.JobLogs;
import com.drivendata.platform.processing.Jobs;
import com.drivendata.platform.processing.JobsProps;
import com.drivendata.platform.storage.Artefacts;
import com.drivendata.platform.storage.ArtefactsProps;
import com.drivendata.platform.storage.DataLakeBucket;
import com.drivendata.platform.storage.DataLakeBucketProps;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.TerraformStack;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import software.constructs.Construct;

/** One deployment of the platform, wired in the order in which data flows. */
public final class PipelineStack extends TerraformStack {

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

        DataLakeBucket bucket = new DataLakeBucket(
                this,
                "storage",
                new DataLakeBucketProps(
                        partition, deployment.storage(), pipeline.prefixes(), deployment.destroyable()));
        Artefacts artefacts =
                new Artefacts(this, "artefacts", new ArtefactsProps(projectRoot, deployment, pipeline, bucket));
        Network network = new Network(
                this,
                "network",
                new NetworkProps(
                        deployment.company(),
                        deployment.region(),
                        deployment.network(),
                        deployment.orchestration().webserverClients()));
        ServiceRolesProps names = new ServiceRolesProps(
                projectRoot, deployment, pipeline, partition, account, JobLogs.prefix(deployment.company()));
        ServiceRoles roles = new ServiceRoles(this, "identity", names);
        Catalog catalog = new Catalog(
                this,
                "catalog",
                new CatalogProps(
                        deployment.catalog().database(),
                        bucket.getName(),
                        pipeline,
                        roles.getGlue().getArn(),
                        roles.getGlue().getReady()));
        new Jobs(
                this,
                "processing",
                new JobsProps(
                        deployment.company(),
                        pipeline,
                        deployment.processing(),
                        artefacts,
                        roles.getGlue().getArn(),
                        uri(bucket, ""),
                        roles.getGlue().getReady()));
        AirflowEnvironment airflow = orchestration(bucket, artefacts, network, roles.getAirflow());
        Workgroup workgroup = consumption(bucket, catalog);

        StackOutputs outputs = new StackOutputs(this)
                .add("airflow_webserver_url", "Address of the Airflow UI", "https://" + airflow.getWebserverUrl())
                .add("bucket", "Name of the data lake bucket", bucket.getName())
                .add("database", "Name of the Glue database", catalog.getDatabase())
                .add("workgroup", "Name of the Athena workgroup", workgroup.getName())
                .add("dag", "Id of the pipeline's DAG", pipeline.dag());
        deployment.cicd().ifPresent(cicd -> workflows(new CicdRolesProps(names, cicd, network.getShared()), outputs));
    }

    private AirflowEnvironment orchestration(
            DataLakeBucket bucket, Artefacts artefacts, Network network, ServiceRole role) {
        AirflowLogs logs = new AirflowLogs(
                this,
                "airflow-logs",
                new AirflowLogsProps(
                        deployment.orchestration().environment(),
                        deployment.orchestration().logRetentionDays()));
        List<ITerraformDependable> before = new ArrayList<>(bucket.getReady());
        before.addAll(network.getRoutes());
        before.addAll(role.getReady());
        return new AirflowEnvironment(
                this,
                "airflow",
                new AirflowEnvironmentProps(
                        deployment.orchestration(),
                        artefacts,
                        logs,
                        bucket.getArn(),
                        role.getArn(),
                        network.getPrivateSubnetIds(),
                        network.getSecurityGroupId(),
                        before));
    }

    private Workgroup consumption(DataLakeBucket bucket, Catalog catalog) {
        Workgroup workgroup = new Workgroup(
                this,
                "consumption",
                new WorkgroupProps(
                        deployment.consumption(),
                        uri(bucket, pipeline.prefixes().athenaResults()),
                        deployment.destroyable()));
        new SavedQueries(
                this, "saved-queries", new SavedQueriesProps(workgroup.getName(), catalog.getDatabase(), pipeline));
        return workgroup;
    }

    private void workflows(CicdRolesProps props, StackOutputs outputs) {
        CicdRoles roles = new CicdRoles(this, "cicd", props);
        outputs.add("plan_role", "ARN of the role with which workflows plan", roles.getPlanArn())
                .add("apply_role", "ARN of the role with which workflows apply", roles.getApplyArn());
    }

    private static String uri(DataLakeBucket bucket, String prefix) {
        return "s3://" + bucket.getName() + "/" + prefix;
    }
}
