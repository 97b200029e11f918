"""The open data contract: valid by its own linter, as the docs show it, and what the catalogue really declares."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops import contract
from ops.project import ROOT, Stack
from ops.tests.builders import stack

LINTER = ROOT / ".venv" / "contract" / "bin" / "datacontract"


@pytest.fixture
def made(tmp_path: Path) -> Stack:
    """The driven-data stack, as it is synthesised."""
    return stack(tmp_path, (ROOT / "main.tf.json.snapshot").read_text(), name="driven-data")


def lint(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINTER, "lint", path], capture_output=True, text=True, env={"COLUMNS": "200"})


def columns(made: Stack) -> dict[tuple[str, str], dict[str, Any]]:
    schema = contract.contract(made)["schema"]
    return {(table["name"], each["name"]): each for table in schema for each in table["properties"]}


def test_the_docs_have_the_contract(made: Stack) -> None:
    assert contract.FILE.read_text() == contract.text(made), "run make contract"


def test_the_linter_takes_it() -> None:
    linted = lint(contract.FILE)
    assert linted.returncode == 0, linted.stdout
    assert "valid against ODCS v3.1.0" in linted.stdout


def test_the_linter_refuses_another(tmp_path: Path) -> None:
    broken = yaml.safe_load(contract.FILE.read_text())
    broken["schema"][0]["properties"][0]["logicalType"] = "varchar"
    (tmp_path / "broken.yaml").write_text(yaml.safe_dump(broken))
    linted = lint(tmp_path / "broken.yaml")
    assert linted.returncode != 0
    assert "logicalType" in linted.stdout


def test_the_time_is_the_deadlines(made: Stack) -> None:
    """Where nobody watches it, none is promised."""
    (due, frequency) = contract.contract(made)["slaProperties"]
    assert due == {"property": "timeOfAvailability", "value": "08:00", "description": "Every day, Europe/Bucharest."}
    schedule = made.document["resource"]["aws_scheduler_schedule"]["deadline"]
    schedule["schedule_expression"] = "cron(45 7 * * ? *)"
    assert contract.contract(made)["slaProperties"][0]["value"] == "07:45"
    del made.document["resource"]["aws_scheduler_schedule"]
    assert contract.contract(made)["slaProperties"] == [frequency]


def test_it_has_the_columns_and_types_of_the_catalogue(made: Stack) -> None:
    """All tables that hold a day's rows but the quarantine."""
    declared = {}
    for each in made.document["resource"]["aws_glue_catalog_table"].values():
        kept = each.get("table_type") == "EXTERNAL_TABLE" and each["name"] not in ("raw", "quarantine")
        for column in [*each["storage_descriptor"]["columns"], *each.get("partition_keys", [])] if kept else []:
            declared[each["name"], column["name"]] = column["type"]
    assert {name: each["physicalType"] for name, each in columns(made).items()} == declared


def test_what_readers_see_of_personal_columns(made: Stack) -> None:
    told = columns(made)
    assert told["payment_data", "iban"]["classification"] == "personal"
    assert told["non_pii_data", "iban"]["classification"] == "masked (partial, walkthrough)"
    assert told["non_pii_data", "unique_id"]["classification"] == "masked (pseudonym)"
    assert told["payment_data", "payment_amount"]["classification"] == "internal"
    # A masked value isn't one of the raw column's form.
    assert told["pii_data", "birth_date"]["logicalTypeOptions"] == {"minimum": "1900-01-01", "maximum": "2099-12-31"}
    assert "logicalTypeOptions" not in told["non_pii_data", "birth_date"]


def test_another_column_is_another_version(made: Stack, tmp_path: Path) -> None:
    table = yaml.safe_load((ROOT / "pipeline" / "pipeline.yaml").read_text())
    table["datasets"][0]["columns"].remove("address")
    root = tmp_path / "project"
    (root / "pipeline" / "trusted").mkdir(parents=True)
    (root / "pipeline" / "pipeline.yaml").write_text(json.dumps(table, default=str))
    for definition in (ROOT / "pipeline" / "trusted").iterdir():
        (root / "pipeline" / "trusted" / definition.name).write_text(definition.read_text())
    assert contract.contract(made, root)["version"] != contract.contract(made)["version"]
