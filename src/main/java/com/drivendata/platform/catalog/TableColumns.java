package com.drivendata.platform.catalog;

import com.drivendata.platform.pipeline.Column;
import com.drivendata.platform.pipeline.ColumnType;
import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTablePartitionKeys;
import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTableStorageDescriptorColumns;
import java.util.List;

/** Columns of the pipeline table as columns of a Glue table; a column's unit becomes its comment. */
final class TableColumns {

    private TableColumns() {}

    static List<GlueCatalogTableStorageDescriptorColumns> typed(List<Column> columns) {
        return columns.stream()
                .map(column ->
                        column(column.name(), column.type(), column.unit().orElse("")))
                .toList();
    }

    static List<GlueCatalogTableStorageDescriptorColumns> text(List<Column> columns) {
        return columns.stream()
                .map(column ->
                        column(column.name(), ColumnType.STRING, column.unit().orElse("")))
                .toList();
    }

    static GlueCatalogTableStorageDescriptorColumns column(String name, String glueType, String comment) {
        return GlueCatalogTableStorageDescriptorColumns.builder()
                .name(name)
                .type(glueType)
                .comment(comment)
                .build();
    }

    static GlueCatalogTablePartitionKeys partitionKey(String name, ColumnType type, String comment) {
        return GlueCatalogTablePartitionKeys.builder()
                .name(name)
                .type(type.glueName())
                .comment(comment)
                .build();
    }

    /** The partition key of every table that is written a day at a time. */
    static GlueCatalogTablePartitionKeys runDate() {
        return partitionKey("run_date", ColumnType.DATE, "The day of the run that wrote the row");
    }

    private static GlueCatalogTableStorageDescriptorColumns column(String name, ColumnType type, String comment) {
        return column(name, type.glueName(), comment);
    }
}
