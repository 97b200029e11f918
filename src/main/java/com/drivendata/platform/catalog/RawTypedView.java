package com.drivendata.platform.catalog;

import com.drivendata.platform.pipeline.Column;
import com.drivendata.platform.pipeline.ColumnType;
import com.drivendata.platform.pipeline.RawDataset;
import com.drivendata.platform.pipeline.View;
import java.util.stream.Collectors;

/**
 * The view that gives the raw table's columns their declared types; a value that doesn't fit is NULL. It shows every
 * personal column: it is for who may read the raw table.
 */
final class RawTypedView {

    private RawTypedView() {}

    static View of(RawDataset raw) {
        String columns = raw.columns().stream().map(RawTypedView::expression).collect(Collectors.joining(",\n    "));
        return new View(raw.typedView(), raw.columns(), "SELECT\n    %s\nFROM %s".formatted(columns, raw.table()));
    }

    private static String expression(Column column) {
        return column.type() == ColumnType.STRING
                ? column.name()
                : "try_cast(%1$s AS %2$s) AS %1$s".formatted(column.name(), PrestoView.sqlType(column.type()));
    }
}
