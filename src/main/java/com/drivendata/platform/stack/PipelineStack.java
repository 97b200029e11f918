package com.drivendata.platform.stack;

import com.drivendata.platform.catalog.Catalog;
import com.drivendata.platform.catalog.CatalogPropsBuilder;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.consumption.SavedQueries;
import com.drivendata.platform.consumption.SavedQueriesPropsBuilder;
import com.drivendata.platform.consumption.Workgroup;
import com.drivendata.platform.consumption.WorkgroupPropsBuilder;
import com.drivendata.platform.identity.CicdRoles;
import com.drivendata.platform.identity.CicdRolesPropsBuilder;
import com.drivendata.platform.identity.ErasurePolicy;
import com.drivendata.platform.identity.ServiceRole;
import com.drivendata.platform.monitoring.Monitoring;
import com.drivendata.platform.monitoring.MonitoringPropsBuilder;
import com.drivendata.platform.monitoring.MonthlyBudget;
import com.drivendata.platform.orchestration.AirflowEnvironment;
import com.drivendata.platform.orchestration.AirflowEnvironmentPropsBuilder;
import com.drivendata.platform.orchestration.AirflowLogs;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.processing.GlueSecurity;
import com.drivendata.platform.processing.Jobs;
import com.drivendata.platform.processing.JobsPropsBuilder;
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
    private final Foundation base;

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
        base = Foundation.of(this, projectRoot, deployment, pipeline);
        String glueSecurity = new GlueSecurity(this, "glue-security", deployment.company(), base.dataKey()).getName();
        Catalog catalog = new Catalog(
                this,
                "catalog",
                CatalogPropsBuilder.builder()
                        .database(deployment.catalog().database())
                        .dataRoot(base.bucket().uri(""))
                        .pipeline(pipeline)
                        .crawlerRoleArn(base.roles().getGlue().getArn())
                        .securityConfiguration(glueSecurity)
                        .dependsOn(base.roles().getGlue().getReady())
                        .build());
        new Jobs(
                this,
                "processing",
                JobsPropsBuilder.builder()
                        .company(deployment.company())
                        .pipeline(pipeline)
                        .processing(deployment.processing())
                        .artefacts(base.artefacts())
                        .securityConfiguration(glueSecurity)
                        .keyArn(base.dataKey())
                        .roleName(base.roles().getGlue().getName())
                        .roleArn(base.roles().getGlue().getArn())
                        .pseudonymKeyArn(base.pseudonyms().getArn())
                        .dataRoot(base.bucket().uri(""))
                        .dependsOn(base.roles().getGlue().getReady())
                        .build());
        AirflowEnvironment airflow = orchestration();
        Workgroup workgroup = consumption(catalog);
        UserGroups.add(this, base.names(), base.bucket(), catalog);
        new ErasurePolicy(this, "erasure", base.names());
        deployment
                .budget()
                .ifPresent(
                        budget -> new MonthlyBudget(this, "budget", deployment.company(), deployment.name(), budget));
        base.roles().getDeadline().ifPresent(this::monitoring);

        StackOutputs outputs = new StackOutputs(this)
                .add("airflow_webserver_url", "Address of the Airflow UI", "https://" + airflow.getWebserverUrl())
                .add("bucket", "Name of the data lake bucket", base.bucket().getName())
                .add("database", "Name of the Glue database", catalog.getDatabase())
                .add("workgroup", "Name of the Athena workgroup", workgroup.getName())
                .add("dag", "Id of the pipeline's DAG", pipeline.dag());
        deployment
                .cicd()
                .ifPresent(cicd -> workflows(
                        CicdRolesPropsBuilder.builder()
                                .names(base.names())
                                .cicd(cicd)
                                .sharedNetwork(base.network().getShared())
                                .build(),
                        outputs));
    }

    private AirflowEnvironment orchestration() {
        ServiceRole role = base.roles().getAirflow();
        AirflowLogs logs = new AirflowLogs(
                this,
                "airflow-logs",
                deployment.orchestration().environment(),
                deployment.orchestration().logRetentionDays(),
                base.dataKey());
        List<ITerraformDependable> before = new ArrayList<>(base.bucket().getReady());
        before.addAll(base.network().getReady());
        before.addAll(role.getReady());
        return new AirflowEnvironment(
                this,
                "airflow",
                AirflowEnvironmentPropsBuilder.builder()
                        .orchestration(deployment.orchestration())
                        .options(deployment.airflowOptions(pipeline.prefixes().metrics()))
                        .artefacts(base.artefacts())
                        .logs(logs)
                        .keyArn(base.dataKey())
                        .bucketArn(base.bucket().getArn())
                        .roleArn(role.getArn())
                        .subnetIds(base.network().getPrivateSubnetIds())
                        .securityGroupId(base.network().getSecurityGroupId())
                        .dependsOn(before)
                        .build());
    }

    private Workgroup consumption(Catalog catalog) {
        Workgroup workgroup = new Workgroup(
                this,
                "consumption",
                WorkgroupPropsBuilder.builder()
                        .logicalId("workgroup")
                        .name(deployment.consumption().workgroup())
                        .description("Queries of the platform: the saved ones, make verify")
                        .scanLimitMb(deployment.consumption().scanLimitMb())
                        .resultLocation(base.bucket().uri(pipeline.prefixes().athenaResults()))
                        .keyArn(base.dataKey())
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

    private void monitoring(ServiceRole deadline) {
        new Monitoring(
                this,
                "monitoring",
                MonitoringPropsBuilder.builder()
                        .deployment(deployment)
                        .monitoring(deployment.monitoring().orElseThrow())
                        .pipeline(pipeline)
                        .partition(base.names().partition())
                        .accountId(base.names().accountId())
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
