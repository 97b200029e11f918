"""Who may read what, by the synthesised policies; and that the docs show it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from ops import access
from ops.access import Access, Cell
from ops.errors import CommandError
from ops.project import ROOT
from ops.tests.builders import stack

ALL, NONE = Cell(True, True, True), Cell(False, False, False)
OWN = {"finance": "payment_data", "technical": "technical_data", "analysts": "non_pii_data"}
PERSONAL = ("raw", "raw_typed", "quarantine")


@pytest.fixture
def document() -> dict[str, Any]:
    """The driven-data stack, as it is synthesised."""
    return json.loads((ROOT / "main.tf.json.snapshot").read_text())


def statement(document: dict[str, Any], group: str, sid: str, **changes: Any) -> dict[str, Any]:
    """The stack with another statement of a group; None takes a key out."""
    changed = copy.deepcopy(document)
    holder = changed["resource"]["aws_iam_role_policy"][f"group_{group}"]
    policy = json.loads(holder["policy"])
    (found,) = [each for each in policy["Statement"] if each["Sid"] == sid]
    found.update(changes)
    holder["policy"] = json.dumps(policy)
    return changed


def test_each_group_reads_its_tables_and_no_other(document: dict[str, Any]) -> None:
    matrix = Access(document).matrix()
    assert len(matrix) == 12
    for table, cells in matrix.items():
        assert cells["administrators"] == ALL
        assert cells["restricted"] == (ALL if table in (*PERSONAL, "pii_data") else NONE)
        for group, own in OWN.items():
            assert cells[group] == (ALL if table == own else NONE), (table, group)


def test_nobody_reads_results_of_another_group(document: dict[str, Any]) -> None:
    asked = Access(document)
    assert {group: asked.others_results(group) for group in asked.groups} == {group: [] for group in asked.groups}


def test_raw_and_quarantine_are_for_administrators_and_restricted_only(document: dict[str, Any]) -> None:
    matrix = Access(document).matrix()
    for table in PERSONAL:
        assert {group for group, cell in matrix[table].items() if cell != NONE} == {"administrators", "restricted"}


def test_clean_rows_are_nobodys(document: dict[str, Any]) -> None:
    policies = [json.dumps(statements) for statements in Access(document).groups.values()]
    assert not any("data/clean" in text or "data/metrics" in text or "/data/*" in text for text in policies)


def test_a_wider_pattern_is_seen(document: dict[str, Any]) -> None:
    wide = statement(document, "analysts", "ReadData", Resource=["arn:aws:s3:::driven-data-bucket/data/*"])
    cells = Access(wide).matrix()
    assert cells["dim_person"]["analysts"] == Cell(False, True, False)
    results = statement(
        document, "analysts", "KeepResults", Resource=["arn:aws:s3:::driven-data-bucket/athena-results/*"]
    )
    assert Access(results).others_results("analysts") == ["administrators", "finance", "restricted", "technical"]


@pytest.mark.parametrize(
    "sid", ["RunQueries", "FindBucket", "ListData", "KeepResults", "FindDatabase", "ReadTables", "ReadData"]
)
def test_without_any_of_its_statements_a_group_cant_query(document: dict[str, Any], sid: str) -> None:
    broken = statement(document, "finance", sid, Action=["iam:GetRole"])
    assert not Access(broken).cell("finance", "payment_data").query


def test_what_isnt_read_here_is_an_error(document: dict[str, Any]) -> None:
    for changes in ({"Effect": "Deny"}, {"Condition": {"Bool": {"aws:SecureTransport": ["true"]}}}):
        with pytest.raises(CommandError, match=r"finance: RunQueries: .* read here"):
            Access(statement(document, "finance", "RunQueries", **changes)).matrix()


def test_the_docs_show_the_matrix(document: dict[str, Any]) -> None:
    assert access.shown("driven-data") == access.table(Access(document)), "run make access, and commit docs/access.md"


def test_renewing_replaces_the_table_and_nothing_else(
    document: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    docs = tmp_path / "access.md"
    docs.write_text("before\n<!-- access: small -->\nold\n<!-- end of access -->\nafter\n")
    access.renew(stack(tmp_path, json.dumps(document)), docs)
    assert access.shown("small", docs) == access.table(Access(document)) == capsys.readouterr().out
    assert docs.read_text().startswith("before\n<!-- access: small -->\n\n| table |")
    assert docs.read_text().endswith("|\n\n<!-- end of access -->\nafter\n")


def test_a_stack_without_groups_has_an_empty_matrix(document: dict[str, Any]) -> None:
    for kind in ("aws_iam_role_policy", "aws_iam_policy"):
        document["resource"][kind] = {
            name: each for name, each in document["resource"][kind].items() if not name.startswith("group_")
        }
    assert Access(document).groups == {}


def test_anonymity_is_told_for_each_profile() -> None:
    metrics = {
        "dataset": "non_pii_data",
        "run_date": "2024-09-15",
        "profile": "walkthrough",
        "anonymity": {
            "walkthrough": {"k": 1, "alone": 1200, "rows": 1201},
            "strict": {"k": 3, "alone": 0, "rows": 1201},
        },
    }
    assert access.anonymity(metrics) == [
        "non_pii_data 2024-09-15, profile walkthrough (chosen): k = 1, 1,200 of 1,201 rows alone",
        "non_pii_data 2024-09-15, profile strict: k = 3, 0 of 1,201 rows alone",
    ]
    assert access.anonymity({"dataset": "pii_data", "anonymity": {}}) == []
