"""Compares a Parquet file's schema with the table that it belongs to."""

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_PARQUET, _MAGIC = "parquet", b"PAR1"
# Arrow's names of Hive's types, without units and zones.
_TYPES = {
    **{each: each for each in ("string", "double", "float", "timestamp", "binary")},
    **{"int": "int32", "bigint": "int64", "smallint": "int16", "tinyint": "int8", "boolean": "bool", "date": "date32"},
}


class Unreadable(Exception):
    """The file isn't what the table says it is."""


def differences(s3: Any, bucket: str, key: str, table: dict[str, Any]) -> list[str]:
    """What in the file isn't as declared, empty when all is. Raises Unreadable."""
    declared = {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}
    serde = table["StorageDescriptor"].get("SerdeInfo", {})
    if _PARQUET in serde.get("SerializationLibrary", "").lower():
        return _parquet(_footer(s3, bucket, key), declared)
    return []  # a raw file's header is compared by the job that judges it


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
        if declared[name] in _TYPES and str(actual[name]).partition("[")[0] != _TYPES[declared[name]]:
            found.append(f"column {name} is {actual[name]}, declared {declared[name]}")
    return sorted(found)
