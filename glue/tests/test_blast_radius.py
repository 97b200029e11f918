"""What the plan's summary says that a dropped column breaks is what Spark can't run without it, column by column."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from ops.blast_radius import Pipeline, effects, queries, read_columns

ROOT = Path(__file__).parents[2]
BASE = Pipeline.read(lambda path: (ROOT / path).read_text())
SAVED = queries(json.loads((ROOT / "main.tf.json.snapshot").read_text()))
TABLES: dict[str, dict[str, str]] = {}
for (table, name), column in BASE.columns.items():
    TABLES.setdefault(table, {})[name] = column.type
RAW = list(TABLES["raw"])
DEFINITIONS = set(BASE.reads)


def views(spark: SparkSession, tables: dict[str, dict[str, str]], partitioned: bool = False) -> None:
    """Tables with these columns."""
    for table, columns in tables.items():
        day = {"run_date": "date"} if partitioned and table != "raw" else {}
        values = ", ".join(f"CAST(NULL AS {kind}) AS `{name}`" for name, kind in {**columns, **day}.items())
        spark.sql(f"CREATE OR REPLACE TEMPORARY VIEW `{table}` AS SELECT {values}")


def failing(spark: SparkSession, statements: dict[str, str]) -> set[str]:
    """Those that the engine refuses."""
    refused = set()
    for name, sql in statements.items():
        try:
            spark.sql(sql).schema  # noqa: B018  resolves every column
        except AnalysisException as error:
            assert error.getErrorClass() == "UNRESOLVED_COLUMN.WITH_SUGGESTION", (name, str(error))
            refused.add(name)
    return refused


def still_reading(lines: list[str]) -> set[str]:
    return {line.split(" still reads ")[0] for line in lines if " still reads " in line}


def without(tables: dict[str, dict[str, str]], table: str, column: str) -> dict[str, dict[str, str]]:
    kept = {name: kind for name, kind in tables[table].items() if name != column}
    return {table: kept or {"nothing": "string"}}


@pytest.fixture(scope="module")
def definitions(spark: SparkSession) -> dict[str, str]:
    """Of the departments' tables; they run as long as no column is missing."""
    found = {path.name: path.read_text() for path in (ROOT / "pipeline" / "trusted").glob("*.sql")}
    views(spark, {"clean_rows": TABLES["raw"]})
    assert failing(spark, found) == set()
    return found


@pytest.mark.parametrize("column", RAW)
def test_definitions(spark: SparkSession, definitions: dict[str, str], column: str) -> None:
    views(spark, without({"clean_rows": TABLES["raw"]}, "clean_rows", column))
    said = {
        line.split(" still reads ")[0]
        for line in effects(BASE, dropped([("raw", column)]), {})
        if " still reads " in line
    }
    assert failing(spark, definitions) == said


@pytest.fixture(scope="module")
def asked(spark: SparkSession) -> dict[str, str]:
    """Athena's saved queries that Spark understands; they run as long as no column is missing."""
    found = {name: sql for name, sql in SAVED.items() if name != "quarantine_summary"}
    views(spark, TABLES, partitioned=True)
    assert failing(spark, found) == set()
    return found


@pytest.mark.parametrize("table", list(TABLES))
def test_saved_queries(spark: SparkSession, asked: dict[str, str], table: str) -> None:
    """Each column of a table in turn. Spark is asked those statements that name the table: no other can miss it."""
    known = {name: list(columns) for name, columns in TABLES.items()}
    reads = {name: read_columns(sql, known) for name, sql in asked.items()}
    naming = {name: sql for name, sql in asked.items() if re.search(rf"\b{table}\b", sql)}
    for column in TABLES[table]:
        views(spark, without(TABLES, table, column), partitioned=True)
        said = {name for name, read in reads.items() if (table, column) in read}
        lines = effects(BASE, dropped([(table, column)]), asked, asked)
        told = {name.removeprefix("saved query ") for name in still_reading(lines)} - DEFINITIONS
        assert failing(spark, naming) == said == told, (table, column)
    views(spark, {table: TABLES[table]}, partitioned=True)


def dropped(names: Iterable[tuple[str, str]]) -> Pipeline:
    """The pipeline without these columns."""
    return Pipeline({name: each for name, each in BASE.columns.items() if name not in names}, BASE.reads)
