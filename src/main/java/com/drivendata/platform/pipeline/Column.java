package com.drivendata.platform.pipeline;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.Kinds;
import com.drivendata.platform.config.yaml.YamlSection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A column; type, unit, rules and masking are declared once, in the raw dataset.
 *
 * @param required whether a row without a value is refused
 */
public record Column(
        String name,
        ColumnType type,
        Optional<String> unit,
        Optional<String> rule,
        Optional<Bound> min,
        Optional<Bound> max,
        boolean required,
        Masking masking,
        boolean key) {

    /** How a department that isn't entitled to the column sees it; the Glue library implements each. */
    public enum Masking {
        NONE,
        PARTIAL,
        FULL,
        /** A keyed code of the key, the same for the same key. */
        PSEUDONYM
    }

    /** What a text must satisfy; the Glue library implements each. */
    static final List<String> RULES =
            List.of("uuid4", "iban", "personal_number", "email", "phone", "mac_address", "ipv4");

    /** The types that the Glue library reads from a raw file; the others are for computed columns of views. */
    private static final List<ColumnType> RAW_TYPES =
            List.of(ColumnType.STRING, ColumnType.INT, ColumnType.DATE, ColumnType.TIMESTAMP);

    private static final Set<ColumnType> BOUNDED = EnumSet.of(ColumnType.INT, ColumnType.DATE, ColumnType.TIMESTAMP);

    static Column read(YamlSection column) {
        ColumnType type = column.required("type", Kinds.constant(RAW_TYPES, "_"));
        // With an unknown type, which is noted, there is nothing to say about bounds.
        Kind<Bound> bound = Bound.of(type == null ? ColumnType.INT : type);
        boolean bounded = BOUNDED.contains(type);
        Column read = new Column(
                column.required("name", Names.IDENTIFIER),
                type,
                column.optional("unit", Kinds.text(".+", "the unit of the numbers")),
                column.optional("rule", Kinds.oneOf(RULES)),
                bounded ? column.optional("min", bound) : column.absent("min"),
                bounded ? column.optional("max", bound) : column.absent("max"),
                column.value("required", Kinds.bool(), false),
                column.value("masking", Kinds.constant(Masking.class, "_"), Masking.NONE),
                column.value("key", Kinds.bool(), false));
        if (type != null) {
            read.noteConflicts(column);
        }
        return read;
    }

    /** A column of the catalog that no raw file has, such as a partition key or a computed value. */
    static Column derived(String name, ColumnType type) {
        Optional<String> none = Optional.empty();
        return new Column(name, type, none, none, Optional.empty(), Optional.empty(), false, Masking.NONE, false);
    }

    private void noteConflicts(YamlSection column) {
        if (masking == Masking.PARTIAL && type != ColumnType.STRING) {
            column.note("masking", "\"partial\": must be on a column of type string, not " + type.glueName());
        }
        // The key tells rows apart, masked too: the job counts by it that none was lost.
        if (key && (masking == Masking.PARTIAL || masking == Masking.FULL)) {
            column.note("masking", "must be pseudonym or none on the column with key: true");
        }
        if (!key && masking == Masking.PSEUDONYM) {
            column.note("masking", "\"pseudonym\": must be on the column with key: true");
        }
        if (rule.isPresent() && type != ColumnType.STRING) {
            column.note(
                    "rule",
                    "\"%s\": must be on a column of type string, not %s".formatted(rule.get(), type.glueName()));
        }
        for (String end : List.of("min", "max")) {
            if (column.has(end) && !BOUNDED.contains(type)) {
                column.note(end, "must be on a column of type int, date or timestamp, not " + type.glueName());
            }
        }
        if (min.isPresent() && max.isPresent() && min.get().value() > max.get().value()) {
            column.note("min", "\"%s\": must be at most max, %s".formatted(min.get(), max.get()));
        }
    }
}
