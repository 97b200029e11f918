"""The front adds Athena's forms to Trino's answers and nothing else: each question of queries.sql goes both ways.

Trino is asked past the front, by its own protocol (https://trino.io/docs/435/develop/client-protocol.html). How Athena
prints a value of each type is for test_service.py to say.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from sandbox import processes
from sandbox.athena.results import column_info, text
from sandbox.tests.athena.conftest import DATABASE, Warehouse
from sandbox.trino.server import CATALOG


def _questions() -> list[Any]:
    kind, found = "", []
    for line in Path(__file__).with_name("queries.sql").read_text(encoding="utf-8").splitlines():
        if line.startswith("-- "):
            kind = line.removeprefix("-- ")
        elif line:
            found.append(pytest.param(line.removesuffix(";"), id=f"{kind} {len(found) + 1}"))
    return found


@dataclass
class Answer:
    """Columns by name, type, precision and scale; rows as Athena prints them; why there are none."""

    columns: list[tuple[Any, ...]] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)
    refusal: str = ""


@pytest.fixture(scope="module")
def trino(warehouse: Warehouse) -> str:
    """The address of the Trino behind the front."""
    warehouse.succeed("SELECT 1")  # starts it
    (found,) = (p for p in processes.ours(warehouse.sandbox.settings.home) if "Launcher" in p.cmdline())
    return f"http://127.0.0.1:{found.environ()['TRINO_PORT']}"


def _trinos(address: str, sql: str) -> Answer:
    headers = {"X-Trino-User": "test", "X-Trino-Catalog": CATALOG, "X-Trino-Schema": DATABASE}
    headers["X-Trino-Time-Zone"] = "UTC"
    found = urllib3.request("POST", f"{address}/v1/statement", body=sql.encode(), headers=headers)
    answer = Answer()
    while True:
        page = json.loads(found.data, parse_float=str)  # the digits that Trino wrote
        if "error" in page:
            return Answer(refusal=f"{page['error']['errorName']}: {page['error']['message']}")
        types = [column["typeSignature"] for column in page.get("columns", [])]
        answer.columns = [_column(column_info(c["name"], c["typeSignature"])) for c in page.get("columns", [])]
        answer.rows += [[text(*cell) for cell in zip(row, types, strict=True)] for row in page.get("data", [])]
        if "nextUri" not in page:
            return answer
        found = urllib3.request("GET", page["nextUri"])


def _athenas(warehouse: Warehouse, sql: str) -> Answer:
    try:
        execution = warehouse.execute(sql)
    except ClientError as error:  # a syntax error is told at once
        return Answer(refusal=error.response["Error"]["Message"])
    if execution["Status"]["State"] != "SUCCEEDED":
        return Answer(refusal=execution["Status"]["StateChangeReason"])
    found = warehouse.results(execution)
    rows = [[cell.get("VarCharValue") for cell in row["Data"]] for row in found["Rows"]]
    columns = [_column(column) for column in found["ResultSetMetadata"]["ColumnInfo"]]
    if execution["StatementType"] == "DML":
        assert rows.pop(0) == [name for name, *_ in columns]
    return Answer(columns, rows)


def _column(info: dict[str, Any]) -> tuple[Any, ...]:
    return info["Name"], info["Type"], info["Precision"], info["Scale"]


@pytest.mark.parametrize("sql", _questions())
def test_athena_answers_as_trino_does(warehouse: Warehouse, trino: str, sql: str) -> None:
    ours, theirs = _athenas(warehouse, sql), _trinos(trino, sql)
    # A statement that can't be read is refused at its start, in the words of the API's exception.
    assert theirs.refusal.removeprefix("SYNTAX_ERROR: ") in ours.refusal
    assert bool(theirs.refusal) == bool(ours.refusal)
    assert (ours.columns, ours.rows) == (theirs.columns, theirs.rows)
