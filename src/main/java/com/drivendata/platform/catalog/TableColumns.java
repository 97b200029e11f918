package com.drivendata.platform.catalog;

import com.drivendata.platform.pipeline.Column;
import com.drivendata.platform.pipeline.ColumnType;
import com.drivendata.platform.pipeline.PipelineTable;
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

    /** The partition key of every table that is written a day at a time; text, as a crawler takes it from the path. */
    static GlueCatalogTablePartitionKeys runDate() {
        return GlueCatalogTablePartitionKeys.builder()
                .name(PipelineTable.RUN_DATE)
                .type(ColumnType.STRING.glueName())
                .comment("The day of the run that wrote the row, YYYY-MM-DD")
                .build();
    }

    private static GlueCatalogTableStorageDescriptorColumns column(String name, ColumnType type, String comment) {
        return column(name, type.glueName(), comment);
    }
}
