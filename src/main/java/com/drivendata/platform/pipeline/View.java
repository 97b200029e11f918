package com.drivendata.platform.pipeline;

import java.util.List;

/** An Athena view. It gives no access of its own: whoever queries it must be allowed to read what it reads. */
public record View(String name, List<Column> columns, String sql) {}
