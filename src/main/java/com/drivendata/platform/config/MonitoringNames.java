package com.drivendata.platform.config;

import java.util.List;

/**
 * What the parts of the monitoring are called: those who make them and those whose policies name them agree here.
 *
 * @param company begins every name
 * @param deployment ends the namespace of its metrics
 */
public record MonitoringNames(String company, String deployment) {

    public static MonitoringNames of(DeploymentConfig deployment) {
        return new MonitoringNames(deployment.company(), deployment.name());
    }

    /** The CloudWatch namespace of the run's metrics, and the source of Airflow's events. */
    public String namespace() {
        return "DrivenData/" + deployment;
    }

    public String topic() {
        return company + "_alerts";
    }

    public String jobFailed() {
        return company + "_job_failed";
    }

    public String crawlerFailed() {
        return company + "_crawler_failed";
    }

    public String taskFailed() {
        return company + "_task_failed";
    }

    public List<String> rules() {
        return List.of(jobFailed(), crawlerFailed(), taskFailed());
    }

    public String dayLate() {
        return company + "_day_late";
    }

    public String rowsQuarantined() {
        return company + "_rows_quarantined";
    }

    public String airflowUnhealthy() {
        return company + "_airflow_unhealthy";
    }

    public String tasksQueued() {
        return company + "_tasks_queued";
    }

    public String workersSaturated() {
        return company + "_workers_saturated";
    }

    public List<String> alarms() {
        return List.of(dayLate(), rowsQuarantined(), airflowUnhealthy(), tasksQueued(), workersSaturated());
    }

    /** The schedule that says when the day is due, and its role. */
    public String deadline() {
        return company + "_deadline";
    }

    public String dashboard() {
        return company + "_day";
    }
}
