"""The raw file: refused as a whole when it isn't what the pipeline table declares, else read as lines.

Spark's own CSV reader isn't used for this. Reading line breaks inside quotes, it can't split the file, and in
no mode does it tell a record's line or its text, or notice bytes that are no UTF-8. So the file is read as
lines, which splits at any size, and the few records that run over several lines are put together from them
(records.py).
"""

import csv
import gzip
import io
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession

from driven_data_glue.errors import RawFileRefused
from driven_data_glue.storage import MEBIBYTE, S3Storage

GZIP_MAGIC = b"\x1f\x8b"
UTF8_BOM = b"\xef\xbb\xbf"
HEADER_BYTES = 64 * 1024
# What reading gzip raises that was cut off or changed.
BROKEN_GZIP = (EOFError, gzip.BadGzipFile, zlib.error)


@dataclass(frozen=True)
class RawFile:
    """A raw file that may be read: it exists, is compressed as its name says, and has the declared header."""

    uri: str
    size_bytes: int  # as it is stored
    byte_order_mark: bool = False

    @property
    def gzip(self) -> bool:
        return self.uri.endswith(".gz")


def open_raw_file(storage: S3Storage, uri: str, columns: Sequence[str]) -> RawFile:
    """Refuses a file that is missing, empty, compressed otherwise than its name says, or has another header.

    The header's order matters although the columns could be found by name: the catalog's raw table reads them
    by position, and would show such a file's values under wrong names.
    """
    found = storage.find(uri)
    if found is None:
        raise RawFileRefused(f"{uri} doesn't exist: run extract_raw_data for this day, or give another --raw_file")
    if found.size == 0:
        raise RawFileRefused(f"{uri} is empty, without even a header: the upload failed or the export broke")
    head, named_gzip = storage.read(uri, HEADER_BYTES), uri.endswith(".gz")
    if head.startswith(GZIP_MAGIC) != named_gzip:
        content, name = ("not gzip", "ends in .gz") if named_gzip else ("gzip", "doesn't end in .gz")
        raise RawFileRefused(f"{uri}: the content is {content} but the name {name}; rename the file and run again")
    stored = io.BytesIO(head)
    try:
        first_line = (gzip.GzipFile(fileobj=stored) if named_gzip else stored).readline(HEADER_BYTES)
    except BROKEN_GZIP as error:
        raise _broken(uri, str(error)) from None
    _check_header(uri, first_line.removeprefix(UTF8_BOM), columns)
    return RawFile(uri, found.size, first_line.startswith(UTF8_BOM))


def _broken(uri: str, reason: str) -> RawFileRefused:
    return RawFileRefused(f"{uri} is broken gzip ({reason}): the upload failed; upload the file anew and run again")


def _check_header(uri: str, first_line: bytes, columns: Sequence[str]) -> None:
    expected = ",".join(columns)
    first_line = first_line.removesuffix(b"\n").removesuffix(b"\r")
    if b"\r" in first_line:
        raise RawFileRefused(
            f"{uri} ends its lines with CR alone, so it is all one line; save it with LF or CRLF and run again"
        )
    try:
        header = next(csv.reader([first_line.decode("utf-8")]), [])
    except UnicodeDecodeError:
        raise RawFileRefused(f"{uri}: the header is not UTF-8; save the file as UTF-8 and run again") from None
    if header == list(columns):
        return
    if not set(header) & set(columns):
        problem = "has no header, or its first line is something else"
    elif sorted(header) == sorted(columns):
        problem = "has the header's columns in another order"
    else:
        missing = [name for name in columns if name not in header]
        problem = f"has another header: {len(header)} fields, missing {', '.join(missing) or 'none'}"
    # The first line may be a person's row, or end with one: nothing of it is put into the message.
    raise RawFileRefused(f"{uri} {problem}; the first line must be {expected}")


@dataclass(frozen=True)
class Cut:
    """How the file is cut into blocks, each read by one task and written as one file of clean rows.

    It depends on the file and the wanted size alone, not on the cluster, so the same file gives the same files.
    """

    block_bytes: int
    rows_per_file: int  # 0: as many as there are

    # With fewer, larger blocks some cores of a small cluster would wait for others.
    _AT_ONCE = 4
    _SMALL_BLOCK = 8 * MEBIBYTE
    # gzip can't be cut: one task reads all of it, and starts a new file after so many rows of about 270 bytes.
    _ROWS_PER_MEBIBYTE = 4_000

    @staticmethod
    def of(raw_file: RawFile, target_file_mb: float) -> "Cut":
        if raw_file.gzip:
            return Cut(raw_file.size_bytes, max(1, round(target_file_mb * Cut._ROWS_PER_MEBIBYTE)))
        blocks = math.ceil(raw_file.size_bytes / (target_file_mb * MEBIBYTE))
        if blocks < Cut._AT_ONCE:
            blocks = max(blocks, min(Cut._AT_ONCE, math.ceil(raw_file.size_bytes / Cut._SMALL_BLOCK)))
        else:
            blocks = math.ceil(blocks / Cut._AT_ONCE) * Cut._AT_ONCE
        return Cut(math.ceil(raw_file.size_bytes / blocks), 0)


def read_lines(spark: SparkSession, raw_file: RawFile) -> DataFrame:
    """Every line of the file, its line break taken off: `block`, where the block that it lies in begins, its place in
    the block as `line_in_block` from 0, its size with the line break in `bytes`, and its `text`.

    No number of a line that another reading must find again: where the file is cut otherwise, these are other numbers,
    and no less right.
    """
    return (
        spark.read.option("lineSep", "\n")
        .text(raw_file.uri)
        .selectExpr(
            "_metadata.file_block_start AS block",
            # Counts up from 0 in each task, in its lower 33 bits.
            "CAST(monotonically_increasing_id() & 8589934591 AS int) AS line_in_block",
            "octet_length(value) + 1 AS bytes",
            "value AS text",
        )
    )


def content_bytes(spark: SparkSession, raw_file: RawFile) -> int:
    """The file's size without compression, counted by a reader that isn't Spark's. Refuses broken gzip."""
    if not raw_file.gzip:
        return raw_file.size_bytes
    jvm = spark.sparkContext._jvm
    path = jvm.org.apache.hadoop.fs.Path(raw_file.uri)
    stored = path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration()).open(path)
    try:
        return jvm.java.util.zip.GZIPInputStream(stored, 65536).transferTo(jvm.java.io.OutputStream.nullOutputStream())
    except Py4JJavaError as error:
        if error.java_exception.getClass().getName() not in ("java.io.EOFException", "java.util.zip.ZipException"):
            raise
        raise _broken(raw_file.uri, error.java_exception.getMessage()) from None
    finally:
        stored.close()
