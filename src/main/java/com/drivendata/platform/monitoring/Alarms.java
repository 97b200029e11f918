package com.drivendata.platform.monitoring;

import com.drivendata.platform.config.MonitoringConfig;
import com.drivendata.platform.config.MonitoringNames;
import com.hashicorp.cdktf.providers.aws.cloudwatch_metric_alarm.CloudwatchMetricAlarm;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.constructs.Construct;

/**
 * The alarms. Their descriptions are what people read in the message.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html">How CloudWatch
 *     evaluates an alarm</a>
 * @see <a href="https://docs.aws.amazon.com/mwaa/latest/userguide/access-metrics-cw.html">Airflow's metrics</a>
 * @see <a href="https://docs.aws.amazon.com/mwaa/latest/userguide/accessing-metrics-cw-container-queue-db.html">Metrics
 *     of MWAA's containers and queue</a>
 */
final class Alarms extends Construct {

    private static final int MINUTE = 60;
    private static final int FIVE_MINUTES = 300;
    private static final int HALF_AN_HOUR = 6; // five minutes each

    private final AlertTopic topic;
    private final List<String> arns = new ArrayList<>();

    Alarms(Construct scope, String id, Monitoring.Props props, AlertTopic topic) {
        super(scope, id);
        this.topic = topic;
        MonitoringNames names = MonitoringNames.of(props.deployment());
        MonitoringConfig monitoring = props.monitoring();
        String environment = props.deployment().orchestration().environment();
        // Missing data keeps the state: late until a run says 1, and in order until the clock says 0 alone.
        dayLate(names, monitoring);
        add(
                "rows_quarantined",
                alarm(names.rowsQuarantined(), names.namespace(), DayMetrics.QUARANTINED_SHARE, Map.of())
                        .alarmDescription(
                                ("More than %d %% of the newest run's rows are in quarantine. Readers have the"
                                                + " others. What to do: %s#many-rows-in-quarantine")
                                        .formatted(monitoring.quarantinedPercent(), monitoring.runbook()))
                        .statistic("Maximum")
                        .period(MINUTE)
                        .evaluationPeriods(1)
                        .comparisonOperator("GreaterThanThreshold")
                        .threshold(monitoring.quarantinedPercent())
                        .treatMissingData("ignore"));
        add(
                "airflow_unhealthy",
                alarm(
                                names.airflowUnhealthy(),
                                "AmazonMWAA",
                                "SchedulerHeartbeat",
                                Map.of("Function", "Scheduler", "Environment", environment))
                        .alarmDescription("Airflow's scheduler hasn't shown a sign of life for 15 minutes, so nothing"
                                + " runs. What to do: " + monitoring.runbook() + "#airflow-is-unhealthy")
                        .statistic("Sum")
                        .period(FIVE_MINUTES)
                        .evaluationPeriods(3)
                        .comparisonOperator("LessThanThreshold")
                        .threshold(1)
                        .treatMissingData("breaching"));
        add(
                "tasks_queued",
                alarm(
                                names.tasksQueued(),
                                "AmazonMWAA",
                                "QueuedTasks",
                                Map.of("Function", "Executor", "Environment", environment))
                        .alarmDescription(("Tasks have waited for a worker for %d minutes. What to do:"
                                        + " %s#tasks-wait-for-workers")
                                .formatted(monitoring.queuedMinutes(), monitoring.runbook()))
                        .statistic("Minimum")
                        .period(MINUTE)
                        .evaluationPeriods(monitoring.queuedMinutes())
                        .comparisonOperator("GreaterThanThreshold")
                        .threshold(0)
                        .treatMissingData("notBreaching"));
        add(
                "workers_saturated",
                alarm(
                                names.workersSaturated(),
                                "AWS/MWAA",
                                "CPUUtilization",
                                Map.of("Cluster", "BaseWorker", "Environment", environment))
                        .alarmDescription(("The workers have been busier than %d %% for half an hour. What to do:"
                                        + " %s#tasks-wait-for-workers")
                                .formatted(monitoring.workerCpuPercent(), monitoring.runbook()))
                        .statistic("Average")
                        .period(FIVE_MINUTES)
                        .evaluationPeriods(HALF_AN_HOUR)
                        .comparisonOperator("GreaterThanThreshold")
                        .threshold(monitoring.workerCpuPercent())
                        .treatMissingData("notBreaching"));
    }

    private void dayLate(MonitoringNames names, MonitoringConfig monitoring) {
        CloudwatchMetricAlarm.Builder alarm = alarm(names.dayLate(), names.namespace(), DayMetrics.COMPLETE, Map.of())
                .alarmDescription(
                        ("The day's data isn't complete at %s (%s): its run failed, is late, or never started."
                                        + " A second message says when it is complete. What to do: %s#the-day-is-late")
                                .formatted(monitoring.completeBy(), MonitoringConfig.TIME_ZONE, monitoring.runbook()))
                .statistic("Maximum")
                .period(MINUTE)
                .evaluationPeriods(1)
                .comparisonOperator("LessThanThreshold")
                .threshold(1)
                .treatMissingData("ignore")
                .okActions(List.of(topic.getArn()));
        add("day_late", alarm);
    }

    private CloudwatchMetricAlarm.Builder alarm(
            String name, String namespace, String metric, Map<String, String> dimensions) {
        CloudwatchMetricAlarm.Builder builder = CloudwatchMetricAlarm.Builder.create(this, name)
                .alarmName(name)
                .namespace(namespace)
                .metricName(metric)
                .alarmActions(List.of(topic.getArn()))
                .dependsOn(topic.getReady());
        return dimensions.isEmpty() ? builder : builder.dimensions(dimensions);
    }

    private void add(String id, CloudwatchMetricAlarm.Builder builder) {
        CloudwatchMetricAlarm alarm = builder.build();
        alarm.overrideLogicalId(id);
        arns.add(alarm.getArn());
    }

    List<String> getArns() {
        return List.copyOf(arns);
    }
}
