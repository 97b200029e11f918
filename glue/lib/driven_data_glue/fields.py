"""A record's fields, as RFC 4180 has them: `quoted, with "" for a quote inside`, or without quote and comma."""

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

# The possessive quantifiers keep the time linear for any input.
_QUOTED = r'"[^"]*+(?:""[^"]*+)*+"'
_FIELD = rf'(?:{_QUOTED}|[^",\r\n]*+)'

_CSV = {"quote": '"', "escape": '"'}  # a quote inside quotes is doubled; a backslash is a backslash


def row_pattern(column_count: int) -> str:
    """Of a whole row with that many columns, the same to Python and Java but for what stands for the text's end."""
    return rf"\A(?:{_FIELD},){{{column_count - 1}}}{_FIELD}"


def is_row(record: SparkColumn, column_count: int) -> SparkColumn:
    """Whether the record has that many columns, each quoted rightly or not at all."""
    return record.rlike(row_pattern(column_count) + r"\z")


def is_well_quoted(record: SparkColumn) -> SparkColumn:
    """Whether quotes stand only around whole fields, however many fields there are."""
    return ~F.regexp_replace(record, rf"(?<![^,]){_QUOTED}(?![^,])", "").rlike(r'["\r\n]')


def with_fields(records: DataFrame, column_count: int) -> DataFrame:
    """Adds `fields`, the texts of the record's fields, or null where `record` is no row."""
    names = [f"c{number}" for number in range(column_count)]
    parsed = F.from_csv("row", ", ".join(f"{name} string" for name in names), _CSV)
    row = F.when(is_row(F.col("record"), column_count), F.col("record"))
    return (
        # In columns of their own, so that each is evaluated once for a record, and not once for each of its fields.
        records.withColumn("row", row)
        .withColumn("parsed", parsed)
        .withColumn("fields", F.when(F.col("row").isNotNull(), F.array(*[f"parsed.{name}" for name in names])))
        .select(*records.columns, "fields")
    )
