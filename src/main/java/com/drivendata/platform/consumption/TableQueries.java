package com.drivendata.platform.consumption;

import com.drivendata.platform.pipeline.Column;
import com.drivendata.platform.pipeline.Dataset;
import com.drivendata.platform.pipeline.RawDataset;
import com.drivendata.platform.pipeline.View;
import java.util.List;
import java.util.stream.Collectors;

/** SQL that shows the rows of one table or view, in an order that doesn't change from run to run. */
final class TableQueries {

    private static final String RUN_DATE = "run_date";

    private TableQueries() {}

    static String rawSample(RawDataset raw) {
        return "SELECT\n    %s\nFROM %s\nORDER BY %s\nLIMIT 10"
                .formatted(names(raw.columns()), raw.table(), raw.keyColumn().name());
    }

    static String stagingSample(Dataset dataset, Column key) {
        return "SELECT\n    %s,\n    %s\nFROM %s\nORDER BY %s DESC, %s\nLIMIT 10"
                .formatted(RUN_DATE, names(dataset.columns()), dataset.name(), RUN_DATE, key.name());
    }

    /** Every row of the view: the workgroup's scan limit bounds it. */
    static String all(View view, Column key) {
        String order = List.of(RUN_DATE, key.name()).stream()
                .filter(name -> view.columns().stream().map(Column::name).anyMatch(name::equals))
                .map(name -> name.equals(RUN_DATE) ? name + " DESC" : name)
                .collect(Collectors.joining(", "));
        return "SELECT\n    %s\nFROM %s%s"
                .formatted(names(view.columns()), view.name(), order.isEmpty() ? "" : "\nORDER BY " + order);
    }

    private static String names(List<Column> columns) {
        return columns.stream().map(Column::name).collect(Collectors.joining(",\n    "));
    }
}
