"""Finding the reviewed plan, and comparing a fresh one with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.errors import CommandError
from ops.github.review import compare, review
from ops.github.reviewed import reviewed
from ops.project import Project
from ops.tests.builders import change
from ops.tests.workflows.hub import Hub, apply_run, environment, plan_run, pull_request


@pytest.fixture(autouse=True)
def commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_SHA", "merge")
    monkeypatch.setenv("HEAD_SHA", "head")
    monkeypatch.setenv("PULL_REQUEST", "7")
    monkeypatch.setenv("DEPLOYMENTS", '["small"]')
    monkeypatch.setenv("PLAN_OUTCOME", "success")
    monkeypatch.setenv("GITHUB_RUN_ATTEMPT", "1")


@pytest.fixture(autouse=True)
def protection(hub: Hub, replacements: Path) -> None:
    (replacements.parent / "small.yaml").touch()
    hub.write(environments={name: environment() for name in ("small", "changed", "same")})


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
    with pytest.raises(CommandError, match=r"isn't the reviewed one any more.*\n.*after\.cidr_block"):
        compare("small", project)


def test_a_reviewed_plan_that_was_edited_is_refused(hub: Hub, project: Project) -> None:
    hub.write(pulls=[pull_request()], runs=[plan_run()])
    plan(project, CREATE)
    publish(hub, project)
    reviewed("small", project)
    kept = project.build_dir / "reviewed" / "small" / "review.json"
    kept.write_text(kept.read_text().replace("10.0.0.0", "10.9.0.0"))
    with pytest.raises(CommandError, match="its own fingerprint"):
        compare("small", project)


def test_what_is_left_of_the_reviewed_plan_passes(
    hub: Hub, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.write(pulls=[pull_request()], runs=[plan_run()])
    job = change("aws_glue_job.a", ["create"], None, {"name": "a"})
    plan(project, CREATE, job)
    publish(hub, project)
    reviewed("small", project)
    plan(project, change("aws_vpc.v", ["no-op"], *[{"cidr_block": "10.0.0.0/16"}] * 2), job)
    compare("small", project)
    assert "1 of the 2 reviewed changes were made already:\n  - aws_vpc.v\n" in capsys.readouterr().out


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    return tmp_path / "output"


def publish_two(hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.write(pulls=[pull_request()], runs=[plan_run()])
    monkeypatch.setenv("DEPLOYMENTS", '["changed", "same"]')
    plan(project, CREATE, stack="changed")
    plan(project, change("aws_vpc.v", ["no-op"], {}, {}), stack="same")
    publish(hub, project, stack="changed")
    publish(hub, project, stack="same")


def test_only_deployments_with_changes_ask_for_an_approval(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch, output: Path
) -> None:
    publish_two(hub, project, monkeypatch)
    hub.write(environments={"changed": environment()})
    reviewed("all", project)
    assert output.read_text() == 'commit=merge\npull_request=7\ndeployments=["changed"]\n'


def test_without_a_protected_environment_nothing_is_applied(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch, output: Path
) -> None:
    publish_two(hub, project, monkeypatch)
    hub.write(environments={"same": environment()})
    with pytest.raises(CommandError, match="There is no environment 'changed'"):
        reviewed("all", project)
    assert not output.exists()


def test_a_deployment_that_came_to_main_later_does_not_stop_it(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch, replacements: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_two(hub, project, monkeypatch)
    (replacements.parent / "new.yaml").touch()
    reviewed("all", project)
    shown = capsys.readouterr().out
    assert "new: not planned in that pull request, so nothing of it is applied here" in shown
    assert 'deployments=["changed"]' in shown


def test_a_review_that_is_lacking_stops_it(hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_two(hub, project, monkeypatch)
    hub.write(expired=["plan-same"])
    with pytest.raises(CommandError, match="the reviewed plans of same can't be had; they may have expired"):
        reviewed("all", project)


def test_a_deployment_without_a_review_is_refused(hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_two(hub, project, monkeypatch)
    with pytest.raises(CommandError, match="#7 has no reviewed plan of 'small'"):
        reviewed("small", project)


def test_the_newest_plan_of_this_repository_counts(hub: Hub, project: Project) -> None:
    fork = plan_run(id=50, run_started_at="2026-01-09", head_repository={"full_name": "evil/platform"})
    hub.write(pulls=[pull_request()], runs=[plan_run(), plan_run(id=43, run_started_at="2026-01-05"), fork])
    plan(project, CREATE)
    publish(hub, project, run=43)
    reviewed("small", project)


def test_another_pull_requests_plan_of_the_same_commit_does_not_count(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.write(pulls=[pull_request()], runs=[plan_run(), plan_run(id=43, run_started_at="2026-01-05")])
    plan(project, change("aws_vpc.v", ["create"], None, {"cidr_block": "10.9.0.0/16"}))
    monkeypatch.setenv("PULL_REQUEST", "8")
    publish(hub, project, run=43)
    with pytest.raises(CommandError, match="can't be had"):
        reviewed("small", project)
    monkeypatch.setenv("PULL_REQUEST", "7")
    plan(project, CREATE)
    publish(hub, project)
    reviewed("small", project)
    plan(project, CREATE)
    compare("small", project)


def test_what_the_pull_request_may_replace_goes_to_the_next_steps(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, replacements: Path
) -> None:
    hub.write(pulls=[pull_request()], runs=[plan_run()])
    plan(project, CREATE)
    publish(hub, project)
    replacements.write_text(
        '[[replacement]]\ndeployment = "small"\naddress = "aws_s3_bucket.lake"\npull_request = 7\nbecause = "so"\n'
    )
    monkeypatch.setenv("GITHUB_ENV", str(tmp_path / "env"))
    reviewed("small", project)
    assert (tmp_path / "env").read_text() == "ALLOW_REPLACE=aws_s3_bucket.lake\n"


@pytest.mark.parametrize("outcome", ["failure", "skipped"])
def test_a_plan_that_failed_is_no_review(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch, outcome: str
) -> None:
    hub.write(pulls=[pull_request()], runs=[plan_run()])
    monkeypatch.setenv("PLAN_OUTCOME", outcome)
    plan(project, CREATE)
    publish(hub, project)
    with pytest.raises(CommandError, match="it says refused"):
        reviewed("small", project)


def test_a_review_of_another_form_is_refused(hub: Hub, project: Project) -> None:
    hub.write(pulls=[pull_request()], runs=[plan_run()])
    plan(project, CREATE)
    publish(hub, project)
    (hub.artefacts / "42" / "plan-small" / "review.json").write_text('{"stack": "small"}')
    with pytest.raises(CommandError, match="isn't a review"):
        reviewed("small", project)


def test_a_failed_apply_goes_on_from_its_own_commit(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch, output: Path
) -> None:
    """main has moved on; the dispatched run applies what the failed one should have."""
    hub.write(pulls=[pull_request()], runs=[plan_run(), apply_run()])
    plan(project, CREATE)
    publish(hub, project)
    monkeypatch.setenv("GITHUB_SHA", "newer")
    monkeypatch.setenv("RUN", "60")
    reviewed("all", project)
    assert output.read_text() == 'commit=merge\npull_request=7\ndeployments=["small"]\n'


@pytest.mark.parametrize(
    ("number", "run", "message"),
    [
        ("61", apply_run(), "There is no run 61"),
        ("60; id", apply_run(), "is no run's number"),
        ("60", apply_run(path=".github/workflows/plan.yml"), "isn't an Apply run that a merge started"),
        ("60", apply_run(event="workflow_dispatch"), "isn't an Apply run that a merge started"),
        ("60", apply_run(head_branch="other"), "isn't of main in acme/platform"),
        ("60", apply_run(head_repository={"full_name": "evil/platform"}), "isn't of main in acme/platform"),
        ("60", apply_run(conclusion="success"), "hasn't failed: success"),
        ("60", apply_run(status="in_progress", conclusion=None), "hasn't failed: in_progress"),
    ],
)
def test_only_a_failed_apply_of_main_goes_on(
    hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch, number: str, run: dict[str, Any], message: str
) -> None:
    hub.write(pulls=[pull_request()], runs=[plan_run(), run])
    plan(project, CREATE)
    publish(hub, project)
    monkeypatch.setenv("RUN", number)
    with pytest.raises(CommandError, match=message):
        reviewed("all", project)


def test_another_branch_is_refused(hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_REF", "refs/heads/other")
    with pytest.raises(CommandError, match="Apply runs on main only, not on refs/heads/other"):
        reviewed("all", project)


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
    with pytest.raises(CommandError, match=message):
        reviewed("small", project)


def test_a_plan_of_another_commit_is_refused(hub: Hub, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.write(pulls=[pull_request()], runs=[plan_run()])
    monkeypatch.setenv("HEAD_SHA", "other")
    plan(project, CREATE)
    publish(hub, project)
    with pytest.raises(CommandError, match="it says planned, 'small', #7, other"):
        reviewed("small", project)
