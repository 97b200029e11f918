package com.drivendata.platform.pipeline;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.YamlSection;
import java.util.List;
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

    /** What a value must satisfy beyond its type; the Glue library implements each. */
    static final List<String> RULES = List.of("uuid4", "iban", "personal_number", "not_negative");

    static Column read(YamlSection column) {
        return new Column(
                column.required("name", Names.IDENTIFIER),
                column.required("type", Kind.constant(ColumnType.class, "_")),
                column.optional("unit", Kind.text(".+", "the unit of the numbers")),
                column.optional("rule", Kind.oneOf(RULES)),
                column.value("masking", Kind.constant(Masking.class, "_"), Masking.NONE),
                column.value("key", Kind.bool(), false));
    }

    /** A column of the catalog that no raw file has, such as a partition key or a computed value. */
    static Column derived(String name, ColumnType type) {
        return new Column(name, type, Optional.empty(), Optional.empty(), Masking.NONE, false);
    }
}
