"""The raw file: refused as a whole when it isn't what the pipeline table declares, else cut into records.

Spark's own CSV reader isn't used for this. Reading line breaks inside quotes, it can't split the file, and in
no mode does it tell a record's line or its text, or notice bytes that are no UTF-8. So the file is read as
lines, which splits at any size, and the few records that run over several lines are put together from them.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from driven_data_glue.errors import RawFileRefused
from driven_data_glue.fields import is_row
from driven_data_glue.storage import Storage

GZIP_MAGIC = b"\x1f\x8b"
UTF8_BOM = b"\xef\xbb\xbf"
HEADER_BYTES = 64 * 1024


@dataclass(frozen=True)
class RawFile:
    """A raw file that may be read: it exists, is compressed as its name says, and has the declared header."""

    uri: str
    size_bytes: int  # as it is stored
    byte_order_mark: bool = False

    @property
    def gzip(self) -> bool:
        return self.uri.endswith(".gz")


def open_raw_file(storage: Storage, uri: str, columns: Sequence[str]) -> RawFile:
    """The file, or RawFileRefused."""
    check_header(storage, uri, columns)
    return RawFile(uri, storage.size(uri))


# A quote that isn't closed within so many lines is taken for a stray one, and its line stands alone. It
# bounds what one stray quote can spoil.
MAX_RECORD_LINES = 100


def check_header(storage: Storage, raw_file: str, columns: Sequence[str]) -> None:
    """Refuses a file that is missing, empty, compressed otherwise than its name says, or has another header.

    The header's order matters although the columns could be found by name: the catalog's raw table reads them
    by position, and would show such a file's values under wrong names.
    """
    size = storage.size(raw_file)
    if size is None:
        raise RawFileRefused(f"{raw_file} doesn't exist: run extract_raw_data for this day, or give another --raw_file")
    if size == 0:
        raise RawFileRefused(f"{raw_file} is empty, without even a header: the upload failed or the export broke")
    named_gzip = raw_file.endswith(".gz")
    if (storage.read(raw_file, limit=2) == GZIP_MAGIC) != named_gzip:
        content, name = ("not gzip", "ends in .gz") if named_gzip else ("gzip", "doesn't end in .gz")
        raise RawFileRefused(f"{raw_file}: the content is {content} but the name {name}; rename the file and run again")

    first_line = storage.read(raw_file, HEADER_BYTES, gunzip=named_gzip).removeprefix(UTF8_BOM).split(b"\n")[0]
    expected = ",".join(columns)
    try:
        header = next(csv.reader([first_line.rstrip(b"\r").decode("utf-8")]), [])
    except UnicodeDecodeError:
        raise RawFileRefused(f"{raw_file}: the header is not UTF-8; save the file as UTF-8 and run again") from None
    if header == list(columns):
        return
    if not set(header) & set(columns):
        problem = "has no header, or its first line is something else"
    elif sorted(header) == sorted(columns):
        problem = "has the header's columns in another order"
    else:
        missing = [name for name in columns if name not in header]
        unknown = [name for name in header if name not in columns]
        problem = f"has another header (missing: {missing}, unknown or doubled: {unknown or 'none'})"
    # The first line may be a person's row: it is not put into the message.
    raise RawFileRefused(f"{raw_file} {problem}; the first line must be {expected}")


def read_records(spark: SparkSession, raw_file: str, column_count: int) -> DataFrame:
    """Every record below the header: `line`, where it begins (the header is line 1), and `record`, its text.

    Empty lines are no records. The text is without the line break at its end, LF or CRLF; breaks within stay.
    """
    lines = _numbered_lines(spark, raw_file)
    if lines.some_quotes_open:
        records = _join_lines(lines.frame, column_count)
    else:
        records = lines.frame.withColumnRenamed("text", "record")
    return records.withColumn("record", _without_carriage_return("record")).where("line > 1 AND record != ''")


class _Lines:
    def __init__(self, frame: DataFrame, some_quotes_open: bool) -> None:
        self.frame = frame  # line, text
        self.some_quotes_open = some_quotes_open


def _numbered_lines(spark: SparkSession, raw_file: str) -> _Lines:
    """Counts each partition's lines in a scan of its own, so that every line knows its number in the next."""
    text = spark.read.option("lineSep", "\n").text(raw_file)
    lines = text.select(
        F.spark_partition_id().alias("partition"),
        # Counts up from 0 in each partition, in its lower 33 bits.
        F.monotonically_increasing_id().bitwiseAND((1 << 33) - 1).alias("index"),
        F.col("value").alias("text"),
    )
    counts = (
        lines.withColumn("block_start", F.col("_metadata.file_block_start"))
        .groupBy("partition")
        .agg(
            F.count("*").alias("lines"),
            F.min("block_start").alias("start"),
            F.max(_has_open_quote(F.col("text"))).alias("open"),
        )
        .collect()
    )
    first_lines = [0] * (max((row.partition for row in counts), default=0) + 1)
    line = 1
    for row in sorted(counts, key=lambda row: row.start):
        first_lines[row.partition] = line
        line += row.lines
    first_line = F.element_at(F.array([F.lit(first).cast("long") for first in first_lines]), F.col("partition") + 1)
    frame = lines.select((first_line + F.col("index")).alias("line"), "text")
    return _Lines(frame, any(row.open for row in counts))


def _without_carriage_return(name: str) -> SparkColumn:
    # Asked first, because trimming copies the text, and most files have no carriage returns.
    return F.when(F.col(name).endswith("\r"), F.expr(f"trim(TRAILING '\r' FROM {name})")).otherwise(F.col(name))


def _has_open_quote(text: SparkColumn) -> SparkColumn:
    return (F.octet_length(text) - F.octet_length(F.replace(text, F.lit('"'), F.lit("")))) % 2 == 1


def _join_lines(lines: DataFrame, column_count: int) -> DataFrame:
    """Joins the lines of records with line breaks inside quotes.

    A line with an odd number of quotes opens or closes such a record, so these lines are paired in their
    order. A pair whose lines don't make a whole record (a stray quote) is undone: its lines stand alone and
    are judged one by one.
    """
    in_order = Window.orderBy("line")
    opening = lines.where(_has_open_quote(F.col("text"))).select("line")
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
    members = spans.select("first", F.explode(F.sequence("first", "last")).alias("line"))
    numbered = F.array_sort(F.collect_list(F.struct("line", "text")))
    joined = (
        members.join(lines, "line")
        .groupBy("first")
        .agg(numbered.alias("lines"))
        .select("first", F.array_join("lines.text", "\n").alias("record"), F.size("lines").alias("size"))
        .where(is_row(_without_carriage_return("record"), column_count))
    )
    taken = joined.select(F.explode(F.sequence("first", F.col("first") + F.col("size") - 1)).alias("line"))
    alone = lines.join(taken, "line", "left_anti").select("line", F.col("text").alias("record"))
    return alone.unionAll(joined.select(F.col("first").alias("line"), "record"))
