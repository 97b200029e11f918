package com.drivendata.platform.pipeline;

import com.drivendata.platform.config.yaml.Kind;
import java.time.LocalDate;

/**
 * An end of the range that a column's values must lie in; the end itself is allowed.
 *
 * @param value the number, or the day counted from 1970-01-01
 * @param day whether it is a day, which bounds dates and timestamps
 */
public record Bound(long value, boolean day) {

    /** How a column's bounds are written: days for dates and timestamps, whole numbers for numbers. */
    static Kind<Bound> of(ColumnType type) {
        return switch (type) {
            case DATE, TIMESTAMP -> {
                Kind<LocalDate> day = Kind.day();
                yield node -> new Bound(day.parse(node).toEpochDay(), true);
            }
            default -> {
                Kind<Integer> number = Kind.integer(-999_999_999, 999_999_999);
                yield node -> new Bound(number.parse(node), false);
            }
        };
    }

    /** The number or the day, as the pipeline table writes it. */
    @Override
    public String toString() {
        return day ? LocalDate.ofEpochDay(value).toString() : Long.toString(value);
    }
}
