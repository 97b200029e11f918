"""Runs a planned query in a DuckDB connection of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import duckdb
from sqlglot import exp

from sandbox.athena import partitions, scan
from sandbox.athena.catalog import Catalog
from sandbox.athena.errors import NotSupported, QueryError
from sandbox.athena.files import FileCache, Lister
from sandbox.athena.formats import PARQUET_SERDE
from sandbox.athena.planner import Planner
from sandbox.athena.types import T

MEMORY_LIMIT = "2GB"  # of all queries together
_OPTIONS = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


@dataclass
class Answer:
    """A running query's result.

    Its columns (name, Trino type) and the next rows; ``bytes`` is what Athena scans.
    """

    columns: list[tuple[str, exp.DataType]]
    fetch: Callable[[int], list[tuple]]
    bytes: int


def open_database() -> duckdb.DuckDBPyConnection:
    """The DuckDB that all queries share; each has its own connection and temporary views."""
    database = duckdb.connect(":memory:", config=_OPTIONS)
    database.execute(f"SET memory_limit = '{MEMORY_LIMIT}'; SET threads = 2")
    return database


class Engine:
    """One query's connection; ``interrupt`` is called from another thread."""

    def __init__(self, database: duckdb.DuckDBPyConnection, catalog: Catalog, lister: Lister, cache: FileCache) -> None:
        self.catalog = catalog
        self.lister = lister
        self.cache = cache
        self.connection = database.cursor()
        self.connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")

    def run(self, query: exp.Expression, database: str, check_bytes: Callable[[int], None]) -> Answer:
        """Plans and starts ``query``; ``check_bytes`` is told what will be scanned before any row is read."""
        plan = Planner(self.catalog).plan(query, database)
        for name, one in plan.scans.items():
            chosen = None
            if one.table.partition_keys:
                chosen = partitions.select(self.catalog, one.table, plan.conditions[name])
            if one.table.serde != PARQUET_SERDE and "Parquet" in one.table.input_format:
                raise NotSupported(f"the SerDe {one.table.serde} of {one.table.qualified_name}")
            scan.locate(one, chosen, self.lister, self.cache)
        scanned = sum(one.bytes_scanned() for one in plan.scans.values())
        check_bytes(scanned)
        try:
            for name, one in plan.scans.items():
                self.connection.execute(f'CREATE TEMP VIEW "{name}" AS {scan.relation(one)}')
            relation = self.connection.execute(_presentable(plan.sql, plan.columns))
            return Answer(plan.columns, self._fetching(relation), scanned)
        except duckdb.Error as error:
            raise _as_athena(error) from None

    def _fetching(self, relation: duckdb.DuckDBPyConnection) -> Callable[[int], list[tuple]]:
        def fetch(count: int) -> list[tuple]:
            try:
                return relation.fetchmany(count)
            except duckdb.Error as error:
                raise _as_athena(error) from None

        return fetch

    def interrupt(self) -> None:
        self.connection.interrupt()

    def close(self) -> None:
        self.connection.close()


def _presentable(sql: str, columns: list[tuple[str, exp.DataType]]) -> str:
    """DuckDB hands out timestamps with time zone only with pytz: take them as timestamps in UTC."""
    if not any(kind.this == T.TIMESTAMPTZ for _, kind in columns):
        return sql
    names = [f"c{i}" for i in range(len(columns))]
    values = [
        f"timezone('UTC', {name})" if kind.this == T.TIMESTAMPTZ else name
        for name, (_, kind) in zip(names, columns, strict=True)
    ]
    return f"SELECT {', '.join(values)} FROM ({sql}) AS answer({', '.join(names)})"


_OWN = re.compile("\u27e6(?P<name>[A-Z_]+): (?P<text>.*?)\u27e7", re.S)
_KNOWN: list[tuple[str, str, str]] = [
    (r"Division by zero", "DIVISION_BY_ZERO", "Division by zero"),
    (r"Overflow in (\w+) of INT\d+ \((.*?)\)", "NUMERIC_VALUE_OUT_OF_RANGE", r"integer \1 overflow: \2"),
    (r"Overflow|out of range|Out of Range", "NUMERIC_VALUE_OUT_OF_RANGE", ""),
    (
        r'column "?(\S+?)"? must appear in the GROUP BY',
        "EXPRESSION_NOT_AGGREGATE",
        r"'\1' must be an aggregate expression or appear in GROUP BY clause",
    ),
    (
        r"More than one row returned by a subquery",
        "SUBQUERY_MULTIPLE_ROWS",
        "Scalar sub-query has returned multiple rows",
    ),
    (
        r"Could not parse string \"(.*?)\" according to format",
        "INVALID_FUNCTION_ARGUMENT",
        r'Invalid format: "\1"',
    ),
    (
        r"no such group|invalid perl operator|invalid escape sequence|bad repetition",
        "NOT_SUPPORTED",
        "the sandbox's Athena doesn't support this regular expression",
    ),
    (
        r"cannot contain aggregates|aggregate function calls cannot",
        "EXPRESSION_NOT_SCALAR",
        "aggregations, window functions or grouping operations aren't allowed here",
    ),
]


def _as_athena(error: duckdb.Error) -> QueryError:
    text = str(error)
    own = _OWN.search(text)
    if own and "||" not in own["text"]:
        return QueryError(own["name"], own["text"])
    if isinstance(error, duckdb.InterruptException):
        return QueryError("CANCELLED", "Query cancelled by user")
    if isinstance(error, duckdb.OutOfMemoryException):
        return QueryError("EXCEEDED_LOCAL_MEMORY_LIMIT", f"Query exceeded the sandbox's memory limit of {MEMORY_LIMIT}")
    for pattern, name, message in _KNOWN:
        match = re.search(pattern, text)
        if match:
            return QueryError(name, match.expand(message) if message else text.splitlines()[0])
    if isinstance(error, duckdb.IOException | duckdb.InvalidInputException):
        return QueryError("HIVE_BAD_DATA", text.splitlines()[0])
    return NotSupported(f"this query; its engine says: {text.splitlines()[0]}")
