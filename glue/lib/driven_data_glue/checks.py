"""Every row is checked whole, so all datasets accept the same rows of a raw file."""

from collections.abc import Sequence

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from driven_data_glue.errors import JobError
from driven_data_glue.fields import is_well_quoted, with_fields
from driven_data_glue.rules import RULES, typed
from driven_data_glue.table import Column

REASON_SEPARATOR = ", "


def check_rows(records: DataFrame, columns: Sequence[Column]) -> DataFrame:
    """Adds each record's typed values, by column, and `reason`: why the row doesn't fit, null when it fits.

    A reason is `<column>:<type or rule>`, or `row:utf8`, `row:quotes` and `row:columns` for a record that has
    no columns to speak of; several are joined by ", ". An empty text is null. It is allowed for a string
    without a rule.
    """
    record = F.col("record")
    unreadable = (
        # Decoding replaces what is no UTF-8.
        F.when(F.decode(record.cast("binary"), "UTF-8") != record, "row:utf8")
        .when(F.col("fields").isNotNull(), None)
        .when(is_well_quoted(record), "row:columns")
        .otherwise("row:quotes")
    )
    parsed = with_fields(records, len(columns)).withColumn("unreadable", unreadable)
    texts = {column.name: _null_if_empty(F.col("fields")[number]) for number, column in enumerate(columns)}
    values = [typed(texts[column.name], column.type).alias(column.name) for column in columns]
    misfits = F.concat_ws(REASON_SEPARATOR, *[misfit for column in columns for misfit in _misfits(column)])
    return parsed.select("line", "record", "unreadable", *values).withColumn(
        "reason", F.coalesce(F.col("unreadable"), _null_if_empty(misfits))
    )


def _null_if_empty(text: SparkColumn) -> SparkColumn:
    return F.when(text != "", text)


def _misfits(column: Column) -> list[SparkColumn]:
    value = F.col(f"`{column.name}`")
    checks = []
    if column.type != "string":
        checks.append(F.when(value.isNull(), f"{column.name}:{column.type}"))
    if column.rule:
        if column.rule not in RULES:
            raise JobError(f"column {column.name} has the unknown rule {column.rule!r}; known: {', '.join(RULES)}")
        holds = RULES[column.rule](value)
        missing = column.type == "string"  # of other types, a missing value was named above
        checks.append(F.when(~F.coalesce(holds, F.lit(not missing)), f"{column.name}:{column.rule}"))
    return checks


def find_duplicates(accepted: DataFrame, key: str) -> DataFrame | None:
    """The lines (`line`) of accepted rows whose key an earlier accepted row has; None when there are none.

    Only hashes of the keys are grouped, 16 bytes a row. The keys themselves are compared where hashes meet,
    which is hardly ever in a sound file.
    """
    keys = accepted.select("line", F.col(key).alias("key"), F.xxhash64(key).alias("hash"))
    meeting = keys.groupBy("hash").count().where("count > 1").select("hash")
    if meeting.isEmpty():
        return None
    occurrence = F.row_number().over(Window.partitionBy("key").orderBy("line"))
    same_hash = keys.join(meeting, "hash", "left_semi")
    return same_hash.withColumn("occurrence", occurrence).where("occurrence > 1").select("line")


def staged_rows(checked: DataFrame, duplicates: DataFrame | None) -> DataFrame:
    """The rows that fit, but for the duplicates."""
    fitting = checked.where("reason IS NULL")
    return fitting if duplicates is None else fitting.join(duplicates, "line", "left_anti")


def quarantined_rows(
    checked: DataFrame, records: DataFrame, duplicates: DataFrame | None, duplicate_reason: str
) -> DataFrame:
    """The rows that don't fit and the duplicates: `line`, `reason`, and the row's text as `record`."""
    misfits = checked.where("reason IS NOT NULL").select("line", "reason", "record")
    if duplicates is None:
        return misfits
    # Fitting rows don't carry their text through the checks, so the few duplicates fetch it from the file
    # again.
    again = records.join(duplicates, "line").select("line", F.lit(duplicate_reason).alias("reason"), "record")
    return misfits.unionAll(again)
