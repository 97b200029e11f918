package com.drivendata.platform.processing;

/** What {@link JobLogs} needs. The {@code company} keeps the groups of two companies in one account apart. */
public record JobLogsProps(String company, int retentionDays) {}
