"""A record's fields, as RFC 4180 has them: `quoted, with "" for a quote inside`, or without quote and comma."""

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

# The possessive quantifiers keep the time linear for any input.
_QUOTED = r'"[^"]*+(?:""[^"]*+)*+"'
_FIELD = rf'(?:{_QUOTED}|[^",\r\n]*+)'

_CSV = {"quote": '"', "escape": '"'}  # a quote inside quotes is doubled; a backslash is a backslash


def is_row(record: SparkColumn, column_count: int) -> SparkColumn:
    """Whether the record has that many columns, each quoted rightly or not at all."""
    return record.rlike(rf"\A(?:{_FIELD},){{{column_count - 1}}}{_FIELD}\z")


def is_well_quoted(record: SparkColumn) -> SparkColumn:
    """Whether quotes stand only around whole fields, however many fields there are."""
    return ~F.regexp_replace(record, rf"(?<![^,]){_QUOTED}(?![^,])", "").rlike(r'["\r\n]')


def with_fields(records: DataFrame, column_count: int) -> DataFrame:
    """Adds `fields`, the texts of the record's fields, or null where `record` is no row.

    Nearly every record has at most one quoted field, without quotes inside. Cutting it at its quotes and commas
    costs about half of the regular expression and the CSV parser that the others take.
    """
    names = [f"c{number}" for number in range(column_count)]
    parse = F.from_csv("difficult", ", ".join(f"{name} string" for name in names), _CSV)
    return (
        records.withColumn("pieces", F.split("record", '"'))  # before, within and after the quotes
        .withColumn("before", F.split(F.col("pieces")[0], ","))
        .withColumn("after", F.split(F.col("pieces")[2], ","))
        .withColumn("simple", _simple_fields(column_count))
        # In columns of their own, so that each is evaluated once for a row, and not once for each of its fields.
        .withColumn(
            "difficult", F.when(F.col("simple").isNull() & is_row(F.col("record"), column_count), F.col("record"))
        )
        .withColumn("parsed", parse)
        .withColumn("parsed", F.when(F.col("parsed").isNotNull(), F.array(*[f"parsed.{name}" for name in names])))
        .select(*records.columns, F.coalesce("simple", "parsed").alias("fields"))
    )


def _simple_fields(column_count: int) -> SparkColumn:
    """The fields of a record without quotes, or with one pair of them around a whole field; else null."""
    pieces, before, after = F.col("pieces"), F.col("before"), F.col("after")
    one_line = ~F.col("record").contains("\r") & ~F.col("record").contains("\n")
    unquoted = one_line & (F.size(pieces) == 1) & (F.size(before) == column_count)
    # Next to the quotes lies a comma or an end of the record, so these two pieces end and begin empty.
    quoted = (
        one_line
        & (F.size(pieces) == 3)
        & (F.element_at(before, -1) == "")
        & (F.element_at(after, 1) == "")
        & (F.size(before) + F.size(after) - 1 == column_count)
    )
    around = F.concat(
        F.slice(before, F.lit(1), F.size(before) - 1), F.array(pieces[1]), F.slice(after, F.lit(2), F.size(after))
    )
    return F.when(unquoted, before).when(quoted, around)
