"""docs/permissions.md gives the reason of each statement, and of nothing that isn't there."""

from __future__ import annotations

import re

import pytest

from policies.tests import documents

DOCS = documents.FOLDER.parent / "docs" / "permissions.md"
SECTIONS = {
    "Airflow": "airflow-policy",
    "Glue": "glue-policy",
    "Deadline": "deadline-policy",
    "Boundary": "execution-boundary",
    "Erasure": "erasure-policy",
    "Groups": "group-boundary",
    "Workflows that plan": "cicd-plan-policy",
    "Workflows that apply": "cicd-apply-policy",
}


def _sections() -> dict[str, str]:
    parts = re.split(r"^## (.*)$", DOCS.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _rows(text: str) -> list[tuple[list[str], str]]:
    """The Sids of each table row, with its reason."""
    cells = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    return [([sid.strip() for sid in row[0].split(",")], row[1].strip()) for row in cells if row[0].strip() != "Sid"]


def test_every_policy_has_a_section() -> None:
    assert sorted(SECTIONS.values()) == documents.names()
    assert set(SECTIONS) <= set(_sections())


@pytest.mark.parametrize(("section", "name"), SECTIONS.items())
def test_every_statement_has_a_reason(section: str, name: str) -> None:
    rows = _rows(_sections()[section])
    explained = [sid for sids, _ in rows for sid in sids]
    stated = [statement.sid for statement in documents.statements(name)]
    assert sorted(explained) == sorted(stated), f"{DOCS.name}, section {section}, against policies/{name}.json"
    assert all(len(reason) > 20 for _, reason in rows)
    print(f"\n{name}: {len(stated)} statements, each with its reason")


def test_every_grant_of_a_group_has_a_reason() -> None:
    """The constructs grant to groups, in statements that carry the Sids of the boundary."""
    explained = {sid for sids, _ in _rows(_sections()["Groups"]) for sid in sids}
    granted = {each.sid for statements in documents.of_groups().values() for each in statements}
    assert granted == explained - {"UseDataKey"}, "the deployment has no key of its own"


def test_every_placeholder_is_explained() -> None:
    text = "".join((documents.FOLDER / f"{name}.json").read_text() for name in documents.names())
    used = set(re.findall(r"\$\{(\w+)}", text))
    first = DOCS.read_text().split("\n## ")[0]
    explained = {
        name
        for line in first.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert explained == used
