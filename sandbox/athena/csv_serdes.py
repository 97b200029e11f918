"""Text tables: the rows that Athena's OpenCSVSerDe and LazySimpleSerDe make of a file's lines.

A file is read once into Parquet with text columns only, as the SerDe splits it; the catalogue's types come
later. OpenCSVSerDe reads line by line: as on Athena, a line break inside quotes ends the row (the quoted text
up to it is the row's last value, the rest of the text starts another row).
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.athena.catalog import Table
from sandbox.athena.errors import NotSupported, QueryError
from sandbox.athena.formats import LAZY_SIMPLE_SERDE, OPEN_CSV_SERDE

BATCH_ROWS = 50_000


@dataclass(frozen=True)
class TextFormat:
    """How a table's lines become values. ``null`` is the text that stands for NULL (None: no text does)."""

    separator: str
    quote: str | None
    escape: str | None
    null: str | None
    skip_lines: int
    columns: int

    @classmethod
    def of(cls, table: Table) -> TextFormat:
        given = table.serde_parameters
        skip = table.parameters.get("skip.header.line.count", given.get("skip.header.line.count", "0"))
        common = {"skip_lines": int(skip), "columns": len(table.columns)}
        if table.serde == OPEN_CSV_SERDE:
            escape = _char(table, "escapeChar", '"')
            # The SerDe's default '"' leaves the escape to the parser, whose own default is the backslash.
            escape = "\\" if escape == '"' else escape
            return cls(_char(table, "separatorChar", ","), _char(table, "quoteChar", '"'), escape, None, **common)
        if table.serde == LAZY_SIMPLE_SERDE:
            separator = given.get("field.delim", given.get("serialization.format", "\x01"))
            null = given.get("serialization.null.format", "\\N")
            return cls(_delimiter(separator), None, given.get("escape.delim"), null, **common)
        raise NotSupported(f"the SerDe {table.serde or '(none)'} of {table.qualified_name}")


def _char(table: Table, name: str, default: str) -> str:
    value = table.serde_parameters.get(name) or default
    if len(value) != 1:
        raise QueryError("HIVE_INVALID_METADATA", f"{name} of {table.qualified_name} isn't one character: {value!r}")
    return value


def _delimiter(text: str) -> str:
    return chr(int(text)) if text.isdigit() else text


def convert(source: Path, name: str, target: Path, form: TextFormat) -> None:
    """Writes the rows of the text file ``source`` (called ``name`` on S3) to the Parquet file ``target``."""
    if name.endswith((".bz2", ".zip", ".snappy", ".lz4", ".zst", ".deflate")):
        raise NotSupported(f"the compression of {name}")
    schema = pa.schema([(f"c{i}", pa.string()) for i in range(form.columns)])
    opener = gzip.open if name.endswith(".gz") else open
    with opener(source, "rb") as lines, pq.ParquetWriter(target, schema, compression="snappy") as writer:
        rows: list[list[str | None]] = []
        for row in _rows(_lines(lines), form):
            rows.append(row)
            if len(rows) == BATCH_ROWS:
                writer.write_batch(_batch(rows, schema))
                rows = []
        writer.write_batch(_batch(rows, schema))


def _lines(stream) -> Iterator[str]:
    """Lines ended by LF, CRLF or CR, as Hadoop's reader splits them."""
    for chunk in stream:
        body = chunk.rstrip(b"\n")
        if body.endswith(b"\r"):
            body = body[:-1]
        yield from (part.decode("utf-8", "replace") for part in body.split(b"\r"))


def _rows(lines: Iterator[str], form: TextFormat) -> Iterator[list[str | None]]:
    for _ in range(form.skip_lines):
        next(lines, None)
    split = _open_csv(form) if form.quote else _lazy_simple(form)
    width = form.columns
    for line in lines:
        values = split(line)
        row: list[str | None] = list(values[:width])
        row += [None] * (width - len(row))
        yield row


def _lazy_simple(form: TextFormat):
    def split(line: str) -> list[str | None]:
        if form.escape is None:
            parts = line.split(form.separator)
        else:
            escape, separator = re.escape(form.escape), re.escape(form.separator)
            found = re.findall(rf"((?:{escape}.|[^{separator}{escape}])*)(?:{separator}|$)", line)
            parts = [re.sub(rf"{escape}(.)", r"\1", part) for part in found[: line.count(form.separator) + 1]]
        return [None if part == form.null else part for part in parts]

    return split


def _open_csv(form: TextFormat):
    """A line splitter: the csv module for well-formed lines, opencsv's own rules for the others."""
    separator, quote = re.escape(form.separator), re.escape(form.quote)
    escape = re.escape(form.escape)
    bare = rf"[^{separator}{quote}{escape}]*"
    quoted = rf"{quote}(?:[^{quote}{escape}]|{quote}{quote})*{quote}"
    field = rf"(?:{quoted}|{bare})"
    well_formed = re.compile(rf"{field}(?:{separator}{field})*").fullmatch

    def split(line: str) -> list[str]:
        if form.quote not in line and form.escape not in line:
            return line.split(form.separator)
        if well_formed(line):
            return next(csv.reader([line], delimiter=form.separator, quotechar=form.quote, doublequote=True))
        return parse_line(line, form)

    return split


def parse_line(line: str, form: TextFormat) -> list[str]:
    """One line by the rules of opencsv 2.3, which the SerDe uses (leading white space ignored)."""
    values: list[str] = []
    text: list[str] = []
    in_quotes = in_field = False
    i, end = 0, len(line)
    while i < end:
        char = line[i]
        following = line[i + 1] if i + 1 < end else ""
        if char == form.escape:
            if (in_quotes or in_field) and following and following in (form.quote, form.escape):
                text.append(following)
                i += 1
        elif char == form.quote:
            if (in_quotes or in_field) and following == form.quote:
                text.append(following)
                i += 1
            else:
                if i > 2 and line[i - 1] != form.separator and following and following != form.separator:
                    if text and "".join(text).isspace():
                        text.clear()
                    else:
                        text.append(char)
                in_quotes = not in_quotes
            in_field = not in_field
        elif char == form.separator and not in_quotes:
            values.append("".join(text))
            text.clear()
            in_field = False
        else:
            text.append(char)
            in_field = True
        i += 1
    values.append("".join(text))
    return values


def _batch(rows: list[list[str | None]], schema: pa.Schema) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    return pa.record_batch([pa.array(column, pa.string()) for column in columns], schema=schema)
