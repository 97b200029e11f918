package com.drivendata.platform.pipeline;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.Kinds;
import com.drivendata.platform.config.yaml.Shape;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;

/**
 * An end of the range that a column's values must lie in; the end itself is allowed.
 *
 * @param value the number, or the day counted from 1970-01-01
 * @param day whether it is a day, which bounds dates and timestamps
 */
public record Bound(long value, boolean day) {

    private static final Shape SHAPE = new Shape(
            Map.of("type", List.of("integer", "string")), "a whole number, or for dates and timestamps a day");

    /** How a column's bounds are written: days for dates and timestamps, whole numbers for numbers. */
    static Kind<Bound> of(ColumnType type) {
        Kind<Bound> bound = switch (type) {
            case DATE, TIMESTAMP -> Kinds.day().as(day -> new Bound(day.toEpochDay(), true));
            default -> Kinds.integer(-999_999_999, 999_999_999).as(number -> new Bound(number, false));
        };
        return bound.shaped(SHAPE);
    }

    /** The number or the day, as the pipeline table writes it. */
    @Override
    public String toString() {
        return day ? LocalDate.ofEpochDay(value).toString() : Long.toString(value);
    }
}
