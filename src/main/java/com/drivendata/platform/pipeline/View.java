package com.drivendata.platform.pipeline;

import com.drivendata.platform.config.yaml.Kinds;
import com.drivendata.platform.config.yaml.YamlSection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** An Athena view of the trusted zone; {@code sql} is the text of {@code pipeline/views/<name>.sql}. */
public record View(String name, String department, List<Column> columns, String sql) {

    /** @param sqlFolder the folder of the views' SQL */
    static View read(YamlSection view, RawDataset raw, Path sqlFolder) {
        String name = view.required("name", Names.IDENTIFIER);
        List<String> columns = view.values("columns", Names.IDENTIFIER, List.of());
        Map<String, ColumnType> types = view.map("types", Names.IDENTIFIER, Kinds.constant(ColumnType.class, "_"));
        Duplicates.note(view, "columns", "column", columns.stream());
        types.keySet().stream()
                .filter(column -> !columns.contains(column))
                .forEach(column -> view.note("types", "\"%s\": must be a column of the view".formatted(column)));
        columns.stream()
                .filter(column -> type(column, types, raw).isEmpty())
                .forEach(column -> view.note(
                        "columns", "\"%s\": must be a raw column or have its type under types".formatted(column)));
        return new View(
                name,
                view.required("department", Names.IDENTIFIER),
                columns.stream()
                        .flatMap(column -> type(column, types, raw).map(type -> Column.derived(column, type)).stream())
                        .toList(),
                sql(view, name, sqlFolder));
    }

    private static Optional<ColumnType> type(String column, Map<String, ColumnType> types, RawDataset raw) {
        return Stream.of(
                        Optional.ofNullable(types.get(column)),
                        raw.column(column).map(Column::type),
                        Optional.of(ColumnType.STRING).filter(text -> column.equals(PipelineTable.RUN_DATE)))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static String sql(YamlSection view, String name, Path sqlFolder) {
        Path file = sqlFolder.resolve(name + ".sql");
        if (name == null || !Files.isRegularFile(file)) {
            view.note("name", "\"%s\": its SQL, pipeline/views/%s.sql, must exist".formatted(name, name));
            return "";
        }
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
