"""The pipeline table as the jobs read it: the raw columns with types and rules, and the datasets."""

import json
from dataclasses import dataclass
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
        return Column(
            name,
            kind,
            column.get("rule"),
            column.get("key", False),
            column.get("required", False),
            bound("min"),
            bound("max"),
        )


@dataclass(frozen=True)
class Dataset:
    name: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class PipelineTable:
    raw_columns: tuple[Column, ...]
    datasets: tuple[Dataset, ...]
    prefixes: dict[str, str]
    database: str

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
        prefixes, database = table["prefixes"], table["database"]
    except (ValueError, KeyError, TypeError) as error:
        raise JobError(f"{path} is not a packaged pipeline table: {error!r}; deploy the stack again") from error
    if sum(column.key for column in columns) != 1:
        raise JobError(f"{path}: exactly one raw column must be the key")
    return PipelineTable(columns, datasets, prefixes, database)
