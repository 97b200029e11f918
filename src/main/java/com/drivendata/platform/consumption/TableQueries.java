package com.drivendata.platform.consumption;

import com.drivendata.platform.pipeline.Column;
import com.drivendata.platform.pipeline.Dataset;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.pipeline.RawDataset;
import com.drivendata.platform.pipeline.TrustedTable;
import java.util.List;
import java.util.stream.Collectors;

/** SQL that shows the rows of one table. */
final class TableQueries {

    private TableQueries() {}

    /** Any ten rows: without an order Athena stops when it has them, however long the history is. */
    static String rawSample(RawDataset raw) {
        return "SELECT\n    %s\nFROM %s\nLIMIT 10".formatted(names(raw.columns()), raw.table());
    }

    /** Any ten rows, with the day they belong to. */
    static String stagingSample(Dataset dataset) {
        return "SELECT\n    %s,\n    %s\nFROM %s\nLIMIT 10"
                .formatted(PipelineTable.RUN_DATE, names(dataset.columns()), dataset.name());
    }

    /** Every row of a department's table, the newest day first: the workgroup's scan limit bounds it. */
    static String all(TrustedTable table, Column key) {
        return "SELECT\n    %1$s,\n    %2$s\nFROM %3$s\nORDER BY %1$s DESC, %4$s"
                .formatted(PipelineTable.RUN_DATE, names(table.columns()), table.name(), key.name());
    }

    private static String names(List<Column> columns) {
        return columns.stream().map(Column::name).collect(Collectors.joining(",\n    "));
    }
}
