package com.drivendata.platform.consumption;

import com.drivendata.platform.config.ConsumptionConfig;

/**
 * What {@link Workgroup} needs.
 *
 * @param resultLocation the {@code s3://} address of query results, ending in a slash
 * @param destroyable whether the workgroup may be destroyed with its query history
 */
public record WorkgroupProps(ConsumptionConfig consumption, String resultLocation, boolean destroyable) {}
