package com.drivendata.platform.storage;

import com.drivendata.platform.config.StorageConfig;
import com.drivendata.platform.pipeline.Prefixes;

/** What {@link DataLakeBucket} needs. Only a {@code destroyable} bucket may be destroyed with objects in it. */
public record DataLakeBucketProps(StorageConfig storage, Prefixes prefixes, boolean destroyable) {}
