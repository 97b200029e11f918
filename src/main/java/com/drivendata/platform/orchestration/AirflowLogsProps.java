package com.drivendata.platform.orchestration;

/** What {@link AirflowLogs} needs. {@code environment} is the name of the environment that writes the logs. */
public record AirflowLogsProps(String environment, int retentionDays) {}
