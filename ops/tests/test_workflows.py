"""The workflows' rules; and their shell steps, run with stand-ins for GitHub and for long targets."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.project import ROOT
from ops.tests.github import GitHub

FOLDER = ROOT / ".github"
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))
FILES = [*WORKFLOWS, *FOLDER.glob("actions/*/action.yml")]
# What GitHub puts in for the expressions that the steps' environments use.
VALUES = {
    "matrix.stack": "small",
    "github.token": "token",
    "github.event.pull_request.number": "7",
    "steps.drift.outputs.code": "2",
}
_MAKE = """#!/bin/bash
case "$1" in
  ci-*) exec {make} -C {root} "$@" ;;
  drift) echo "make $1 STACK=$STACK" >> {calls}; exit 2 ;;
  *) echo "make $1 STACK=${{STACK:-}}" >> {calls} ;;
esac
"""


def load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())


def jobs(path: Path) -> list[dict[str, Any]]:
    return list(load(path)["jobs"].values())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_actions_are_pinned_to_commits_with_their_version(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text())
    assert used
    for each in used:
        assert each.startswith("./") or re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each), each


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_steps_call_make_targets_only(path: Path) -> None:
    for job in jobs(path):
        for step in (each for each in job["steps"] if "run" in each):
            commands = [line.strip() for line in step["run"].splitlines()]
            ours = [
                line
                for line in commands
                if not re.match(r"code=0$|echo \"code=\$code\" >> \"\$GITHUB_OUTPUT\"$", line)
            ]
            assert all(line.startswith("make ") for line in ours), step["run"]
            assert "${{" not in step["run"], "an expression in a script can be injected into: use env"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_permissions_are_least(path: Path) -> None:
    assert load(path)["permissions"] in ({}, {"contents": "read"})
    for job in jobs(path):
        granted = job.get("permissions", {})
        assert granted.get("contents", "read") == "read"
        signs_in = any("configure-aws-credentials" in step.get("uses", "") for step in job["steps"])
        assert ("id-token" in granted) == signs_in


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_runs_of_one_kind_do_not_overlap(path: Path) -> None:
    assert "concurrency" in load(path) or all("concurrency" in job for job in jobs(path))


def test_no_plan_for_forks_and_apply_only_in_the_protected_environment() -> None:
    (plan,) = jobs(FOLDER / "workflows" / "plan.yml")
    assert plan["if"] == "github.event.pull_request.head.repo.full_name == github.repository"
    (apply,) = jobs(FOLDER / "workflows" / "apply.yml")
    assert apply["environment"] == "${{ matrix.stack }}"
    assert "plan_role" in str(plan) and "apply_role" not in str(plan)
    assert "apply_role" in str(apply) and "plan_role" not in str(apply)


@pytest.mark.parametrize(
    ("name", "made", "sent"),
    [
        ("plan.yml", ["make plan STACK=small"], ["repos/acme/platform/issues/7/comments"]),
        ("apply.yml", ["make apply STACK=small"], []),
        ("drift.yml", ["make drift STACK=small"], ["repos/acme/platform/issues"]),
        ("test.yml", ["make lint STACK=", "make test STACK="], []),
    ],
)
def test_the_shell_steps_run(tmp_path: Path, name: str, made: list[str], sent: list[str]) -> None:
    github = GitHub(tmp_path / "github")
    _fill(github, tmp_path / "build")
    calls = tmp_path / "calls"
    shim = github.bin / "make"
    shim.write_text(_MAKE.format(make=shutil.which("make"), root=ROOT, calls=calls))
    shim.chmod(0o755)
    output = tmp_path / "output"
    for job in jobs(FOLDER / "workflows" / name):
        for step in (each for each in job["steps"] if "run" in each):
            given = {
                key: _evaluated(value) for key, value in {**job.get("env", {}), **step.get("env", {})}.items()
            }
            kept = {
                key: value
                for key, value in os.environ.items()
                if key not in ("STACK", "MAKEFLAGS", "MAKELEVEL")
            }
            github_env = {
                **github.environment(),
                "BUILD_DIR": str(tmp_path / "build"),
                "GITHUB_OUTPUT": str(output),
            }
            # As the runner starts it.
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            done = subprocess.run(
                command,
                cwd=ROOT,
                env={**kept, **github_env, **given},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{step['run']}\n{done.stdout}{done.stderr}"
    assert calls.read_text().splitlines() == made
    assert [path for _, path, _ in github.sent()] == sent
    if name == "drift.yml":
        assert output.read_text() == "code=2\n"


def _evaluated(value: object) -> str:
    return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: VALUES[found[1]], str(value))


def _fill(github: GitHub, build: Path) -> None:
    """A pull request with a plan, and a drift report."""
    repository = "repos/acme/platform"
    merged = {"number": 7, "merged_at": "2026-01-02T03:04:05Z", "head": {"sha": "beef"}}
    github.answer(
        {
            f"{repository}/issues/7/comments": [],
            f"{repository}/issues": [],
            f"{repository}/commits/c0ffee/pulls": [merged],
            f"{repository}/actions/workflows/plan.yml/runs": {"workflow_runs": [{"id": 9}]},
        }
    )
    (github.home / "plan-small").mkdir()
    (github.home / "plan-small" / "summary.txt").write_text("Plan for small: no changes\n")
    for report in (build / "plans" / "small" / "summary.md", build / "drift" / "small" / "drift.md"):
        report.parent.mkdir(parents=True)
        report.write_text("a report\n")
