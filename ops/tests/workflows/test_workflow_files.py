"""The rules that the workflows keep."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.project import ROOT

FOLDER = ROOT / ".github"
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))
FILES = [*WORKFLOWS, *FOLDER.glob("actions/*/action.yml")]
by_name = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())


def workflow(name: str) -> dict[str, Any]:
    return load(FOLDER / "workflows" / f"{name}.yml")


def test_there_are_the_four() -> None:
    assert [path.name for path in WORKFLOWS] == ["apply.yml", "drift.yml", "plan.yml", "test.yml"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_actions_are_pinned_to_commits_with_their_version(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text())
    assert used
    for each in used:
        assert each.startswith("./") or re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each), each


def test_an_action_has_the_same_pin_everywhere() -> None:
    pins = {line for path in FILES for line in re.findall(r"uses: ([^.].*)", path.read_text())}
    assert len({pin.split("@")[0] for pin in pins}) == len(pins), sorted(pins)


@by_name
def test_no_expression_stands_in_a_script(path: Path) -> None:
    """It could be injected into; the environment can't."""
    for job in load(path)["jobs"].values():
        for step in (each for each in job["steps"] if "run" in each):
            assert "${{" not in step["run"]


@by_name
def test_permissions_are_least(path: Path) -> None:
    assert load(path)["permissions"] in ({}, {"contents": "read"})
    for job in load(path)["jobs"].values():
        granted = job.get("permissions", {})
        assert granted.get("contents", "read") == "read"
        signs_in = any("configure-aws-credentials" in step.get("uses", "") for step in job["steps"])
        assert ("id-token" in granted) == signs_in
        checkouts = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
        assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@by_name
def test_every_job_ends_and_runs_of_one_kind_do_not_overlap(path: Path) -> None:
    jobs = load(path)["jobs"].values()
    assert all(job["timeout-minutes"] <= 120 for job in jobs)
    assert "concurrency" in load(path) or all("concurrency" in job for job in jobs if "id-token" in job["permissions"])


def test_forks_get_no_plan_and_their_pull_requests_fail_the_required_check() -> None:
    jobs = workflow("plan")["jobs"]
    same = "github.event.pull_request.head.repo.full_name == github.repository"
    assert jobs["deployments"]["if"] == same
    assert jobs["plan"]["needs"] == "deployments"
    assert (jobs["planned"]["needs"], jobs["planned"]["if"]) == ("plan", "${{ !cancelled() }}")
    assert "pull_request_target" not in str(workflow("plan"))


def test_only_apply_uses_the_apply_role_and_only_in_the_protected_environment() -> None:
    for path in WORKFLOWS:
        for job in load(path)["jobs"].values():
            access = {step["env"]["ACCESS"] for step in job["steps"] if "ACCESS" in step.get("env", {})}
            applies = any(step.get("run") == "make apply" for step in job["steps"])
            assert access <= ({"apply"} if applies else {"plan"})
            assert applies == ("environment" in job)
    assert workflow("apply")["jobs"]["apply"]["environment"] == "${{ matrix.deployment }}"


def test_apply_compares_between_its_plan_and_the_apply() -> None:
    steps = [step.get("run") for step in workflow("apply")["jobs"]["apply"]["steps"]]
    assert steps[-3:] == ["make plan", "make ci-compare", "make apply"]
    assert not any("if" in step or "continue-on-error" in step for step in workflow("apply")["jobs"]["apply"]["steps"])


def test_plan_and_drift_only_read() -> None:
    assert workflow("plan")["jobs"]["plan"]["env"]["TF_CLI_ARGS_plan"] == "-lock=false"
    for name in ("plan", "drift", "test"):
        for job in workflow(name)["jobs"].values():
            assert not {step.get("run") for step in job["steps"]} & {"make apply", "make destroy"}


def test_the_plan_file_is_no_artefact() -> None:
    (upload,) = (
        step for step in workflow("plan")["jobs"]["plan"]["steps"] if "upload-artifact" in step.get("uses", "")
    )
    assert upload["with"]["path"] == "build/review/${{ matrix.deployment }}"
    assert upload["with"]["retention-days"] <= 7
