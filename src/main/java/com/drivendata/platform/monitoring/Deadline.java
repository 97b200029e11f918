package com.drivendata.platform.monitoring;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.config.MonitoringConfig;
import com.drivendata.platform.config.MonitoringNames;
import com.drivendata.platform.identity.ServiceRole;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hashicorp.cdktf.providers.aws.scheduler_schedule.SchedulerSchedule;
import com.hashicorp.cdktf.providers.aws.scheduler_schedule.SchedulerScheduleFlexibleTimeWindow;
import com.hashicorp.cdktf.providers.aws.scheduler_schedule.SchedulerScheduleTarget;
import com.hashicorp.cdktf.providers.aws.scheduler_schedule.SchedulerScheduleTargetRetryPolicy;
import java.time.LocalTime;
import software.constructs.Construct;

/**
 * The clock of the alarm of late days. An alarm knows neither the time of day nor summer time, so a schedule, which
 * does, says 0 to {@link DayMetrics#COMPLETE} each day when the data is due; a run that is in time has said 1 for that
 * minute and the quarter of an hour behind it. So a run that never started is late too.
 *
 * @see <a href="https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time">Time
 *     zones and daylight saving time</a>
 * @see <a href="https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html">Universal
 *     targets</a>
 */
final class Deadline extends Construct {

    /** Shorter than the quarter of an hour for which a run in time has spoken: a later 0 would be a false alarm. */
    private static final int MOST_SECONDS_LATE = 600;

    private static final int RETRIES = 10;

    Deadline(Construct scope, String id, Deployment deployment, MonitoringConfig monitoring, ServiceRole role) {
        super(scope, id);
        MonitoringNames names = MonitoringNames.of(deployment.config());
        LocalTime due = LocalTime.parse(monitoring.completeBy());
        ObjectNode input = JsonNodeFactory.instance.objectNode().put("Namespace", names.namespace());
        input.putArray("MetricData")
                .addObject()
                .put("MetricName", DayMetrics.COMPLETE)
                .put("Value", 0);
        SchedulerSchedule.Builder.create(this, "schedule")
                .name(names.deadline())
                .description("When the day's data is due")
                .scheduleExpression("cron(%d %d * * ? *)".formatted(due.getMinute(), due.getHour()))
                .scheduleExpressionTimezone(MonitoringConfig.TIME_ZONE)
                .flexibleTimeWindow(SchedulerScheduleFlexibleTimeWindow.builder()
                        .mode("OFF")
                        .build())
                .target(SchedulerScheduleTarget.builder()
                        .arn("arn:%s:scheduler:::aws-sdk:cloudwatch:putMetricData"
                                .formatted(deployment.arns().partition()))
                        .roleArn(role.getArn())
                        .input(input.toString())
                        .retryPolicy(SchedulerScheduleTargetRetryPolicy.builder()
                                .maximumEventAgeInSeconds(MOST_SECONDS_LATE)
                                .maximumRetryAttempts(RETRIES)
                                .build())
                        .build())
                .dependsOn(role.getReady())
                .build()
                .overrideLogicalId("deadline");
    }
}
