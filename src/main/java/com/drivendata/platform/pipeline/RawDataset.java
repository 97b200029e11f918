package com.drivendata.platform.pipeline;

import java.util.List;

/** The daily CSV files: one a day, named {@code <filePrefix>_<YYYY-MM-DD>.csv}. */
public record RawDataset(String table, String crawler, String filePrefix, List<Column> columns) {}
