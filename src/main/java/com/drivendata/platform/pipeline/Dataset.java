package com.drivendata.platform.pipeline;

import java.util.List;

/** A staging dataset: one Glue job writes it, one crawler registers its partitions. */
public record Dataset(String name, String task, String job, String crawler, String owner, List<Column> columns) {}
