package com.drivendata.platform.consumption;

import com.drivendata.platform.pipeline.Column;
import com.drivendata.platform.pipeline.ColumnType;
import com.drivendata.platform.pipeline.Dataset;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.pipeline.Quarantine;
import com.drivendata.platform.pipeline.RawDataset;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The data checks, as SQL over every table of the pipeline. */
final class QualityQueries {

    private static final String UNION = "\nUNION ALL\n";

    private QualityQueries() {}

    static String duplicates(PipelineTable pipeline) {
        String key = pipeline.raw().keyColumn().name();
        return Stream.concat(
                        Stream.of(pipeline.raw().table()),
                        pipeline.datasets().stream().map(Dataset::name))
                .map(table -> """
                        SELECT '%1$s' AS dataset, %2$s, count(*) AS copies
                        FROM %1$s
                        GROUP BY %2$s
                        HAVING count(*) > 1""".formatted(table, key))
                .collect(Collectors.joining(UNION, "", "\nORDER BY dataset, copies DESC, " + key));
    }

    /** One row for each column of each table; each table is read once. */
    static String missingValues(PipelineTable pipeline) {
        RawDataset raw = pipeline.raw();
        // The raw table is all text, whatever type the pipeline table declares.
        Stream<String> rawCounts = Stream.of(missingValues(raw.table(), raw.columns(), column -> true));
        Stream<String> stagingCounts = pipeline.datasets().stream()
                .map(dataset ->
                        missingValues(dataset.name(), dataset.columns(), column -> column.type() == ColumnType.STRING));
        return Stream.concat(rawCounts, stagingCounts)
                .collect(Collectors.joining(UNION, "", "\nORDER BY dataset, column_name"));
    }

    static String quarantineSummary() {
        return """
                SELECT %1$s, %2$s, count(*) AS row_count
                FROM %3$s
                GROUP BY %1$s, %2$s
                ORDER BY %1$s DESC, %2$s""".formatted(PipelineTable.RUN_DATE, Quarantine.REASON, Quarantine.TABLE);
    }

    private static String missingValues(String table, List<Column> columns, Function<Column, Boolean> text) {
        return """
                SELECT '%s' AS dataset, names.column_name, counts.row_count,
                    CASE names.column_name
                        %s
                    END AS missing
                FROM (
                    SELECT
                        count(*) AS row_count,
                        %s
                    FROM %s
                ) AS counts
                CROSS JOIN (
                    VALUES %s
                ) AS names (column_name)""".formatted(
                        table,
                        join(columns, "\n        ", column -> "WHEN '%1$s' THEN counts.%1$s".formatted(column.name())),
                        join(
                                columns,
                                ",\n        ",
                                column -> "count_if(%s) AS %s"
                                        .formatted(isMissing(column.name(), text.apply(column)), column.name())),
                        table,
                        join(columns, ", ", column -> "('%s')".formatted(column.name())));
    }

    private static String isMissing(String name, boolean text) {
        return text ? "%1$s IS NULL OR %1$s = ''".formatted(name) : name + " IS NULL";
    }

    private static String join(List<Column> columns, String separator, Function<Column, String> part) {
        return columns.stream().map(part).collect(Collectors.joining(separator));
    }
}
