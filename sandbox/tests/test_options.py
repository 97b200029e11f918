"""Every wrong option is refused before anything starts, with what is allowed."""

from __future__ import annotations

import os
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest

from ops.errors import CommandError
from sandbox.options import Options
from sandbox.settings import ROOT


def test_defaults() -> None:
    options = Options.from_environment(env={})
    assert options == Options("driven-data", (date(2024, 9, 15),), None, None, None)


def test_a_file_for_a_day(tmp_path: Path) -> None:
    file = tmp_path / "batch.csv.gz"
    file.write_bytes(b"x")
    options = Options.from_environment(env={"DATE": "2024-09-16", "RAW_FILE": str(file), "STACK": "lead-data"})
    assert options == Options("lead-data", (date(2024, 9, 16),), file, None, None)


def test_a_backfills_days() -> None:
    options = Options.from_environment(backfill=True, env={"FROM": "2024-02-28", "TO": "2024-03-01", "ROWS": "0"})
    assert [str(day) for day in options.days] == ["2024-02-28", "2024-02-29", "2024-03-01"]
    assert options.rows == 0


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"DATE": "15.09.2024"}, "DATE=15.09.2024 isn't a day.*YYYY-MM-DD"),
        ({"DATE": "2024-02-30"}, "DATE=2024-02-30 isn't a day"),
        ({"DATE": "20240915"}, "DATE=20240915 isn't a day"),
        ({"DATE": "2024-W37-7"}, "DATE=2024-W37-7 isn't a day"),
        ({"DATE": str(date.today() + timedelta(days=2))}, "lies in the future"),  # also when midnight comes in between
        ({"ROWS": "-1"}, "ROWS=-1 isn't allowed.*from 0 to"),
        ({"ROWS": "many"}, "ROWS=many isn't allowed"),
        ({"ROWS": "²"}, "ROWS=² isn't allowed"),
        ({"SEED": "x"}, "SEED=x isn't allowed"),
        ({"RAW_FILE": "absent.csv"}, "RAW_FILE=absent.csv: there is no such file"),
        ({"RAW_FILE": __file__}, "isn't a .csv or .csv.gz file"),
    ],
)
def test_refused(env: dict[str, str], message: str) -> None:
    with pytest.raises(CommandError, match=f"(?s){message}"):
        Options.from_environment(env=env)


def test_an_empty_file_and_a_file_with_rows_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "batch.csv"
    file.touch()
    with pytest.raises(CommandError, match="is empty"):
        Options.from_environment(env={"RAW_FILE": str(file)})
    file.write_text("a\n")
    with pytest.raises(CommandError, match="exclude each other"):
        Options.from_environment(env={"RAW_FILE": str(file), "ROWS": "5"})


@pytest.mark.parametrize("how", ["argument", "environment"])
def test_make_hands_a_query_on_as_it_was_typed(how: str) -> None:
    sql = """SELECT "$path", regexp_extract(x, '^(a+)$') FROM raw"""
    given = [f"SQL={sql}"] if how == "argument" else []
    show = ["make", "--eval", "show: ; @printenv SQL", "show", *given]
    env = {**os.environ, **({} if given else {"SQL": sql})}
    done = subprocess.run(show, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout == f"{sql}\n"


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({}, "FROM= isn't a day"),
        ({"FROM": "2024-09-15"}, "TO= isn't a day"),
        ({"FROM": "2024-09-16", "TO": "2024-09-15"}, "swap them"),
    ],
)
def test_refused_backfills(env: dict[str, str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        Options.from_environment(backfill=True, env=env)
