package com.drivendata.platform.catalog;

import com.drivendata.platform.pipeline.Column;
import com.drivendata.platform.pipeline.ColumnType;
import com.drivendata.platform.pipeline.PipelineTable;
import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTablePartitionKeys;
import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTableStorageDescriptorColumns;
import java.util.List;
import java.util.function.Function;

/** Columns of the pipeline table as columns of a Glue table; a column's unit becomes its comment. */
final class TableColumns {

    private TableColumns() {}

    static List<GlueCatalogTableStorageDescriptorColumns> of(List<Column> columns, Function<Column, ColumnType> type) {
        return columns.stream()
                .map(column -> column(
                        column.name(),
                        type.apply(column).glueName(),
                        column.unit().orElse("")))
                .toList();
    }

    static GlueCatalogTableStorageDescriptorColumns column(String name, String glueType, String comment) {
        return GlueCatalogTableStorageDescriptorColumns.builder()
                .name(name)
                .type(glueType)
                .comment(comment)
                .build();
    }

    /** The day, as text, as a crawler takes it from the path. */
    static List<GlueCatalogTablePartitionKeys> partitionKeys(TableFormat format) {
        return !format.daily()
                ? List.of()
                : List.of(GlueCatalogTablePartitionKeys.builder()
                        .name(PipelineTable.RUN_DATE)
                        .type(ColumnType.STRING.glueName())
                        .comment("The day of the run that wrote the row, YYYY-MM-DD")
                        .build());
    }
}
