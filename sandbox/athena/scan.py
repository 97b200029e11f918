"""A table as a DuckDB relation: its partitions' files, columns by name, cast to the catalogue's types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.athena import csv_serdes, types
from sandbox.athena.casts import TO_MILLISECONDS
from sandbox.athena.catalog import Column, Partition, Table
from sandbox.athena.dialect import failure
from sandbox.athena.errors import NotSupported, QueryError
from sandbox.athena.files import FileCache, Lister, S3File
from sandbox.athena.formats import OPEN_CSV_SERDE, PARQUET_SERDE
from sandbox.athena.partitions import NULL_VALUE
from sandbox.athena.types import T

PATH_COLUMN = "$path"


@dataclass
class Scan:
    """One use of a table in a query: its files, and the columns of it that the answer needs."""

    table: Table
    needed: set[str]
    files: list[tuple[S3File, Partition | None]] = field(default_factory=list)
    local: dict[S3File, Path] = field(default_factory=dict)

    def bytes_scanned(self) -> int:
        """What Athena would read: the needed columns' chunks of Parquet files, text files whole."""
        if self.table.serde != PARQUET_SERDE:
            return sum(file.size for file, _ in self.files)
        return sum(_column_bytes(self.local[file], frozenset(self.needed)) for file, _ in self.files)


def locate(scan: Scan, partitions: list[Partition] | None, lister: Lister, cache: FileCache) -> None:
    """Finds the scan's files and fetches them; ``partitions`` is None for an unpartitioned table."""
    if partitions is None:
        scan.files = [(file, None) for file in lister.files(scan.table.location)]
    else:
        found = lister.files_of([partition.location for partition in partitions])
        scan.files = [(file, partition) for partition in partitions for file in found[partition.location]]
    if scan.table.serde == PARQUET_SERDE:
        scan.local = cache.fetch({file: None for file, _ in scan.files})
        return
    form = csv_serdes.TextFormat.of(scan.table)
    for file, _ in scan.files:
        scan.local[file] = cache.derived(
            file,
            repr(form),
            lambda source, target, name=file.key: csv_serdes.convert(source, name, target, form),
        )


def relation(scan: Scan) -> str:
    """The SELECT that gives the table's rows, its partition keys and ``$path``."""
    table = scan.table
    if not scan.files:
        return f"SELECT {', '.join(_nulls(table))} WHERE false"
    placed = ", ".join(
        f"({', '.join([_text(str(scan.local[file])), _text(file.uri), *_keys(table, partition)])})"
        for file, partition in scan.files
    )
    names = ["local", PATH_COLUMN, *(c.name for c in table.partition_keys)]
    places = f"(VALUES {placed}) AS place({', '.join(map(_quote, names))})"
    groups: dict[tuple[tuple[str, str], ...], dict[Path, str]] = {}
    for file, _ in scan.files:
        path = scan.local[file]
        groups.setdefault(_schema(path), {}).setdefault(path, file.uri)
    parts = [_group(table, dict(schema), files, places, names[1:]) for schema, files in groups.items()]
    return " UNION ALL ".join(parts)


def _group(table: Table, schema: dict[str, str], files: dict[Path, str], places: str, place_names: list[str]) -> str:
    """Files with one schema, read together."""
    of_text = table.serde != PARQUET_SERDE
    columns = []
    for position, column in enumerate(table.columns):
        if of_text:
            value = _from_text(column, f'file."c{position}"', position, table)
        else:
            value = _from_parquet(column, schema, next(iter(files.values())))
        columns.append(f"{value} AS {_quote(column.name)}")
    columns += [f"place.{_quote(name)}" for name in place_names]
    paths = ", ".join(_text(str(path)) for path in files)
    source = f"read_parquet([{paths}], filename = 'local', hive_partitioning = false)"
    return f"SELECT {', '.join(columns)} FROM {source} AS file JOIN {places} ON file.local = place.local"


_ALLOWED = {
    T.VARCHAR: ("string", "large_string", "dictionary"),
    T.VARBINARY: ("binary",),
    T.BOOLEAN: ("bool",),
    T.DATE: ("date32",),
    T.TIMESTAMP: ("timestamp",),
    T.DOUBLE: ("double", "float"),
    T.FLOAT: ("float",),
    **dict.fromkeys(types.INTEGERS, ("int8", "int16", "int32", "int64")),
    T.DECIMAL: ("decimal",),
    T.ARRAY: ("list",),
}


