"""A table's partitions in Glue's catalogue, as crawlers and Athena's statements read and register them."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

Values = tuple[str, ...]
BATCH = 100  # BatchCreatePartition's limit


class Unregistered(Exception):
    """Why Glue doesn't take a partition."""


def registered(glue: Any, database: str, table: str) -> dict[Values, dict[str, Any]]:
    """By their values."""
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=table)
    return {tuple(each["Values"]): each for page in pages for each in page["Partitions"]}


def register(glue: Any, database: str, table: Mapping[str, Any], wanted: Mapping[Values, str], **more: Any) -> None:
    """Registers partitions by their values and locations, stored as their table. Raises Unregistered."""
    storage = table["StorageDescriptor"]
    inputs = [
        {"Values": list(values), "StorageDescriptor": {**storage, "Location": location}, **more}
        for values, location in wanted.items()
    ]
    for first in range(0, len(inputs), BATCH):
        answer = glue.batch_create_partition(
            DatabaseName=database, TableName=table["Name"], PartitionInputList=inputs[first : first + BATCH]
        )
        for detail in (error["ErrorDetail"] for error in answer.get("Errors", [])):
            if detail["ErrorCode"] != "AlreadyExistsException":
                raise Unregistered(detail["ErrorMessage"])


def values_of(folders: Sequence[str], keys: Sequence[str]) -> Values | None:
    """The values that folders ``key=value`` name; None when they aren't those of the keys."""
    pairs = [folder.partition("=") for folder in folders]
    if [name.lower() for name, _, _ in pairs] != list(keys):
        return None
    return tuple(unquote(value) for _, _, value in pairs)
