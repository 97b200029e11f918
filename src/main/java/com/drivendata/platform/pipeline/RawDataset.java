package com.drivendata.platform.pipeline;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.YamlSection;
import java.util.List;
import java.util.Optional;

/** The daily CSV files: one a day, named {@code <filePrefix>_<YYYY-MM-DD>.csv}. */
public record RawDataset(String table, String crawler, String filePrefix, List<Column> columns) {

    static RawDataset read(YamlSection raw, Kind<String> filledName) {
        RawDataset dataset = new RawDataset(
                raw.required("table", Names.IDENTIFIER),
                raw.required("crawler", filledName),
                raw.required("file_prefix", Names.IDENTIFIER),
                raw.sections("columns").stream().map(Column::read).toList());
        Duplicates.note(raw, "columns", "column", dataset.columns.stream().map(Column::name));
        if (dataset.columns.stream().filter(Column::key).count() != 1) {
            raw.note("columns", "must hold exactly one column with key: true");
        }
        return dataset;
    }

    /** The view that gives the table's columns their types. */
    public String typedView() {
        return table + "_typed";
    }

    public Optional<Column> column(String name) {
        return columns.stream().filter(column -> name.equals(column.name())).findFirst();
    }

    /** Notes a table that leaves the key out. */
    void noteMissingKey(YamlSection table, List<String> names) {
        columns.stream()
                .filter(column -> column.key() && !names.contains(column.name()))
                .forEach(key -> table.note("columns", "must hold the key column, %s".formatted(key.name())));
    }

    /** The column that tells rows apart and joins the datasets. */
    public Column keyColumn() {
        return columns.stream().filter(Column::key).findFirst().orElseThrow();
    }
}
