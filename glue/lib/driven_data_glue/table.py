"""The pipeline table as the jobs read it: the raw columns, the datasets and the departments' tables."""

import json
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from driven_data_glue.errors import JobError


@dataclass(frozen=True)
class Column:
    name: str
    type: str  # string | int | date | timestamp
    rule: str | None = None  # of a string
    key: bool = False
    required: bool = False
    min: int | date | None = None  # of int, date and timestamp: the least value, and the greatest, themselves allowed
    max: int | date | None = None
    masking: str | None = None  # full | partial | pseudonym, wherever a department isn't entitled to the column

    @staticmethod
    def of(column: dict[str, Any]) -> "Column":
        name, kind = column["name"], column["type"]
        if kind not in ("string", "int", "date", "timestamp"):
            raise ValueError(f"column {name} has the unknown type {kind!r}")

        def bound(side: str) -> int | date | None:
            value = column.get(side)
            if value is None:
                return None
            if kind == "int" and type(value) is int:
                return value
            if kind in ("date", "timestamp") and isinstance(value, str):
                return date.fromisoformat(value)
            raise ValueError(f"column {name}, a {kind}, can't have {side}: {value!r}")

        if column.get("rule") and kind != "string":
            raise ValueError(f"column {name}, a {kind}, can't have a rule; only a string can")
        given = {each.name: column[each.name] for each in fields(Column) if each.name in column}
        return Column(**given | {"min": bound("min"), "max": bound("max")})


@dataclass(frozen=True)
class Dataset:
    name: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class TrustedTable:
    """A department's table: `sql` over the clean rows, in which every masked column that isn't `clear` is masked."""

    name: str
    department: str
    profile: str  # how partly masked columns look: see masking.PROFILES
    clear: frozenset[str]
    columns: tuple[tuple[str, str], ...]  # name and type
    sql: str

    @staticmethod
    def of(table: dict[str, Any]) -> "TrustedTable":
        return TrustedTable(
            table["name"],
            table["department"],
            table["profile"],
            frozenset(table["clear"]),
            tuple((column["name"], column["type"]) for column in table["columns"]),
            table["sql"],
        )


@dataclass(frozen=True)
class PipelineTable:
    raw_columns: tuple[Column, ...]
    datasets: tuple[Dataset, ...]
    prefixes: dict[str, str]
    database: str
    trusted: tuple[TrustedTable, ...] = ()

    @property
    def key(self) -> Column:
        return next(column for column in self.raw_columns if column.key)

    def dataset(self, name: str) -> Dataset:
        for dataset in self.datasets:
            if dataset.name == name:
                return dataset
        known = ", ".join(dataset.name for dataset in self.datasets)
        raise JobError(f"the pipeline table has no dataset {name!r}; it has {known}")


def parse_table(text: str, path: str) -> PipelineTable:
    """Reads the packaged pipeline table; `path` is only named in messages."""
    try:
        table = json.loads(text)
        columns = tuple(Column.of(column) for column in table["raw"]["columns"])
        by_name = {column.name: column for column in columns}
        datasets = tuple(
            Dataset(dataset["name"], tuple(by_name[name] for name in dataset["columns"]))
            for dataset in table["datasets"]
        )
        trusted = tuple(TrustedTable.of(each) for each in table.get("trusted", {}).get("tables", ()))
        prefixes, database = table["prefixes"], table["database"]
    except (ValueError, KeyError, TypeError) as error:
        raise JobError(f"{path} is not a packaged pipeline table: {error!r}; deploy the stack again") from error
    if sum(column.key for column in columns) != 1:
        raise JobError(f"{path}: exactly one raw column must be the key")
    return PipelineTable(columns, datasets, prefixes, database, trusted)
