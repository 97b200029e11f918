"""Which partitions a query reads: the registered ones, or those that partition projection computes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product

from sandbox.athena import types
from sandbox.athena.catalog import Catalog, Column, Partition, Table
from sandbox.athena.errors import NotSupported, QueryError
from sandbox.athena.types import T

NULL_VALUE = "__HIVE_DEFAULT_PARTITION__"
MOST_PROJECTED = 1_000_000


@dataclass(frozen=True)
class Condition:
    """``key <operator> value`` (or IN several values) that every row of the answer satisfies."""

    key: str
    operator: str
    values: tuple[object, ...]

    def admits(self, value: object) -> bool:
        if value is None:
            return False
        wanted = self.values
        tests: dict[str, Callable[[], bool]] = {
            "in": lambda: value in wanted,
            "<": lambda: value < wanted[0],
            "<=": lambda: value <= wanted[0],
            ">": lambda: value > wanted[0],
            ">=": lambda: value >= wanted[0],
        }
        try:
            return tests[self.operator]()
        except TypeError:  # not comparable here: the query itself decides
            return True


def select(catalog: Catalog, table: Table, conditions: Iterable[Condition]) -> list[Partition]:
    """The partitions that can hold rows of the answer."""
    by_key: dict[str, list[Condition]] = {}
    for condition in conditions:
        by_key.setdefault(condition.key, []).append(condition)
    if table.parameters.get("projection.enabled", "").lower() == "true":
        return list(_projected(table, by_key))
    return [p for p in catalog.partitions(table) if _admitted(table, p, by_key)]


def typed(column: Column, text: str) -> object:
    """A partition value as its key's type; HIVE_INVALID_PARTITION_VALUE when it isn't one."""
    if text == NULL_VALUE:
        return None
    kind = column.type.this
    try:
        if kind == T.DATE:
            return date.fromisoformat(text)
        if kind in types.INTEGERS:
            return int(text)
    except ValueError:
        raise QueryError(
            "HIVE_INVALID_PARTITION_VALUE",
            f"Invalid partition value '{text}' for {column.hive_type.upper()} partition key: {column.name}",
        ) from None
    if kind == T.VARCHAR:
        return text
    raise NotSupported(f"partition keys of type {column.hive_type}")


def _admitted(table: Table, partition: Partition, by_key: dict[str, list[Condition]]) -> bool:
    for column, text in zip(table.partition_keys, partition.values, strict=True):
        value = typed(column, text)
        if not all(condition.admits(value) for condition in by_key.get(column.name, ())):
            return False
    return True


def _projected(table: Table, by_key: dict[str, list[Condition]]) -> Iterator[Partition]:
    choices: list[list[str]] = []
    count = 1
    for column in table.partition_keys:
        wanted = by_key.get(column.name, [])
        values = [v for v in _values(table, column, wanted) if all(c.admits(typed(column, v)) for c in wanted)]
        choices.append(values)
        count *= len(values)
    if count > MOST_PROJECTED:
        raise QueryError(
            "CONSTRAINT_VIOLATION",
            f"{table.qualified_name} projects {count} partitions; narrow the WHERE clause",
        )
    template = table.parameters.get("storage.location.template")
    for combination in product(*choices):
        yield Partition(combination, _location(table, template, combination))


def _location(table: Table, template: str | None, values: tuple[str, ...]) -> str:
    names = [column.name for column in table.partition_keys]
    if template is None:
        folders = "/".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
        return f"{table.location.rstrip('/')}/{folders}/"
    for name, value in zip(names, values, strict=True):
        template = template.replace(f"${{{name}}}", value)
    if "${" in template:
        raise QueryError(
            "INVALID_TABLE_PROPERTY",
            f"Table property 'storage.location.template' has an unknown key: {template}",
        )
    return template


def _values(table: Table, column: Column, wanted: list[Condition]) -> list[str]:
    kind = _property(table, column, "type").lower()
    if kind == "enum":
        return [value.strip() for value in _property(table, column, "values").split(",")]
    if kind == "integer":
        return _integers(table, column)
    if kind == "date":
        return _dates(table, column)
    if kind == "injected":
        given = [{str(v) for v in c.values} for c in wanted if c.operator == "in"]
        if not given:
            raise QueryError(
                "CONSTRAINT_VIOLATION",
                f"For the injected projected partition column {column.name}, the WHERE clause must contain "
                "only static equality conditions, and at least one such condition must be present.",
            )
        return sorted(set.intersection(*given))
    raise QueryError("INVALID_TABLE_PROPERTY", f"projection.{column.name}.type: '{kind}' is not a projection type")


def _property(table: Table, column: Column, name: str, default: str | None = None) -> str:
    key = f"projection.{column.name}.{name}"
    value = table.parameters.get(key, default)
    if value is None:
        raise QueryError("INVALID_TABLE_PROPERTY", f"Table {table.qualified_name} lacks the property '{key}'")
    return value


def _integers(table: Table, column: Column) -> list[str]:
    low, high = (int(part) for part in _property(table, column, "range").split(","))
    step = int(_property(table, column, "interval", "1"))
    width = int(_property(table, column, "digits", "0"))
    return [str(value).zfill(width) for value in range(low, high + 1, step)]


_JAVA_TO_PYTHON = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_RELATIVE = re.compile(r"NOW\s*(?:(?P<sign>[+-])\s*(?P<count>\d+)\s*(?P<unit>MINUTE|HOUR|DAY|WEEK)S?)?")


def _dates(table: Table, column: Column) -> list[str]:
    pattern = _property(table, column, "format")
    python = re.sub(r"'([^']*)'|([A-Za-z])\2*", lambda m: _letters(table, m), pattern)
    bounds = [part.strip() for part in _property(table, column, "range").split(",")]
    if len(bounds) != 2:
        raise QueryError("INVALID_TABLE_PROPERTY", f"projection.{column.name}.range needs two bounds")
    unit = _property(table, column, "interval.unit", "DAYS").upper().rstrip("S")
    if unit not in ("DAY", "HOUR", "WEEK"):
        raise NotSupported(f"projection.{column.name}.interval.unit={unit}")
    step = int(_property(table, column, "interval", "1")) * _UNITS[unit]
    moment, end = (_bound(column, text, python) for text in bounds)
    values: list[str] = []
    while moment <= end:
        values.append(moment.strftime(python))
        moment += step
    return values


_UNITS = {unit: timedelta(**{f"{unit.lower()}s": 1}) for unit in ("MINUTE", "HOUR", "DAY", "WEEK")}


def _letters(table: Table, match: re.Match[str]) -> str:
    if match[1] is not None:
        return match[1]
    if match[0] not in _JAVA_TO_PYTHON:
        raise NotSupported(f"the date format letters {match[0]} of {table.qualified_name}")
    return _JAVA_TO_PYTHON[match[0]]


def _bound(column: Column, text: str, python: str) -> datetime:
    relative = _RELATIVE.fullmatch(text.upper())
    if relative:
        now = datetime.now(UTC).replace(tzinfo=None)
        moment = now
        if relative["sign"]:
            distance = int(relative["count"]) * _UNITS[relative["unit"]]
            moment = now + distance if relative["sign"] == "+" else now - distance
        return datetime.strptime(moment.strftime(python), python)
    try:
        return datetime.strptime(text, python)
    except ValueError:
        raise QueryError(
            "INVALID_TABLE_PROPERTY", f"projection.{column.name}.range: '{text}' isn't of the format"
        ) from None
