package com.drivendata.platform.monitoring;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.config.MonitoringNames;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hashicorp.cdktf.providers.aws.cloudwatch_dashboard.CloudwatchDashboard;
import java.util.List;
import software.constructs.Construct;

/**
 * The day at a glance.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html">The
 *     body of a dashboard</a>
 * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/query-metrics-viewing.html">Athena's metrics</a>
 */
final class DayDashboard extends Construct {

    private static final int DAY = 86_400;
    private static final int FIVE_MINUTES = 300;
    private static final int WIDTH = 8; // three in a row of 24
    private static final int HEIGHT = 6;

    private final ArrayNode widgets = JsonNodeFactory.instance.arrayNode();
    private final String region;

    DayDashboard(Construct scope, String id, Deployment deployment, List<String> alarmArns) {
        super(scope, id);
        region = deployment.arns().region();
        MonitoringNames names = MonitoringNames.of(deployment.config());
        String namespace = names.namespace();
        String environment = deployment.config().orchestration().environment();

        ArrayNode alarms = widget("alarm", "Alarms").putArray("alarms");
        alarmArns.forEach(alarms::add);
        ObjectNode last = metrics("Last complete day", "singleValue", "Maximum", DAY);
        last.put("singleValueFullPrecision", true); // 20240915, not 20.24M
        add(last, namespace, DayMetrics.LAST_COMPLETE_DAY);
        ObjectNode rows = metrics("Rows", "timeSeries", "Sum", DAY);
        add(rows, namespace, DayMetrics.RAW_ROWS);
        add(rows, namespace, DayMetrics.CLEAN_ROWS);
        add(rows, namespace, DayMetrics.QUARANTINED_ROWS);
        add(metrics("Quarantined, %", "timeSeries", "Maximum", DAY), namespace, DayMetrics.QUARANTINED_SHARE);
        search(
                "Quarantined by reason (a row may have several)",
                "{%s,%s} MetricName=\"%s\"".formatted(namespace, DayMetrics.REASON, DayMetrics.QUARANTINED_ROWS));
        ObjectNode run =
                metrics("From the run's start to its reconciled counts, seconds", "timeSeries", "Maximum", DAY);
        add(run, namespace, DayMetrics.RUN_SECONDS);
        add(metrics("Raw file, bytes", "timeSeries", "Sum", DAY), namespace, DayMetrics.RAW_BYTES);
        search(
                "Scanned by queries, bytes",
                "{AWS/Athena,QueryState,QueryType,WorkGroup} MetricName=\"ProcessedBytes\" WorkGroup=\"%s\""
                        .formatted(deployment.config().consumption().workgroup()));
        ObjectNode airflow = metrics("Airflow: signs of life, waiting tasks", "timeSeries", "Sum", FIVE_MINUTES);
        add(airflow, "AmazonMWAA", "SchedulerHeartbeat", "Function", "Scheduler", "Environment", environment);
        add(airflow, "AmazonMWAA", "QueuedTasks", "Function", "Executor", "Environment", environment);

        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.set("widgets", widgets);
        CloudwatchDashboard.Builder.create(this, "dashboard")
                .dashboardName(names.dashboard())
                .dashboardBody(body.toString())
                .build()
                .overrideLogicalId("day");
    }

    private ObjectNode widget(String type, String title) {
        int number = widgets.size();
        ObjectNode widget = widgets.addObject().put("type", type);
        widget.put("x", number % 3 * WIDTH)
                .put("y", number / 3 * HEIGHT)
                .put("width", WIDTH)
                .put("height", HEIGHT);
        return widget.putObject("properties").put("title", title);
    }

    private ObjectNode metrics(String title, String view, String statistic, int period) {
        ObjectNode properties = widget("metric", title).put("view", view);
        properties.put("region", region).put("stat", statistic).put("period", period);
        properties.putArray("metrics");
        return properties;
    }

    private static void add(ObjectNode properties, String... metric) {
        ArrayNode parts = properties.withArray("metrics").addArray();
        List.of(metric).forEach(parts::add);
    }

    private void search(String title, String terms) {
        metrics(title, "timeSeries", "Sum", DAY)
                .withArray("metrics")
                .addArray()
                .addObject()
                .put("expression", "SEARCH('%s', 'Sum', %d)".formatted(terms, DAY));
    }
}
