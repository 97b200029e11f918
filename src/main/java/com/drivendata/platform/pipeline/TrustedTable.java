package com.drivendata.platform.pipeline;

import com.drivendata.platform.config.yaml.Kinds;
import com.drivendata.platform.config.yaml.YamlSection;
import com.drivendata.platform.pipeline.Column.Masking;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A department's table, written a day at a time. Masked columns that aren't {@code clear} are text.
 *
 * @param clear the masked columns that the department sees as they are
 * @param sql the text of {@code pipeline/trusted/<name>.sql}: one SELECT over the day's clean rows
 */
public record TrustedTable(
        String name, String department, Profile profile, List<String> clear, List<Column> columns, String sql) {

    /** How partly masked columns look; the Glue library implements each. */
    public enum Profile {
        WALKTHROUGH,
        STRICT
    }

    private static final String ALL = "all";

    static TrustedTable read(YamlSection table, RawDataset raw, Path sqlFolder) {
        String name = table.required("name", Names.IDENTIFIER);
        List<String> columns = table.values("columns", Names.IDENTIFIER, List.of());
        List<String> clear = clear(table, raw);
        Map<String, ColumnType> types = table.map("types", Names.IDENTIFIER, Kinds.constant(ColumnType.class, "_"));
        Duplicates.note(table, "columns", "column", columns.stream());
        types.keySet().stream()
                .filter(column ->
                        !columns.contains(column) || raw.column(column).isPresent())
                .forEach(column -> table.note(
                        "types", "\"%s\": must be a column of the table and no raw column".formatted(column)));
        columns.stream()
                .filter(column -> column(column, clear, types, raw).isEmpty())
                .forEach(column -> table.note(
                        "columns", "\"%s\": must be a raw column or have its type under types".formatted(column)));
        raw.noteMissingKey(table, columns);
        return new TrustedTable(
                name,
                table.required("department", Names.IDENTIFIER),
                table.value("profile", Kinds.constant(Profile.class, "-"), Profile.WALKTHROUGH),
                clear,
                columns.stream()
                        .flatMap(column -> column(column, clear, types, raw).stream())
                        .toList(),
                sql(table, name, sqlFolder));
    }

    private static List<String> clear(YamlSection table, RawDataset raw) {
        List<String> clear = table.values("clear", Names.IDENTIFIER, List.of());
        List<String> masked = raw.columns().stream()
                .filter(column -> column.masking() != Masking.NONE)
                .map(Column::name)
                .toList();
        if (clear.equals(List.of(ALL))) {
            return masked;
        }
        Duplicates.note(table, "clear", "column", clear.stream());
        clear.stream()
                .filter(column -> !masked.contains(column))
                .forEach(column -> table.note("clear", "\"%s\": must be a raw column with masking".formatted(column)));
        return clear;
    }

    /** The raw column, as text where it is masked; or a computed one. */
    private static Optional<Column> column(
            String name, List<String> clear, Map<String, ColumnType> types, RawDataset raw) {
        Optional<Column> column = raw.column(name);
        boolean masked = column.filter(each -> each.masking() != Masking.NONE && !clear.contains(name))
                .isPresent();
        return masked
                ? Optional.of(Column.derived(name, ColumnType.STRING))
                : column.or(() -> Optional.ofNullable(types.get(name)).map(type -> Column.derived(name, type)));
    }

    private static String sql(YamlSection table, String name, Path sqlFolder) {
        Path file = sqlFolder.resolve(name + ".sql");
        if (name == null || !Files.isRegularFile(file)) {
            table.note("name", "\"%s\": its SQL, pipeline/trusted/%s.sql, must exist".formatted(name, name));
            return "";
        }
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
