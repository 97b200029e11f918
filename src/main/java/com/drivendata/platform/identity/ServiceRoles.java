package com.drivendata.platform.identity;

import com.drivendata.platform.NamedBuilder;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.MonitoringNames;
import com.drivendata.platform.pipeline.PipelineTable;
import com.hashicorp.cdktf.providers.aws.iam_policy.IamPolicy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.constructs.Construct;

/**
 * The execution roles of Airflow, of Glue and of the deadline, named after the company, with the permissions in
 * {@code policies/} and the boundary that holds for all. docs/permissions.md says what each statement is for.
 *
 * @see <a href="https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-create-role.html">MWAA execution role</a>
 * @see <a href="https://docs.aws.amazon.com/glue/latest/dg/create-an-iam-role.html">IAM role for Glue</a>
 */
public final class ServiceRoles extends Construct {

    /**
     * What the construct needs.
     *
     * @param projectRoot where {@code policies/} lies
     * @param partition of AWS, as ARNs name it, literally or as a Terraform expression
     * @param accountId the deployment's account, literally or as a Terraform expression
     * @param glueLogGroup the log group of the Glue jobs, which Airflow reads and the jobs write
     * @param dataKeyArn the deployment's key; empty where AWS's keys encrypt
     * @param pseudonymKeyArn the key with which the jobs may make codes
     */
    @NamedBuilder
    public record Props(
            Path projectRoot,
            DeploymentConfig deployment,
            PipelineTable pipeline,
            String partition,
            String accountId,
            String glueLogGroup,
            Optional<String> dataKeyArn,
            String pseudonymKeyArn) {}

    private final ServiceRole airflow;
    private final ServiceRole glue;
    private final Optional<ServiceRole> deadline;

    public ServiceRoles(Construct scope, String id, Props props) {
        super(scope, id);
        DeploymentConfig deployment = props.deployment();
        Map<String, List<String>> values = PolicyValues.of(props);
        String boundary = boundary(props, values);
        String environmentArn = "arn:%s:airflow:%s:%s:environment/%s"
                .formatted(
                        props.partition(),
                        deployment.region(),
                        props.accountId(),
                        deployment.orchestration().environment());
        airflow = new ServiceRole(
                this,
                "airflow",
                ServiceRolePropsBuilder.builder()
                        .name(deployment.company() + "_airflow")
                        .description("Execution role of the Airflow environment")
                        .services(List.of("airflow.amazonaws.com", "airflow-env.amazonaws.com"))
                        .accountId(props.accountId())
                        .sourceArn(Optional.of(environmentArn))
                        .policy(PolicyTemplate.fill(props.projectRoot(), "policies/airflow-policy.json", values))
                        .boundary(boundary)
                        .build());
        glue = new ServiceRole(
                this,
                "glue",
                ServiceRolePropsBuilder.builder()
                        .name(deployment.company() + "_glue")
                        .description("Execution role of the Glue jobs and crawlers")
                        .services(List.of("glue.amazonaws.com"))
                        .accountId(props.accountId())
                        // Jobs and crawlers share the role, and Glue names neither consistently.
                        .sourceArn(Optional.empty())
                        .policy(PolicyTemplate.fill(props.projectRoot(), "policies/glue-policy.json", values))
                        .boundary(boundary)
                        .build());
        deadline = deployment.monitoring().map(monitoring -> deadline(props, values, boundary));
    }

    /** Schedules outside a group are in the group default, which is the source that the scheduler names. */
    private ServiceRole deadline(Props props, Map<String, List<String>> values, String boundary) {
        DeploymentConfig deployment = props.deployment();
        return new ServiceRole(
                this,
                "deadline",
                ServiceRolePropsBuilder.builder()
                        .name(MonitoringNames.of(deployment).deadline())
                        .description("Of the schedule that says when the day's data is due")
                        .services(List.of("scheduler.amazonaws.com"))
                        .accountId(props.accountId())
                        .sourceArn(Optional.of("arn:%s:scheduler:%s:%s:schedule-group/default"
                                .formatted(props.partition(), deployment.region(), props.accountId())))
                        .policy(PolicyTemplate.fill(props.projectRoot(), "policies/deadline-policy.json", values))
                        .boundary(boundary)
                        .build());
    }

    private String boundary(Props props, Map<String, List<String>> values) {
        String company = props.deployment().company();
        IamPolicy boundary = IamPolicy.Builder.create(this, "boundary")
                .name(boundaryName(company))
                .path(policyPath(company))
                .description("Beyond this go no permissions of the execution roles")
                .policy(PolicyTemplate.fill(props.projectRoot(), "policies/execution-boundary.json", values))
                .build();
        boundary.overrideLogicalId("execution_boundary");
        return boundary.getArn();
    }

    static String boundaryName(String company) {
        return company + "_execution_boundary";
    }

    /** A company's policies lie in a folder of its own: a name's beginning could be another company's. */
    static String policyPath(String company) {
        return "/" + company + "/";
    }

    /** For the MWAA environment. */
    public ServiceRole getAirflow() {
        return airflow;
    }

    /** For the Glue jobs and crawlers. */
    public ServiceRole getGlue() {
        return glue;
    }

    /** For the schedule of the deadline, in a deployment that is monitored. */
    public Optional<ServiceRole> getDeadline() {
        return deadline;
    }
}
