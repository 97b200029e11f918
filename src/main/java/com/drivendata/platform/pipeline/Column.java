package com.drivendata.platform.pipeline;

import java.util.Optional;

/** A column; type, unit, rule and masking are declared once, in the raw dataset. */
public record Column(
        String name, ColumnType type, Optional<String> unit, Optional<String> rule, Masking masking, boolean key) {

    /** How non_pii_data shows the column. */
    public enum Masking {
        NONE,
        PARTIAL,
        FULL
    }
}
