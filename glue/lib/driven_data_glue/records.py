"""Records that run over several lines: put together from the lines on which a quote stays open."""

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from driven_data_glue.fields import is_row

# A quote that isn't closed within so many lines is taken for a stray one, and its line stands alone. It
# bounds what one stray quote can spoil.
MAX_RECORD_LINES = 100

HAS_OPEN_QUOTE = "(octet_length(text) - octet_length(replace(text, '\"', ''))) % 2 = 1"


def without_carriage_return(name: str) -> SparkColumn:
    return F.expr(f"CASE WHEN endswith({name}, '\\r') THEN trim(TRAILING '\\r' FROM {name}) ELSE {name} END")


def records_of(lines: DataFrame) -> DataFrame:
    """Each line (`line`, `text` and others) as a record of its own: `record` in the place of `text`."""
    others = [name for name in lines.columns if name != "text"]
    return lines.select(*others, without_carriage_return("text").alias("record")).where("record != ''")


def joined_records(lines: DataFrame, column_count: int) -> DataFrame:
    """The records that run over several of these lines: `first`, `last`, `record`, the `bytes` of its lines, and
    `found`, how many of its lines are among the given ones.

    A line with an odd number of quotes opens or closes such a record, so these lines are paired in their
    order. A pair whose lines don't make a whole record (a stray quote) is none: its lines stand alone and
    are judged one by one.
    """
    in_order = Window.orderBy("line")
    opening = lines.where(HAS_OPEN_QUOTE).select("line")
    far = F.col("line") - F.lag("line").over(in_order) >= MAX_RECORD_LINES
    clusters = opening.withColumn("far", F.coalesce(far, F.lit(False)).cast("int")).withColumn(
        "cluster", F.sum("far").over(in_order)
    )
    position = F.row_number().over(Window.partitionBy("cluster").orderBy("line"))
    spans = (
        clusters.withColumn("pair", F.floor((position - 1) / 2))
        .groupBy("cluster", "pair")
        .agg(F.min("line").alias("first"), F.max("line").alias("last"))
        .where("first < last")
    )
    members = spans.select("first", "last", F.explode(F.sequence("first", "last")).alias("line"))
    numbered = F.array_sort(F.collect_list(F.struct("line", "text")))
    return (
        members.join(lines, "line")
        .groupBy("first", "last")
        .agg(numbered.alias("lines"), F.sum("bytes").cast("int").alias("bytes"))
        .select(
            "first", "last", "bytes", F.array_join("lines.text", "\n").alias("text"), F.size("lines").alias("found")
        )
        .select("first", "last", "bytes", without_carriage_return("text").alias("record"), "found")
        .where(is_row(F.col("record"), column_count))
    )


def with_joined(lines: DataFrame, joined: DataFrame) -> DataFrame:
    """The records of all lines: those of several lines at the place of the first, the others one by one."""
    taken = joined.select(F.explode(F.sequence("first", "last")).alias("line"))
    alone = records_of(lines.join(taken, "line", "left_anti"))
    places = lines.drop("text", "bytes")
    several = joined.withColumnRenamed("first", "line").select("line", "record", "bytes").join(places, "line")
    return alone.unionByName(several)
