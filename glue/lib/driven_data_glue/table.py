"""The pipeline table as the jobs read it: the raw columns with types and rules, and the datasets."""

import json
from dataclasses import dataclass

from driven_data_glue.errors import JobError


@dataclass(frozen=True)
class Column:
    name: str
    type: str  # string | int | date | timestamp
    rule: str | None = None
    key: bool = False


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
        columns = tuple(
            Column(column["name"], column["type"], column.get("rule"), column.get("key", False))
            for column in table["raw"]["columns"]
        )
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
