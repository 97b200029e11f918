package com.drivendata.platform.storage;

import com.drivendata.platform.config.StorageConfig;
import com.drivendata.platform.pipeline.Prefixes;

/**
 * What {@link DataLakeBucket} needs. Only a {@code destroyable} bucket may be destroyed with objects in it.
 *
 * @param partition of AWS, as ARNs name it, literally or as a Terraform expression
 */
public record DataLakeBucketProps(String partition, StorageConfig storage, Prefixes prefixes, boolean destroyable) {}