def _from_parquet(column: Column, schema: dict[str, str], uri: str) -> str:
    """The file's column of that name as the declared type; absent is NULL, another kind of type an error."""
    declared = types.duckdb_type(column.type)
    entry = next((name for name in schema if name.lower() == column.name), None)
    if entry is None:
        return f"CAST(NULL AS {declared})"
    actual = schema[entry]
    value = f"file.{_quote(entry)}"
    if not actual.startswith(_ALLOWED.get(column.type.this, ())):
        message = (
            f"HIVE_BAD_DATA: Field {column.name}'s type {actual.upper()} in parquet file {uri} "
            f"is incompatible with type {types.display(column.type)} defined in table schema"
        )
        # Fails only in queries that read the column.
        return failure(
            f"CASE WHEN {value} IS NULL THEN {_text(message)} ELSE {_text(message)} END", _castable(declared)
        )
    if column.type.this == T.TIMESTAMP:
        if "tz=" in actual:
            value = f"timezone('UTC', {value})"
        return value if actual.startswith(("timestamp[s", "timestamp[ms")) else TO_MILLISECONDS.format(value)
    return f"CAST({value} AS {declared})"


def _castable(declared: str) -> str:
    return "VARCHAR" if declared == "TEXT" else declared


_PATTERNS = {
    **dict.fromkeys(types.INTEGERS, r"[+-]?[0-9]+"),
    T.DOUBLE: r"\s*[+-]?(NaN|Infinity|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?)\s*",
    T.FLOAT: r"\s*[+-]?(NaN|Infinity|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?)\s*",
}


def _from_text(column: Column, value: str, position: int, table: Table) -> str:
    """A SerDe's text as the declared type.

    OpenCSVSerDe fails on what isn't a value and takes dates as days and timestamps as milliseconds since
    1970; LazySimpleSerDe gives NULL and takes ISO dates.
    """
    kind, declared = column.type.this, types.duckdb_type(column.type)
    strict = table.serde == OPEN_CSV_SERDE
    if kind == T.VARCHAR:
        return value
    if kind == T.BOOLEAN:
        if strict:  # anything but true is false
            return f"lower({value}) = 'true'"
        return f"CASE lower({value}) WHEN 'true' THEN true WHEN 'false' THEN false END"
    if kind in _PATTERNS:
        known = f"regexp_full_match({value}, '{_PATTERNS[kind]}')"
        result = f"CASE WHEN {known} THEN TRY_CAST({value} AS {declared}) END"
    elif kind == T.DATE and strict:
        result = f"(DATE '1970-01-01' + TRY_CAST({value} AS INTEGER))"
    elif kind == T.TIMESTAMP and strict:
        result = f"CAST(make_timestamp_ms(TRY_CAST({value} AS BIGINT)) AS TIMESTAMP)"
    elif kind in (T.DATE, T.TIMESTAMP, T.DECIMAL):
        result = f"TRY_CAST({value} AS {declared})"
    else:
        raise NotSupported(f"columns of type {column.hive_type} in text tables ({table.qualified_name})")
    if not strict:
        return result
    shown = f"''' || {value} || '''"
    bad = f"'HIVE_BAD_DATA: Error parsing field value {shown} for field {position}: For input string'"
    return f"CASE WHEN {value} IS NULL THEN NULL ELSE coalesce({result}, {failure(bad, declared)}) END"


def _keys(table: Table, partition: Partition | None) -> list[str]:
    values = partition.values if partition else ()
    return [
        f"CAST({'NULL' if text == NULL_VALUE else _text(text)} AS {types.duckdb_type(column.type)})"
        for column, text in zip(table.partition_keys, values, strict=True)
    ]


def _nulls(table: Table) -> Iterable[str]:
    for column in (*table.columns, *table.partition_keys):
        yield f"CAST(NULL AS {types.duckdb_type(column.type)}) AS {_quote(column.name)}"
    yield f'CAST(NULL AS VARCHAR) AS "{PATH_COLUMN}"'


@lru_cache(maxsize=4096)
def _metadata(path: Path) -> pq.FileMetaData:
    try:
        return pq.read_metadata(path)
    except pa.ArrowInvalid as error:
        raise QueryError("HIVE_BAD_DATA", f"Not valid Parquet file: {error}") from None


@lru_cache(maxsize=4096)
def _schema(path: Path) -> tuple[tuple[str, str], ...]:
    return tuple((field.name, str(field.type)) for field in _metadata(path).schema.to_arrow_schema())


@lru_cache(maxsize=16384)
def _column_bytes(path: Path, needed: frozenset[str]) -> int:
    metadata = _metadata(path)
    total = 0
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        for index in range(row_group.num_columns):
            chunk = row_group.column(index)
            if chunk.path_in_schema.partition(".")[0].lower() in needed:
                total += chunk.total_compressed_size
    return total


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
