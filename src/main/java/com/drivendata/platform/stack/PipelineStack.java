package com.drivendata.platform.stack;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.catalog.Catalog;
import com.drivendata.platform.config.CicdConfig;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.consumption.SavedQueries;
import com.drivendata.platform.consumption.Workgroup;
import com.drivendata.platform.consumption.WorkgroupPropsBuilder;
import com.drivendata.platform.identity.CicdRoles;
import com.drivendata.platform.identity.ErasurePolicy;
import com.drivendata.platform.identity.ServiceRole;
import com.drivendata.platform.monitoring.Monitoring;
import com.drivendata.platform.monitoring.MonthlyBudget;
import com.drivendata.platform.orchestration.AirflowEnvironment;
import com.drivendata.platform.orchestration.AirflowLogs;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.processing.GlueSecurity;
import com.drivendata.platform.processing.Jobs;
import com.hashicorp.cdktf.TerraformOutput;
import com.hashicorp.cdktf.TerraformStack;
import java.nio.file.Path;
import software.constructs.Construct;

/** One deployment of the platform, wired in the order in which data flows. */
public final class PipelineStack extends TerraformStack {

    private final Foundation base;
    private final Deployment deployment;
    private final DeploymentConfig config;

    /**
     * @param projectRoot where {@code airflow/}, {@code glue/} and {@code policies/} lie
     * @param config gives the stack its name
     * @param pipeline the pipeline table with the names of this deployment
     */
    public PipelineStack(Construct app, Path projectRoot, DeploymentConfig config, PipelineTable pipeline) {
        super(app, config.name());
        this.config = config;
        StateBackend.add(this, config.state());
        base = Foundation.of(this, projectRoot, config, pipeline);
        deployment = base.deployment();
        ServiceRole glue = base.roles().getGlue();
        GlueSecurity security = new GlueSecurity(this, "glue-security", deployment);
        Catalog catalog =
                new Catalog(this, "catalog", new Catalog.Props(deployment, base.bucket(), glue, security.getName()));
        new Jobs(
                this,
                "processing",
                new Jobs.Props(deployment, base.bucket(), base.artefacts(), security, glue, base.pseudonyms()));
        AirflowEnvironment airflow = new AirflowEnvironment(
                this,
                "airflow",
                new AirflowEnvironment.Props(
                        deployment,
                        base.bucket(),
                        base.artefacts(),
                        base.network(),
                        base.roles().getAirflow(),
                        new AirflowLogs(this, "airflow-logs", deployment)));
        Workgroup workgroup = workgroup();
        new SavedQueries(this, "saved-queries", workgroup, catalog.getDatabase(), pipeline);
        UserGroups.add(this, base.policies(), base.bucket(), catalog);
        new ErasurePolicy(this, "erasure", base.policies());
        config.budget().ifPresent(budget -> new MonthlyBudget(this, "budget", config.company(), config.name(), budget));
        base.roles().getDeadline().ifPresent(role -> new Monitoring(this, "monitoring", deployment, role));

        output("airflow_webserver_url", "Address of the Airflow UI", "https://" + airflow.getWebserverUrl());
        output("bucket", "Name of the data lake bucket", base.bucket().getName());
        output("database", "Name of the Glue database", catalog.getDatabase());
        output("workgroup", "Name of the Athena workgroup", workgroup.getName());
        output("dag", "Id of the pipeline's DAG", pipeline.dag());
        config.cicd().ifPresent(this::workflows);
    }

    private Workgroup workgroup() {
        return new Workgroup(
                this,
                "consumption",
                WorkgroupPropsBuilder.builder()
                        .deployment(deployment)
                        .logicalId("workgroup")
                        .name(config.consumption().workgroup())
                        .description("Queries of the platform: the saved ones, make verify")
                        .scanLimitMb(config.consumption().scanLimitMb())
                        .resultLocation(base.bucket()
                                .uri(deployment.pipeline().prefixes().athenaResults()))
                        .build());
    }

    private void workflows(CicdConfig cicd) {
        CicdRoles roles = new CicdRoles(
                this, "cicd", base.policies(), cicd, base.network().getShared());
        output("plan_role", "ARN of the role with which workflows plan", roles.getPlanArn());
        output("apply_role", "ARN of the role with which workflows apply", roles.getApplyArn());
    }

    /** What the stack tells its user after an apply. */
    private void output(String name, String description, String value) {
        TerraformOutput.Builder.create(this, name)
                .description(description)
                .value(value)
                .build();
    }
}
