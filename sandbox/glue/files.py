"""Compares a data file with the table that it belongs to: Parquet by its schema, CSV by its header."""

from __future__ import annotations

import csv
import io
import zlib
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

HEADER_BYTES = 64 * 1024
_PARQUET, _MAGIC = "parquet", b"PAR1"
_TYPES = {
    "string": (pa.types.is_string, pa.types.is_large_string),
    "int": (pa.types.is_int32,),
    "bigint": (pa.types.is_int64,),
    "smallint": (pa.types.is_int16,),
    "tinyint": (pa.types.is_int8,),
    "double": (pa.types.is_float64,),
    "float": (pa.types.is_float32,),
    "boolean": (pa.types.is_boolean,),
    "date": (pa.types.is_date,),
    "timestamp": (pa.types.is_timestamp,),
    "binary": (pa.types.is_binary, pa.types.is_large_binary),
}


class Unreadable(Exception):
    """The file isn't what the table says it is."""


def differences(s3: Any, bucket: str, key: str, table: dict[str, Any]) -> list[str]:
    """What in the file isn't as declared, empty when all is. Raises Unreadable."""
    declared = {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}
    serde = table["StorageDescriptor"].get("SerdeInfo", {})
    if _PARQUET in serde.get("SerializationLibrary", "").lower():
        return _parquet(_footer(s3, bucket, key), declared)
    if int(table.get("Parameters", {}).get("skip.header.line.count", 0)):
        return _csv(s3, bucket, key, list(declared), serde.get("Parameters", {}))
    return []  # nothing in the file names its columns


def _footer(s3: Any, bucket: str, key: str) -> bytes:
    """A Parquet file's end, which holds its schema, made to look like a whole file."""

    def last(count: int) -> bytes:
        return s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=-{count}")["Body"].read()

    end = last(8)
    if end[-4:] != _MAGIC:
        raise Unreadable("not a Parquet file")
    return _MAGIC + last(int.from_bytes(end[:4], "little") + 8)


def _parquet(content: bytes, declared: dict[str, str]) -> list[str]:
    try:
        schema = pq.read_schema(io.BytesIO(content))
    except (pa.ArrowInvalid, OSError) as error:
        raise Unreadable(f"not a Parquet file: {error}") from None
    actual = {field.name.lower(): field.type for field in schema}
    found = [f"column {name} is missing" for name in declared if name not in actual]
    found += [f"column {name} ({actual[name]}) isn't declared" for name in actual if name not in declared]
    for name in declared.keys() & actual.keys():
        checks = _TYPES.get(declared[name])
        if checks and not any(check(actual[name]) for check in checks):
            found.append(f"column {name} is {actual[name]}, declared {declared[name]}")
    return sorted(found)


def _csv(s3: Any, bucket: str, key: str, declared: list[str], parameters: dict[str, str]) -> list[str]:
    head = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{HEADER_BYTES - 1}")["Body"].read()
    try:
        if key.endswith(".gz"):
            head = zlib.decompressobj(wbits=31).decompress(head)
        line = head.split(b"\n", 1)[0].decode("utf-8-sig")
        header = next(
            csv.reader(
                [line.rstrip("\r")],
                delimiter=parameters.get("separatorChar", ","),
                quotechar=parameters.get("quoteChar", '"'),
            )
        )
    except (UnicodeDecodeError, zlib.error, csv.Error, StopIteration) as error:
        raise Unreadable(f"not a CSV file: {error}") from None
    if [name.strip().lower() for name in header] == declared:
        return []
    return [f"its header is {', '.join(header)}; declared is {', '.join(declared)}"]
