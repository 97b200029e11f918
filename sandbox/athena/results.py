"""Results as Athena writes them: the CSV on S3 and its ``.metadata``, and values and columns in its API."""

import base64
import re
from collections.abc import Iterable, Iterator
from typing import Any

_PRECISION = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "float": 17, "double": 17,
              "varchar": 2147483647, "timestamp": 3, "timestamp with time zone": 3}  # fmt: skip
STRING = {"rawType": "varchar", "arguments": []}


def column_info(name: str, signature: dict[str, Any]) -> dict[str, Any]:
    """Athena's ColumnInfo of a result column, from Trino's signature of its type."""
    kind = {"real": "float"}.get(signature["rawType"], signature["rawType"])
    precision, scale = _PRECISION.get(kind, 0), 0
    if kind == "decimal":
        precision, scale = (argument["value"] for argument in signature["arguments"])
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": kind,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind == "varchar",
    }


def text(value: Any, signature: dict[str, Any]) -> str | None:
    """A value of Trino's protocol as Athena prints it; None for NULL."""
    if value is None:
        return None
    kind, arguments = signature["rawType"], [argument["value"] for argument in signature["arguments"]]
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind == "varbinary":
        return base64.b64decode(value).hex(" ")
    if kind == "array":
        return f"[{', '.join(_inner(each, arguments[0]) for each in value)}]"
    if kind == "map":
        pairs = (f"{_inner(key, arguments[0])}={_inner(each, arguments[1])}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    if kind == "row":
        fields = zip(arguments, value, strict=True)
        return f"{{{', '.join(_field_text(number, each, field) for number, (field, each) in enumerate(fields))}}}"
    return str(value)


def _inner(value: Any, signature: dict[str, Any]) -> str:
    shown = text(value, signature)
    return "null" if shown is None else shown


def _field_text(number: int, value: Any, field: dict[str, Any]) -> str:
    name = (field.get("fieldName") or {}).get("name") or f"field{number}"
    return f"{name}={_inner(value, field['typeSignature'])}"


def csv_line(values: Iterable[str | None]) -> str:
    """A line of the result file: every value in double quotes, NULL as nothing at all."""
    return ",".join("" if value is None else '"' + value.replace('"', '""') + '"' for value in values) + "\n"


_VALUE = re.compile(r'(?:"((?:[^"]|"")*)")?(,|\n)')


def read_rows(body: str) -> Iterator[list[str | None]]:
    """The rows of a result file as ``csv_line`` wrote them, the header among them."""
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
