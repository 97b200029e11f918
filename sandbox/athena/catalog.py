"""The data catalogue: databases, tables, views and partitions, read from Glue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from sqlglot import exp

from sandbox.athena.errors import QueryError
from sandbox.athena.types import parse_type

CATALOG = "awsdatacatalog"


@dataclass(frozen=True)
class Column:
    name: str
    hive_type: str
    comment: str = ""

    @property
    def type(self) -> exp.DataType:
        return parse_type(self.hive_type)


@dataclass(frozen=True)
class Partition:
    """One partition: its values as text, in the order of the table's keys, and where its files lie."""

    values: tuple[str, ...]
    location: str


@dataclass(frozen=True)
class Table:
    database: str
    name: str
    columns: tuple[Column, ...]
    partition_keys: tuple[Column, ...]
    location: str
    input_format: str
    serde: str
    serde_parameters: dict[str, str]
    parameters: dict[str, str]
    view_text: str | None

    @property
    def is_view(self) -> bool:
        return self.view_text is not None

    @property
    def qualified_name(self) -> str:
        return f"{CATALOG}.{self.database}.{self.name}"


class Catalog:
    """One query's reading of Glue: each database and table is asked for once."""

    def __init__(self, glue: Any) -> None:
        self.glue = glue
        self._tables: dict[tuple[str, str], Table] = {}

    def databases(self) -> list[str]:
        pages = self.glue.get_paginator("get_databases").paginate()
        return sorted(database["Name"] for page in pages for database in page["DatabaseList"])

    def require_database(self, name: str, at: exp.Expression | None = None) -> None:
        try:
            self.glue.get_database(Name=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            raise QueryError("SCHEMA_NOT_FOUND", f"Schema '{name}' does not exist", at) from None

    def tables(self, database: str) -> list[Table]:
        pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=database)
        return sorted((_table(database, t) for page in pages for t in page["TableList"]), key=lambda t: t.name)

    def find(self, database: str, name: str) -> Table | None:
        key = (database.lower(), name.lower())
        if key not in self._tables:
            try:
                self._tables[key] = _table(key[0], self.glue.get_table(DatabaseName=key[0], Name=key[1])["Table"])
            except ClientError as error:
                if error.response["Error"]["Code"] != "EntityNotFoundException":
                    raise
                return None
        return self._tables[key]

    def table(self, database: str, name: str, at: exp.Expression | None = None) -> Table:
        """The table, or Athena's error when the database or the table isn't there."""
        found = self.find(database, name)
        if found is None:
            self.require_database(database, at)
            full = f"{CATALOG}.{database.lower()}.{name.lower()}"
            raise QueryError("TABLE_NOT_FOUND", f"Table '{full}' does not exist", at)
        return found

    def partitions(self, table: Table) -> list[Partition]:
        """The registered partitions, and nothing else."""
        pages = self.glue.get_paginator("get_partitions").paginate(DatabaseName=table.database, TableName=table.name)
        return [
            Partition(tuple(p["Values"]), p["StorageDescriptor"]["Location"])
            for page in pages
            for p in page["Partitions"]
        ]


def _table(database: str, raw: dict[str, Any]) -> Table:
    storage = raw.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    is_view = raw.get("TableType") == "VIRTUAL_VIEW"
    return Table(
        database=database,
        name=raw["Name"].lower(),
        columns=_columns(storage.get("Columns")),
        partition_keys=_columns(raw.get("PartitionKeys")),
        location=storage.get("Location") or "",
        input_format=storage.get("InputFormat") or "",
        serde=serde.get("SerializationLibrary") or "",
        serde_parameters=serde.get("Parameters") or {},
        parameters=raw.get("Parameters") or {},
        view_text=(raw.get("ViewOriginalText") or "") if is_view else None,
    )


def _columns(raw: list[dict[str, str]] | None) -> tuple[Column, ...]:
    return tuple(Column(c["Name"].lower(), c.get("Type") or "string", c.get("Comment") or "") for c in raw or [])
