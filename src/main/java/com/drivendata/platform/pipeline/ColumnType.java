package com.drivendata.platform.pipeline;

import java.util.Locale;

/** The types a column can have; the names are those of Glue and Athena. */
public enum ColumnType {
    STRING,
    INT,
    DOUBLE,
    BOOLEAN,
    DATE,
    TIMESTAMP;

    /** The type in a Glue table: {@code string}, {@code int} and so on. */
    public String glueName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
