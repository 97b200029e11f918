from __future__ import annotations

import pytest

from ops.errors import OpsError
from ops.github.drift_issue import drift_issue
from ops.project import Project
from ops.tests.workflows.hub import Hub


def check(monkeypatch: pytest.MonkeyPatch, project: Project, code: int, report: str | None = None) -> None:
    path = project.build_dir / "drift" / "small" / "drift.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if report:
        path.write_text(report)
    monkeypatch.setenv("DRIFT_EXIT", str(code))
    drift_issue("small", project)


def test_opens_updates_and_closes_one_issue(hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    check(monkeypatch, project, 2, "crawler changed")
    (issue,) = hub["issues"]
    assert (issue["title"], issue["state"], issue["labels"]) == ("Drift: small", "open", ["drift"])
    assert "crawler changed" in issue["body"]

    check(monkeypatch, project, 2, "job changed too")
    (issue,) = hub["issues"]
    assert "job changed too" in issue["body"]

    check(monkeypatch, project, 0)
    (issue,) = hub["issues"]
    assert issue["state"] == "closed"
    assert "No drift any more" in hub["comments"][str(issue["number"])][0]["body"]

    check(monkeypatch, project, 2, "again")
    assert [each["state"] for each in hub["issues"]] == ["closed", "open"]


def test_no_drift_and_no_issue_writes_nothing(hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    check(monkeypatch, project, 0)
    assert hub["issues"] == []
    assert hub["comments"] == {}


@pytest.mark.parametrize("code", [1, 2, 64])
def test_a_check_that_could_not_tell_fails_and_leaves_the_issue(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    check(monkeypatch, project, 2, "crawler changed")
    before = hub["issues"]
    # 2 without a report: make failed before the check, which it tells with 2 as well.
    with pytest.raises(OpsError, match="couldn't tell"):
        check(monkeypatch, project, code)
    assert hub["issues"] == before


def test_issues_of_people_and_of_other_deployments_are_left_alone(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    check(monkeypatch, project, 0)
    assert hub["issues"] == others
    check(monkeypatch, project, 2, "drift")
    assert hub["issues"][:3] == others
    assert len(hub["issues"]) == 4
