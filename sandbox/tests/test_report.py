"""What the commands print of the data is the data, fitted to the width."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from ops.athena import QueryResult
from sandbox.report import WIDTH, Report
from sandbox.settings import ROOT

VALUES = ["98:8a:5b:ab:75:df", "[bold]not markup[/]", ":smile:"]


def test_values_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report(1)
    report.line(" ".join(VALUES))
    report.table(["value"], [[value] for value in [*VALUES, "two\nlines"]])
    assert capsys.readouterr().out.splitlines() == [" ".join(VALUES), "value", *VALUES, "two\\nlines"]


@pytest.mark.parametrize("width", [40, 80, 200, None])
def test_a_wide_row_fits_the_width_and_names_what_is_left_out(
    width: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """None: no terminal."""
    output = io.StringIO()
    terminal = width and Console(file=output, force_terminal=True, color_system=None, width=width, soft_wrap=True)
    columns = [f"column_{number}" for number in range(1, 18)]
    Report(1, terminal or None).table(columns, [[f"{'x' * 30}{number}" for number in range(1, 18)], ["y"] * 17])
    *table, left_out = (output.getvalue() or capsys.readouterr().out).splitlines()
    assert len(table) == 3
    assert all(len(line) <= (width or WIDTH) for line in table)
    assert all(line == line.rstrip() for line in table)
    shown = [name for name in table[0].split() if name.startswith("column_")]
    assert left_out == f"… and more columns: {', '.join(columns[len(shown) :])}"
    assert len(table[2].split()) == len(shown)


def test_the_widest_value_is_cut_and_the_others_stay(capsys: pytest.CaptureFixture[str]) -> None:
    Report(1).table(["reason", "line", "record"], [["unique_id:duplicate", "181", "x" * 300]], right=["line"])
    header, row = capsys.readouterr().out.splitlines()
    assert header == "reason               line  record"
    assert row == f"unique_id:duplicate   181  {'x' * (WIDTH - 28)}…"


def test_an_answer_says_its_rows_and_where_all_of_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    answer = QueryResult("id", ["a", "b"], [["1", None], ["2", "x"], ["3", "y"]], 1200, 0.5)
    Report(1).rows("payment_data", answer, 2, Path.cwd() / "build" / "payment_data.csv")
    assert capsys.readouterr().out.splitlines() == [
        "",
        "payment_data: 1,200 rows, first 2 (0.50 s); all: build/payment_data.csv",
        "a  b",
        "1",
        "2  x",
    ]


def test_what_a_terminal_cant_show_is_replaced() -> None:
    prints = "from sandbox.__main__ import main; from sandbox.report import Report; main([]); Report(0).line('Rotația')"
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", prints], cwd=ROOT, env=env, capture_output=True, check=True)
    assert done.stdout == b"Rota?ia\n"


def test_maven_prints_no_escape_codes() -> None:
    """Without .mvn/jvm.config it ends with one, which shows in logs and between make's own lines."""
    # A fixture of the suite names a JAVA_HOME that is none.
    env = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"}
    done = subprocess.run(["mvn", "-B", "-version"], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert "\x1b" not in done.stdout
