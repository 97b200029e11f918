package com.drivendata.platform.pipeline;

import java.util.List;

/** An Athena view of the trusted zone; {@code sql} is the text of {@code pipeline/views/<name>.sql}. */
public record View(String name, String department, List<Column> columns, String sql) {}
