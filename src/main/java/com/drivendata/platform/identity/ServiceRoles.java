package com.drivendata.platform.identity;

import com.drivendata.platform.Deployment;
import com.hashicorp.cdktf.providers.aws.iam_policy.IamPolicy;
import java.util.List;
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

    /** What the boundary is called, after the company. */
    static final String BOUNDARY = "execution_boundary";

    private final ServiceRole airflow;
    private final ServiceRole glue;
    private final Optional<ServiceRole> deadline;

    public ServiceRoles(Construct scope, String id, Policies policies) {
        super(scope, id);
        Deployment deployment = policies.deployment();
        IamPolicy boundary = policies.managed(
                this,
                "boundary",
                BOUNDARY,
                "Beyond this go no permissions of the execution roles",
                policies.document("execution-boundary.json"));
        boundary.overrideLogicalId(BOUNDARY);
        String environment = deployment.config().orchestration().environment();
        airflow = new ServiceRole(
                this,
                "airflow",
                policies,
                "Execution role of the Airflow environment",
                List.of("airflow.amazonaws.com", "airflow-env.amazonaws.com"),
                Optional.of(deployment.arns().of("airflow", "environment/" + environment)),
                boundary);
        glue = new ServiceRole(
                this,
                "glue",
                policies,
                "Execution role of the Glue jobs and crawlers",
                List.of("glue.amazonaws.com"),
                // Jobs and crawlers share the role, and Glue names neither consistently.
                Optional.empty(),
                boundary);
        // Schedules outside a group are in the group default, which is the source that the scheduler names.
        deadline = deployment
                .config()
                .monitoring()
                .map(monitoring -> new ServiceRole(
                        this,
                        "deadline",
                        policies,
                        "Of the schedule that says when the day's data is due",
                        List.of("scheduler.amazonaws.com"),
                        Optional.of(deployment.arns().of("scheduler", "schedule-group/default")),
                        boundary));
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
