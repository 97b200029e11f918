"""Results as Athena writes them: the CSV on S3 and its ``.metadata``, and values and columns in its API."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlglot import exp

from sandbox.athena import types
from sandbox.athena.types import T

_PRECISION = {
    **{T.TINYINT: 3, T.SMALLINT: 5, T.INT: 10, T.BIGINT: 19, T.FLOAT: 17, T.DOUBLE: 17},
    **{T.VARCHAR: 2147483647, T.TIMESTAMP: 3, T.TIMESTAMPTZ: 3},
}


def column_info(name: str, kind: exp.DataType) -> dict[str, Any]:
    """Athena's ColumnInfo of a result column."""
    precision, scale = _PRECISION.get(kind.this, 0), 0
    if kind.this == T.DECIMAL:
        precision, scale = types.digits(kind)
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": "array" if kind.this == T.ARRAY else types.display(kind).partition("(")[0],
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind.this == T.VARCHAR,
    }


def text(value: object, kind: exp.DataType) -> str | None:
    """A value as Athena prints it; None for NULL."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return java_double(value, single=kind.this == T.FLOAT)
    if isinstance(value, Decimal):
        return f"{value:.{types.digits(kind)[1]}f}"
    if isinstance(value, datetime):
        shown = value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03d}"
        return f"{shown} UTC" if kind.this == T.TIMESTAMPTZ else shown
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex(" ")
    if isinstance(value, list):
        element = kind.expressions[0] if kind.expressions else kind
        return "[" + ", ".join("null" if v is None else text(v, element) or "" for v in value) + "]"
    return str(value)


def java_double(value: float, single: bool = False) -> str:
    """A double as Java prints it (``1.0``, ``1.0E10``, ``Infinity``)."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    digits = f"{value:.9g}" if single and float(f"{value:.7g}") != value else repr(value)
    exact = Decimal(digits)
    if exact == 0:
        return "-0.0" if math.copysign(1, value) < 0 else "0.0"
    if 1e-3 <= abs(value) < 1e7:
        plain = format(exact, "f")
        return plain if "." in plain else f"{plain}.0"
    sign, figures, _ = exact.as_tuple()
    mantissa = "".join(map(str, figures)).rstrip("0") or "0"
    return f"{'-' if sign else ''}{mantissa[0]}.{mantissa[1:] or '0'}E{exact.adjusted()}"


def csv_line(values: Iterable[str | None]) -> str:
    """A line of the result file: every value in double quotes, NULL as nothing at all."""
    return ",".join("" if value is None else '"' + value.replace('"', '""') + '"' for value in values) + "\n"


_VALUE = re.compile(r'(?:"((?:[^"]|"")*)")?(,|\n)')


def read_rows(body: str) -> Iterator[list[str | None]]:
    """The rows of a result file as `csv_line` wrote them, the header among them."""
    row: list[str | None] = []
    for match in _VALUE.finditer(body):
        row.append(None if match[1] is None else match[1].replace('""', '"'))
        if match[2] == "\n":
            yield row
            row = []


def metadata(query_id: str, columns: list[dict[str, Any]]) -> bytes:
    """The ``.metadata`` file: a protocol buffer with the query's id and its columns."""
    out = _field(1, query_id.encode())
    for column in columns:
        parts = _field(1, column["CatalogName"].encode())
        parts += _field(4, column["Name"].encode()) + _field(5, column["Label"].encode())
        parts += _field(6, column["Type"].encode())
        parts += _number(7, column["Precision"]) + _number(8, column["Scale"]) + _number(9, 3)
        parts += _number(10, int(column["CaseSensitive"]))
        out += _field(4, parts)
    return out


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
