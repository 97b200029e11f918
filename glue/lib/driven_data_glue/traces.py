"""Where a person is found: values looked for in files of any kind, by their bytes and decoded.

Runs in the driver alone. Spark reads no object's older versions, and would print what it looks for in its plans.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

import pyarrow as pa

from driven_data_glue.fields import row_pattern
from driven_data_glue.parquet_rows import rows_holding
from driven_data_glue.raw import GZIP_MAGIC
from driven_data_glue.records import MAX_RECORD_LINES
from driven_data_glue.table import PipelineTable

BLOCK = 4 * 2**20
# What a broken Parquet or gzip file raises.
UNREADABLE = (pa.ArrowException, OSError, EOFError, zlib.error)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PERSONAL_NUMBER = re.compile(r"[0-9]{13}")


@dataclass(frozen=True)
class Values:
    """What a person is known by, in small letters: upper-case ones are found too."""

    texts: tuple[str, ...]

    def within(self, content: bytes) -> bool:
        lower = content.lower()
        return any(value.encode() in lower for value in self.texts)

    def within_stream(self, stream: BinaryIO) -> bool:
        end = b""
        while block := stream.read(BLOCK):
            if self.within(end + block):
                return True
            end = block[-64:]  # longer than any value
        return False

    @property
    def pattern(self) -> str:
        return "|".join(map(re.escape, self.texts))


@dataclass
class Found:
    """held: whether a value stands in the file; rows: those with one, as far as it has rows; people: the personal
    number and the key of each, empty where it has none; unreadable: why it could be searched by its bytes alone."""

    held: bool
    rows: int = 0
    unreadable: str = ""
    people: set[tuple[str, str]] = field(default_factory=set)


def look_into(file: BinaryIO, values: Values, table: PipelineTable) -> Found | None:
    """What of the person is in the file; None when there is nothing."""
    found = Found(held=values.within_stream(file))
    file.seek(0)
    try:
        for row in _rows(file, values, len(table.raw_columns), found.held):
            found.held = True
            found.rows += 1
            found.people |= _person_of(row, table)
    except UNREADABLE as error:
        found.unreadable = f"{type(error).__name__}: {error}"
    return found if found.held or found.unreadable else None


def holds(content: bytes, values: Values, table: PipelineTable) -> bool:
    found = look_into(io.BytesIO(content), values, table)
    return found is not None and found.held


def _rows(file: BinaryIO, values: Values, columns: int, held: bool) -> Iterator[dict[str, str]]:
    """The rows that hold a value, with their columns, or with the `record` of a file of text."""
    head = file.read(4)
    file.seek(0)
    if head == b"PAR1":
        yield from rows_holding(file, values.pattern)
        return
    content = gzip.GzipFile(fileobj=file, mode="rb") if head.startswith(GZIP_MAGIC) else file
    # Most files hold nothing, and a look at whole blocks is quicker than one at each record.
    if content is not file:
        held = values.within_stream(content)
        content.seek(0)
    for record in records_in(content, columns) if held else ():
        text = b"".join(record)
        if values.within(text):
            yield {"record": text.decode(errors="replace").rstrip("\r\n")}


def records_in(lines: Iterable[bytes], columns: int) -> Iterator[list[bytes]]:
    """The lines of each record, byte by byte, as records.joined_records puts them together: a line that leaves a quote
    open goes together with the next such line, if both and what is between them make a whole row."""
    row = re.compile(row_pattern(columns).encode())
    waiting: list[bytes] = []
    for line in lines:
        leaves_open = line.count(b'"') % 2 == 1
        if not waiting and not leaves_open:
            yield [line]
            continue
        closes = bool(waiting) and leaves_open
        waiting.append(line)
        if closes and row.fullmatch(b"".join(waiting).removesuffix(b"\n").rstrip(b"\r")):
            yield waiting
            waiting = []
        elif closes or len(waiting) == MAX_RECORD_LINES:
            yield from ([each] for each in waiting)
            waiting = []
    yield from ([each] for each in waiting)


def without(lines: Iterable[bytes], values: Values, columns: int) -> tuple[list[bytes], int, int] | None:
    """The lines without the records that hold a value, and how many these were and are left.

    The records that stay are the same ones. A line of the person with a stray quote may keep others from being paired:
    then a quote alone stays in its place. None when that doesn't help either.
    """
    records = list(records_in(lines, columns))
    going = [values.within(b"".join(record)) for record in records]
    for stray in (False, True):
        rest = []
        for record, goes in zip(records, going, strict=True):
            if not goes:
                rest.append(record)
            elif stray and len(record) == 1 and record[0].count(b'"') % 2:
                rest.append([b'"\n'])
        if list(records_in((line for record in rest for line in record), columns)) == rest:
            return [line for record in rest for line in record], sum(going), len(rest)
    return None


def _person_of(row: dict[str, str], table: PipelineTable) -> set[tuple[str, str]]:
    """The row's personal number and key; either is empty where it isn't one."""
    names: Sequence[str] = [column.name for column in table.raw_columns]
    if "record" in row and table.key.name not in row:
        fields = next(csv.reader([row["record"]]), [])
        row = dict(zip(names, fields, strict=False)) if len(fields) == len(names) else {}
    number = next((row.get(column.name) for column in table.raw_columns if column.rule == "personal_number"), None)
    key = (row.get(table.key.name) or "").lower()
    person = number if number and _PERSONAL_NUMBER.fullmatch(number) else "", key if _UUID.fullmatch(key) else ""
    return {person} if any(person) else set()
