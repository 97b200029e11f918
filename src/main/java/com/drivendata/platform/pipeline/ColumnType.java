package com.drivendata.platform.pipeline;

/** The types a column can have; the names are those of Glue and Athena. */
public enum ColumnType {
    STRING,
    INT,
    DOUBLE,
    BOOLEAN,
    DATE,
    TIMESTAMP
}
