package com.drivendata.platform.consumption;

import com.drivendata.platform.pipeline.Column;
import com.drivendata.platform.pipeline.Dataset;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.pipeline.RawDataset;
import com.drivendata.platform.pipeline.View;
import java.util.List;
import java.util.stream.Collectors;

/** SQL that shows the rows of one table or view. */
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

    /** Every row of the view, the newest day first: the workgroup's scan limit bounds it. */
    static String all(View view, Column key) {
        String order = List.of(PipelineTable.RUN_DATE, key.name()).stream()
                .filter(name -> view.columns().stream().map(Column::name).anyMatch(name::equals))
                .map(name -> name.equals(PipelineTable.RUN_DATE) ? name + " DESC" : name)
                .collect(Collectors.joining(", "));
        return "SELECT\n    %s\nFROM %s%s"
                .formatted(names(view.columns()), view.name(), order.isEmpty() ? "" : "\nORDER BY " + order);
    }

    private static String names(List<Column> columns) {
        return columns.stream().map(Column::name).collect(Collectors.joining(",\n    "));
    }
}
