"""Every rule, on any record: the typed values, and why a row doesn't fit."""

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from driven_data_glue.fields import is_well_quoted, with_fields
from driven_data_glue.rules import in_range, rule_of, text, typed
from driven_data_glue.table import Column

REASON_SEPARATOR = ", "


def check_records(records: DataFrame, columns: Sequence[Column]) -> DataFrame:
    """Adds each record's typed values, by column, and `reason`: why the row doesn't fit, null when it fits.

    A reason is `<column>:<type or rule>`, `<column>:required` for a missing text that no rule speaks of, or
    `<column>:range`; and `row:utf8`, `row:quotes` and `row:columns` for a record that has no columns to speak of;
    several are joined by ", ". An empty text is null.
    """
    record = F.col("record")
    unreadable = (
        # Decoding replaces what is no UTF-8.
        F.when(F.decode(record.cast("binary"), "UTF-8") != record, "row:utf8")
        .when(F.col("fields").isNotNull(), None)
        .when(is_well_quoted(record), "row:columns")
        .otherwise("row:quotes")
    )
    fields = [(f"nullif(fields[{number}], '')", column) for number, column in enumerate(columns)]
    values = [f"{typed(field, column.type)} AS `{column.name}`" for field, column in fields]
    missing = [f"{field} IS NULL AS `{column.name}?`" for field, column in fields]
    misfits = ", ".join(misfit for column in columns for misfit in _misfits(column))
    parsed = with_fields(records, len(columns)).withColumn("unreadable", unreadable)
    return parsed.selectExpr(*records.columns, "unreadable", *values, *missing).selectExpr(
        *records.columns,
        f"coalesce(unreadable, nullif(concat_ws({text(REASON_SEPARATOR)}, {misfits}), '')) AS reason",
        *(f"`{column.name}`" for column in columns),
    )


def _misfits(column: Column) -> list[str]:
    """SQL of one reason each, null where there is none."""
    value, missing = f"`{column.name}`", f"`{column.name}?`"
    rule, within = rule_of(column), in_range(column, value)
    # A missing value breaks the rule or the type; where there is neither, it breaks nothing but `required`.
    if column.type != "string":
        name, wrong = column.type, f"{value} IS NULL"
    elif rule:
        name, wrong = column.rule, f"NOT coalesce({rule.holds(value)}, false)"
    else:
        name, wrong = "required", missing
    misfits = {name: wrong if column.required else f"{wrong} AND NOT {missing}"}
    if within:
        misfits["range"] = f"NOT {within}"
    return [f"CASE WHEN {wrong} THEN {text(column.name + ':' + name)} END" for name, wrong in misfits.items()]
