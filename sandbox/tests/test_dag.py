"""A DAG run's progress is read off its log while Airflow writes it, and why it failed is told in any case."""

import subprocess
import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.exceptions import EndpointConnectionError

from sandbox import run
from sandbox.dag import DagRun
from sandbox.report import Report

# Airflow's output comes in pieces that end anywhere.
WRITES = """
import sys, time
for piece in ("[DAG TEST] starting task_id=transform_date map", "_index=-1\\n[DAG TEST] end task task_id=transf",
              "orm_date map_index=-1\\n"):
    print(piece, end="", flush=True)
    time.sleep(0.5)
"""


def test_a_line_that_is_still_being_written_is_waited_for(tmp_path: Path) -> None:
    told: list[tuple[str, bool]] = []
    airflow = SimpleNamespace(settings=SimpleNamespace(logs=tmp_path), deployment="d")
    day = DagRun(airflow, {}, "dag", date(2024, 9, 15), {}, lambda task, ok, _: told.append((task, ok)))
    with day.log.open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", WRITES], stdout=log)
    day._follow(process)
    assert told == [("transform_date", True)]


def test_a_service_that_has_ended_has_nothing_to_tell(capsys: pytest.CaptureFixture[str]) -> None:
    """Else that would hide why the days failed."""

    def take() -> None:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")

    run.tell(Report(0), SimpleNamespace(take=take))
    assert capsys.readouterr().out == ""
