from __future__ import annotations

from pathlib import Path

import pytest

from ops.ci import main
from ops.tests.github import GitHub

COMMENTS = "repos/acme/platform/issues/7/comments"
ISSUES = "repos/acme/platform/issues"
PULLS = "repos/acme/platform/commits/c0ffee/pulls"
RUNS = "repos/acme/platform/actions/workflows/plan.yml/runs"
MERGED = {"number": 7, "merged_at": "2026-01-02T03:04:05Z", "head": {"sha": "beef"}}


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitHub:
    made = GitHub(tmp_path / "github")
    for name, value in {
        **made.environment(),
        "BUILD_DIR": str(tmp_path / "build"),
        "PULL_REQUEST": "7",
    }.items():
        monkeypatch.setenv(name, value)
    return made


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_first_plan_makes_a_comment(github: GitHub, tmp_path: Path) -> None:
    write(tmp_path / "build/plans/small/summary.md", "the summary")
    github.answer({COMMENTS: [{"id": 1, "body": "<!-- terraform-plan: other -->"}]})
    assert main(["comment", "--stack", "small"]) == 0
    ((method, path, payload),) = github.sent()
    assert (method, path) == ("POST", COMMENTS)
    assert payload["body"].startswith("<!-- terraform-plan: small -->\nthe summary")


def test_the_next_plan_updates_it(github: GitHub, tmp_path: Path) -> None:
    write(tmp_path / "build/plans/small/summary.md", "x" * 70_000)
    github.answer({COMMENTS: [{"id": 5, "body": "<!-- terraform-plan: small -->\nold"}]})
    assert main(["comment", "--stack", "small"]) == 0
    ((method, path, payload),) = github.sent()
    assert (method, path) == ("PATCH", "repos/acme/platform/issues/comments/5")
    assert len(payload["body"]) <= 65_536


def test_a_plan_that_failed_is_told(github: GitHub) -> None:
    github.answer({COMMENTS: []})
    assert main(["comment", "--stack", "small"]) == 0
    assert "The plan failed" in github.sent()[0][2]["body"]


@pytest.mark.parametrize(
    ("code", "opened", "expected"),
    [
        ("2", [], [("POST", ISSUES)]),
        ("2", [{"title": "Drift: small", "number": 3}], [("PATCH", f"{ISSUES}/3")]),
        ("2", [{"title": "Drift: other", "number": 3}], [("POST", ISSUES)]),
        (
            "0",
            [{"title": "Drift: small", "number": 3}],
            [("POST", f"{ISSUES}/3/comments"), ("PATCH", f"{ISSUES}/3")],
        ),
        ("0", [], []),
    ],
)
def test_one_issue_is_opened_updated_and_closed(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, opened: list, expected: list
) -> None:
    write(tmp_path / "build/drift/small/drift.md", "the drift")
    github.answer({ISSUES: opened})
    monkeypatch.setenv("DRIFT_EXIT", code)
    assert main(["issue", "--stack", "small"]) == 0
    assert [each[:2] for each in github.sent()] == expected


def test_a_check_that_could_not_tell_fails_and_leaves_the_issue(
    github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    github.answer({ISSUES: [{"title": "Drift: small", "number": 3}]})
    monkeypatch.setenv("DRIFT_EXIT", "1")
    assert main(["issue", "--stack", "small"]) == 1
    assert github.sent() == []


def test_fetches_the_plan_of_the_merged_pull_request(github: GitHub, tmp_path: Path) -> None:
    write(github.home / "plan-small" / "summary.txt", "Plan for small: no changes\n")
    github.answer({PULLS: [MERGED], RUNS: {"workflow_runs": [{"id": 9}]}})
    assert main(["fetch", "--stack", "small"]) == 0
    assert (tmp_path / "build/plans/small/summary.txt").read_text() == "Plan for small: no changes\n"


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({PULLS: []}, "merged by no pull request"),
        ({PULLS: [MERGED], RUNS: {"workflow_runs": []}}, "no successful plan"),
        ({PULLS: [MERGED], RUNS: {"workflow_runs": [{"id": 9}]}}, "can't be had"),
    ],
)
def test_stops_without_a_reviewed_plan(
    github: GitHub, capsys: pytest.CaptureFixture[str], answers: dict, message: str
) -> None:
    github.answer(answers)
    assert main(["fetch", "--stack", "small"]) == 1
    assert message in capsys.readouterr().err
