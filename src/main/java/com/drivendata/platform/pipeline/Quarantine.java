package com.drivendata.platform.pipeline;

import java.util.List;

/** The table of the refused rows of all datasets, as the job that judges the rows writes it, a partition a day. */
public final class Quarantine {

    public static final String TABLE = "quarantine";

    /** The rule that a row broke; several are parted by commas. */
    public static final String REASON = "reason";

    /** In the order in which they are written. */
    public static final List<Field> FIELDS = List.of(
            new Field("line", "bigint", "Line of the raw file, the header being 1"),
            new Field(REASON, "string", "The rule that the row broke"),
            new Field("record", "string", "The whole raw row"),
            new Field("raw_file", "string", "Where the row came from"));

    private Quarantine() {}

    /**
     * One of its columns.
     *
     * @param type as Glue and Athena name it
     */
    public record Field(String name, String type, String meaning) {}
}
