package com.drivendata.platform.config;

import java.util.List;
import java.util.stream.Stream;

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

    /** The name in AWS of what the stack calls so: a topic, a rule, an alarm. */
    public String of(String id) {
        return company + "_" + id;
    }

    public String topic() {
        return of("alerts");
    }

    public List<String> rules() {
        return Stream.of("job_failed", "crawler_failed", "task_failed")
                .map(this::of)
                .toList();
    }

    public List<String> alarms() {
        return Stream.of("day_late", "rows_quarantined", "airflow_unhealthy", "tasks_queued", "workers_saturated")
                .map(this::of)
                .toList();
    }

    /** The schedule that says when the day is due, and its role. */
    public String deadline() {
        return of("deadline");
    }

    public String dashboard() {
        return of("day");
    }
}
