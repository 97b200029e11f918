from __future__ import annotations

import json

import pytest

from ops.errors import CommandError
from ops.github.apply_result import MARKER, apply_result
from ops.project import Project
from ops.tests.workflows.hub import Hub, apply_run, pull_request


@pytest.fixture(autouse=True)
def ended(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.write(pulls=[pull_request()])
    monkeypatch.setenv("GITHUB_SHA", "merge")
    monkeypatch.setenv("REVIEWED", "success")
    monkeypatch.setenv("DEPLOYMENTS", json.dumps(["small", "small-eu"]))


def told(hub: Hub, project: Project) -> str:
    apply_result("all", project)
    (written,) = hub["comments"]["7"]
    assert written["body"].startswith(MARKER)
    return written["body"]


def test_tells_each_deployments_end_and_how_to_go_on(hub: Hub, project: Project) -> None:
    hub.write(jobs={"Find the review": "success", "small": "success", "small-eu": "failure", "Tell the result": None})
    body = told(hub, project)
    assert "| `small` | applied |" in body
    assert "| `small-eu` | **failed**, or not approved |" in body
    assert "gh workflow run apply.yml -f run=42" in body


def test_a_second_run_updates_the_comment(hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.write(jobs={"small": "success", "small-eu": "failure"}, runs=[apply_run()])
    told(hub, project)
    hub.write(jobs={"small-eu": "success"})
    monkeypatch.setenv("RUN", "60")
    monkeypatch.setenv("GITHUB_SHA", "newer")
    monkeypatch.setenv("DEPLOYMENTS", json.dumps(["small-eu"]))
    body = told(hub, project)
    assert "| `small-eu` | applied |" in body
    assert "gh workflow run" not in body


def test_a_failed_dispatch_names_the_first_run_again(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.write(jobs={"small": "cancelled"}, runs=[apply_run()])
    monkeypatch.setenv("RUN", "60")
    body = told(hub, project)
    assert "| `small` | **cancelled** |" in body
    assert "| `small-eu` | did not run |" in body
    assert "-f run=60" in body


def test_tells_when_nothing_was_to_be_applied(hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOYMENTS", "[]")
    assert "Nothing to apply" in told(hub, project)


def test_tells_when_it_stopped_before_any_apply(hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEWED", "failure")
    monkeypatch.setenv("DEPLOYMENTS", "")
    assert "**Stopped before any apply**" in told(hub, project)


def test_a_push_past_the_pull_requests_has_none_to_tell(hub: Hub, project: Project) -> None:
    hub.write(pulls=[])
    with pytest.raises(CommandError, match="No pull request's merge made commit merge"):
        apply_result("all", project)
