from __future__ import annotations

import shutil

import pytest

from ops.errors import CommandError
from ops.github.drift_issue import drift_issue
from ops.project import Project
from ops.tests.workflows.hub import Hub


@pytest.fixture(autouse=True)
def deployments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOYMENTS", '["small"]')


def hand_over(hub: Hub, stack: str, code: int, report: str | None = None) -> None:
    """What a drift job uploads."""
    folder = hub.artefacts / "42" / f"drift-{stack}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "exit").write_text(f"{code}\n")
    if report:
        (folder / "drift.md").write_text(report)
    hub.write(jobs={**hub["jobs"], stack: "success"})


def check(hub: Hub, project: Project, code: int, report: str | None = None) -> None:
    hand_over(hub, "small", code, report)
    drift_issue("all", project)


def test_opens_updates_and_closes_one_issue(hub: Hub, project: Project) -> None:
    check(hub, project, 2, "crawler changed")
    (issue,) = hub["issues"]
    assert (issue["title"], issue["state"], issue["labels"]) == ("Drift: small", "open", ["drift"])
    assert "crawler changed" in issue["body"]

    check(hub, project, 2, "job changed too")
    (issue,) = hub["issues"]
    assert "job changed too" in issue["body"]

    check(hub, project, 0)
    (issue,) = hub["issues"]
    assert issue["state"] == "closed"
    assert "No drift any more" in hub["comments"][str(issue["number"])][0]["body"]

    check(hub, project, 2, "again")
    assert [each["state"] for each in hub["issues"]] == ["closed", "open"]


def test_no_drift_and_no_issue_writes_nothing(hub: Hub, project: Project) -> None:
    check(hub, project, 0)
    assert hub["issues"] == []
    assert hub["comments"] == {}


@pytest.mark.parametrize("code", [1, 2, 64])
def test_a_check_that_could_not_tell_fails_and_leaves_the_issue(hub: Hub, project: Project, code: int) -> None:
    check(hub, project, 2, "crawler changed")
    before = hub["issues"]
    # 2 without a report: make failed before the check, which it tells with 2 as well.
    with pytest.raises(CommandError, match="couldn't tell"):
        check(hub, project, code)
    assert hub["issues"] == before


def test_issues_of_people_and_of_other_deployments_are_left_alone(hub: Hub, project: Project) -> None:
    others = [
        {
            "number": 1,
            "user": {"login": "someone"},
            "state": "open",
            "labels": ["drift"],
            "body": "<!-- terraform-drift: small -->",
        },
        {
            "number": 2,
            "user": {"login": "github-actions[bot]"},
            "state": "open",
            "labels": ["drift"],
            "body": "<!-- terraform-drift: small-eu -->",
        },
        {
            "number": 3,
            "user": {"login": "github-actions[bot]"},
            "state": "open",
            "labels": ["drift"],
            "body": None,
        },
    ]
    hub.write(issues=others)
    check(hub, project, 0)
    assert hub["issues"] == others
    check(hub, project, 2, "drift")
    assert hub["issues"][:3] == others
    assert len(hub["issues"]) == 4


def test_one_check_that_could_not_tell_does_not_hide_the_others(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOYMENTS", '["dead", "small"]')
    hand_over(hub, "dead", 2, "an older attempt's")
    hub.write(jobs={"dead": "cancelled"})
    with pytest.raises(CommandError, match=r"whether these have drifted: dead \(exit none\)"):
        check(hub, project, 2, "crawler changed")
    assert [each["title"] for each in hub["issues"]] == ["Drift: small"]


def test_one_report_that_cannot_be_had_does_not_hide_the_others(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOYMENTS", '["lost", "small"]')
    hub.write(jobs={"lost": "success"})
    with pytest.raises(CommandError, match=r"whether these have drifted: lost \(exit none\)"):
        check(hub, project, 2, "crawler changed")
    assert [each["title"] for each in hub["issues"]] == ["Drift: small"]
