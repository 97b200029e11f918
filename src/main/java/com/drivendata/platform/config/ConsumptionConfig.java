package com.drivendata.platform.config;

/** The Athena workgroup and the most bytes one query may scan (MiB; 0 is no limit). */
public record ConsumptionConfig(String workgroup, int scanLimitMb) {}
