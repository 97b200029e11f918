package com.drivendata.platform.monitoring;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.config.MonitoringConfig;
import com.drivendata.platform.config.MonitoringNames;
import com.hashicorp.cdktf.providers.aws.cloudwatch_metric_alarm.CloudwatchMetricAlarm;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
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
    private final MonitoringNames names;
    private final List<String> arns = new ArrayList<>();

    Alarms(Construct scope, String id, Deployment deployment, MonitoringConfig monitoring, AlertTopic topic) {
        super(scope, id);
        this.topic = topic;
        names = MonitoringNames.of(deployment.config());
        String environment = deployment.config().orchestration().environment();
        // Missing data keeps the state: late until a run says 1, and in order until the clock says 0 alone.
        alarm(
                "day_late",
                names.namespace(),
                DayMetrics.COMPLETE,
                Map.of(),
                alarm -> alarm.alarmDescription(
                                ("The day's data isn't complete at %s (%s): its run failed, is late, or never started."
                                                + " A second message says when it is complete. What to do: %s#the-day-is-late")
                                        .formatted(
                                                monitoring.completeBy(),
                                                MonitoringConfig.TIME_ZONE,
                                                monitoring.runbook()))
                        .statistic("Maximum")
                        .period(MINUTE)
                        .evaluationPeriods(1)
                        .comparisonOperator("LessThanThreshold")
                        .threshold(1)
                        .treatMissingData("ignore")
                        .okActions(List.of(topic.getArn())));
        alarm(
                "rows_quarantined",
                names.namespace(),
                DayMetrics.QUARANTINED_SHARE,
                Map.of(),
                alarm -> alarm.alarmDescription(
                                ("More than %d %% of the newest run's rows are in quarantine. Readers have the"
                                                + " others. What to do: %s#many-rows-in-quarantine")
                                        .formatted(monitoring.quarantinedPercent(), monitoring.runbook()))
                        .statistic("Maximum")
                        .period(MINUTE)
                        .evaluationPeriods(1)
                        .comparisonOperator("GreaterThanThreshold")
                        .threshold(monitoring.quarantinedPercent())
                        .treatMissingData("ignore"));
        Map<String, String> scheduler = Map.of("Function", "Scheduler", "Environment", environment);
        alarm(
                "airflow_unhealthy",
                "AmazonMWAA",
                "SchedulerHeartbeat",
                scheduler,
                alarm -> alarm.alarmDescription(
                                "Airflow's scheduler hasn't shown a sign of life for 15 minutes, so nothing"
                                        + " runs. What to do: " + monitoring.runbook() + "#airflow-is-unhealthy")
                        .statistic("Sum")
                        .period(FIVE_MINUTES)
                        .evaluationPeriods(3)
                        .comparisonOperator("LessThanThreshold")
                        .threshold(1)
                        .treatMissingData("breaching"));
        Map<String, String> executor = Map.of("Function", "Executor", "Environment", environment);
        alarm(
                "tasks_queued",
                "AmazonMWAA",
                "QueuedTasks",
                executor,
                alarm -> alarm.alarmDescription(
                                "Tasks have waited for a worker for %d minutes. What to do: %s#tasks-wait-for-workers"
                                        .formatted(monitoring.queuedMinutes(), monitoring.runbook()))
                        .statistic("Minimum")
                        .period(MINUTE)
                        .evaluationPeriods(monitoring.queuedMinutes())
                        .comparisonOperator("GreaterThanThreshold")
                        .threshold(0)
                        .treatMissingData("notBreaching"));
        Map<String, String> worker = Map.of("Cluster", "BaseWorker", "Environment", environment);
        alarm(
                "workers_saturated",
                "AWS/MWAA",
                "CPUUtilization",
                worker,
                alarm -> alarm.alarmDescription(("The workers have been busier than %d %% for half an hour. What to do:"
                                        + " %s#tasks-wait-for-workers")
                                .formatted(monitoring.workerCpuPercent(), monitoring.runbook()))
                        .statistic("Average")
                        .period(FIVE_MINUTES)
                        .evaluationPeriods(HALF_AN_HOUR)
                        .comparisonOperator("GreaterThanThreshold")
                        .threshold(monitoring.workerCpuPercent())
                        .treatMissingData("notBreaching"));
    }

    private void alarm(
            String id,
            String namespace,
            String metric,
            Map<String, String> dimensions,
            UnaryOperator<CloudwatchMetricAlarm.Builder> condition) {
        String name = names.of(id);
        CloudwatchMetricAlarm alarm = condition
                .apply(CloudwatchMetricAlarm.Builder.create(this, name)
                        .alarmName(name)
                        .namespace(namespace)
                        .metricName(metric)
                        .dimensions(dimensions.isEmpty() ? null : dimensions)
                        .alarmActions(List.of(topic.getArn()))
                        .dependsOn(topic.getReady()))
                .build();
        alarm.overrideLogicalId(id);
        arns.add(alarm.getArn());
    }

    List<String> getArns() {
        return List.copyOf(arns);
    }
}
