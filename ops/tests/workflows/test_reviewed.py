"""Finding the reviewed plan, and comparing a fresh one with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.errors import OpsError
from ops.github.review import compare, review
from ops.github.reviewed import reviewed
from ops.project import Project
from ops.tests.builders import change
from ops.tests.workflows.hub import Hub, plan_run, pull_request


@pytest.fixture(autouse=True)
def commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_SHA", "merge")
    monkeypatch.setenv("HEAD_SHA", "head")
    monkeypatch.delenv("ALLOW_REPLACE", raising=False)


def plan(project: Project, *records: dict[str, Any], stack: str = "small") -> None:
    folder = project.build_dir / "plans" / stack
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "summary.md").write_text("### plan\n")
    (folder / "plan.json").write_text(json.dumps({"resource_changes": list(records)}))


def publish(hub: Hub, project: Project, run: int = 42, stack: str = "small") -> None:
    """What upload-artifact does with the review."""
    review(stack, project)
    target = hub.artefacts / str(run) / f"plan-{stack}"
    target.parent.mkdir(parents=True, exist_ok=True)
    (project.build_dir / "review" / stack).rename(target)


CREATE = change("aws_vpc.v", ["create"], None, {"cidr_block": "10.0.0.0/16"})


def test_an_unchanged_plan_passes(hub: Hub, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    hub.write(pulls=[pull_request()], runs=[plan_run()])
    plan(project, CREATE)
    publish(hub, project)
    reviewed("small", project)
    plan(project, CREATE)
    compare("small", project)
    assert 'deployments=["small"]' in capsys.readouterr().out


def test_a_changed_plan_stops_and_says_what_differs(hub: Hub, project: Project) -> None:
    hub.write(pulls=[pull_request()], runs=[plan_run()])
    plan(project, CREATE)
    publish(hub, project)
    reviewed("small", project)
    plan(project, change("aws_vpc.v", ["create"], None, {"cidr_block": "10.9.0.0/16"}))
    with pytest.raises(OpsError, match=r"isn't the reviewed one any more.*\n.*after\.cidr_block"):
        compare("small", project)


def test_a_reviewed_plan_that_was_edited_is_refused(hub: Hub, project: Project) -> None:
    hub.write(pulls=[pull_request()], runs=[plan_run()])
    plan(project, CREATE)
    publish(hub, project)
    reviewed("small", project)
    kept = project.build_dir / "reviewed" / "small" / "review.json"
    kept.write_text(kept.read_text().replace("10.0.0.0", "10.9.0.0"))
    with pytest.raises(OpsError, match="its own fingerprint"):
        compare("small", project)


def test_only_deployments_with_changes_ask_for_an_approval(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hub.write(pulls=[pull_request()], runs=[plan_run()])
    monkeypatch.setattr("ops.github.reviewed.names", lambda: ["changed", "same"])
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    plan(project, CREATE, stack="changed")
    plan(project, change("aws_vpc.v", ["no-op"], {}, {}), stack="same")
    publish(hub, project, stack="changed")
    publish(hub, project, stack="same")
    reviewed("all", project)
    assert (tmp_path / "output").read_text() == 'deployments=["changed"]\n'


def test_the_newest_plan_of_this_repository_counts(hub: Hub, project: Project) -> None:
    fork = plan_run(id=50, run_started_at="2026-01-09", head_repository={"full_name": "evil/platform"})
    hub.write(pulls=[pull_request()], runs=[plan_run(), plan_run(id=43, run_started_at="2026-01-05"), fork])
    plan(project, CREATE)
    publish(hub, project, run=43)
    reviewed("small", project)


def test_what_the_review_allowed_goes_to_the_next_steps(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hub.write(pulls=[pull_request()], runs=[plan_run()])
    plan(project, CREATE)
    monkeypatch.setenv("ALLOW_REPLACE", "aws_s3_bucket.lake")
    publish(hub, project)
    monkeypatch.setenv("GITHUB_ENV", str(tmp_path / "env"))
    reviewed("small", project)
    assert (tmp_path / "env").read_text() == "ALLOW_REPLACE=aws_s3_bucket.lake\n"


@pytest.mark.parametrize(
    ("pulls", "runs", "message"),
    [
        ([], [plan_run()], "No pull request's merge made commit merge"),
        ([pull_request(merged_at=None)], [plan_run()], "No pull request's merge"),
        (
            [pull_request(merge_commit_sha="x", head={"sha": "merge"})],
            [plan_run()],
            "No pull request's merge",
        ),
        ([pull_request()], [], "#7 has no successful plan of its last commit head"),
        ([pull_request()], [plan_run(status="failure")], "no successful plan"),
        ([pull_request()], [plan_run(head_sha="older")], "no successful plan"),
        ([pull_request()], [plan_run(head_repository={"full_name": "evil/platform"})], "no successful plan"),
        ([pull_request()], [plan_run()], "may have expired"),
    ],
)
def test_without_a_reviewed_plan_nothing_is_applied(
    hub: Hub, project: Project, pulls: list[Any], runs: list[Any], message: str
) -> None:
    hub.write(pulls=pulls, runs=runs)
    with pytest.raises(OpsError, match=message):
        reviewed("small", project)


def test_a_plan_of_another_commit_is_refused(hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.write(pulls=[pull_request()], runs=[plan_run()])
    monkeypatch.setenv("HEAD_SHA", "other")
    plan(project, CREATE)
    publish(hub, project)
    with pytest.raises(OpsError, match="is of commit other"):
        reviewed("small", project)
