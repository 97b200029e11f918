"""The workflows' shell steps as they are, with the real make targets; only GitHub itself is a stub.

A deployment with a small stack and one whose plan is empty, from pull request to drift. The tests build on each other,
in order.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.errors import CommandError
from ops.github.check import check
from ops.project import ROOT, Project
from ops.tests import small_stack
from ops.tests.front import Front, Workspace
from ops.tests.workflows.hub import Hub, apply_run, environment, plan_run, pull_request

SMALL, EMPTY = "workflow-small", "workflow-empty"


class Runner:
    """Runs jobs as GitHub would, with the deployments of a workspace."""

    def __init__(self, workspace: Workspace, hub: Hub, config: Path) -> None:
        self.workspace, self.hub, self.config = workspace, hub, config

    def run(self, workflow: str, job: str, deployment: str = "-", expect: int = 0, **more: str) -> str:
        """more: names of contexts with __ for the dot."""
        settings = {
            "matrix.deployment": deployment,
            "github.token": "token",
            "github.sha": "merge",
            "github.run_id": "42",
            "github.run_attempt": "1",
            "github.ref": "refs/heads/main",
            "github.event.pull_request.number": "7",
            "github.event.pull_request.head.sha": "head",
            "github.event.pull_request.head.repo.full_name": "acme/platform",
            "github.repository": "acme/platform",
            "github.server_url": "https://github.com",
            "vars.PLAN_ROLE": "arn:aws:iam::000000000000:role/plan",
            "vars.APPLY_ROLE": "arn:aws:iam::000000000000:role/apply",
            "needs.deployments.result": "success",
            "needs.deployments.outputs.deployments": json.dumps([EMPTY, SMALL]),
            "needs.plan.result": "success",
            "needs.comment.result": "success",
            "needs.reviewed.result": "success",
            "needs.reviewed.outputs.commit": "merge",
            "needs.reviewed.outputs.deployments": json.dumps([SMALL]),
            "inputs.run": "",
            **{name.replace("__", "."): value for name, value in more.items()},
        }
        command = [sys.executable, "-m", "ops.tests.workflows.runner", f".github/workflows/{workflow}", job]
        command += ["--artefacts", self.hub.artefacts]
        command += [f"--set={name}={value}" for name, value in settings.items()]
        environment = self.workspace.environment(
            **self.hub.environment(),
            **self.workspace.shared_provider(SMALL),
            BUILD_DIR=str(ROOT / "build"),
            CONFIG_DIR=str(self.config),
        )
        done = subprocess.run(
            [str(part) for part in command],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=1800,
        )
        assert done.returncode == expect, done.stdout
        if deployment != "-":
            ended = "success" if done.returncode == 0 else "failure"
            self.hub.write(jobs={**self.hub["jobs"], deployment: ended})
        return done.stdout


@pytest.fixture(scope="module")
def runner(front: Front, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    folder = tmp_path_factory.mktemp("workflows")
    workspace = Workspace(folder, front)
    front.make_bucket(small_stack.STATE_BUCKET)
    document = small_stack.document()
    workspace.add(SMALL, document)
    backend = {**document["terraform"]["backend"]["s3"], "key": "empty/terraform.tfstate"}
    empty = {**document, "terraform": {**document["terraform"], "backend": {"s3": backend}}}
    workspace.add(EMPTY, {name: value for name, value in empty.items() if name not in ("output", "resource")})
    (folder / "config").mkdir()
    for name in (SMALL, EMPTY):
        (folder / "config" / f"{name}.yaml").touch()
    hub = Hub(folder / "hub")
    hub.write(environments={SMALL: environment()})
    yield Runner(workspace, hub, folder / "config")
    for kind in ("plans", "review", "reviewed", "handed-over", "drift", "drift-report", "terraform/data"):
        for name in (SMALL, EMPTY):
            shutil.rmtree(ROOT / "build" / kind / name, ignore_errors=True)


def test_plan(runner: Runner) -> None:
    """plan.yml: hands the review over without the plan file, and another job comments"""
    runner.hub.write(pulls=[pull_request(merged_at=None)])
    listed = runner.run("plan.yml", "deployments")
    assert f'output deployments=["{EMPTY}", "{SMALL}"]' in listed
    for deployment in (SMALL, EMPTY):
        runner.run("plan.yml", "plan", deployment)
    assert runner.hub["comments"] == {}
    runner.run("plan.yml", "comment")
    empty, small = (each["body"] for each in runner.hub["comments"]["7"])
    assert "`aws_glue_job.job`" in small
    assert "No changes" in empty
    kept = runner.hub.artefacts / "42" / f"plan-{SMALL}"
    assert sorted(path.name for path in kept.iterdir()) == ["review.json", "summary.md"]
    assert "skipped" in runner.run(
        "plan.yml", "deployments", github__event__pull_request__head__repo__full_name="fork/platform"
    )
    runner.run("plan.yml", "planned")
    assert "Plan: skipped" in runner.run("plan.yml", "planned", expect=1, needs__plan__result="skipped")


def test_apply_stops_when_the_plan_has_changed(runner: Runner, front: Front) -> None:
    """apply.yml: stops before the apply when the plan isn't the reviewed one, and tells the pull request"""
    runner.hub.write(pulls=[pull_request()], runs=[plan_run(), apply_run()])
    assert f'output deployments=["{SMALL}"]' in runner.run("apply.yml", "reviewed")
    runner.workspace.add(SMALL, small_stack.document(workers=5))
    output = runner.run("apply.yml", "apply", SMALL, expect=1)
    assert "aws_glue_job.job: differs in after.number_of_workers" in output
    assert "skipped       make apply" in output
    assert front.client("glue").get_jobs()["Jobs"] == []
    runner.run("apply.yml", "result")
    assert f"| `{SMALL}` | **failed**" in runner.hub["comments"]["7"][-1]["body"]


def test_apply_stops_without_a_protected_environment(runner: Runner) -> None:
    """apply.yml: the job that names the environment doesn't run, or stops, when the environment isn't protected"""
    runner.hub.write(environments={})
    for job, deployment in (("reviewed", "-"), ("apply", SMALL)):
        output = runner.run("apply.yml", job, deployment, expect=1)
        assert f"There is no environment '{SMALL}'" in output
    assert "skipped       make plan" in output
    runner.hub.write(environments={SMALL: environment()})


def test_apply_goes_on_with_what_is_left(runner: Runner, front: Front) -> None:
    """apply.yml: a failed apply is dispatched again and applies what is left of the reviewed plan"""
    whole = small_stack.document()
    left = ("aws_glue_job", "aws_glue_crawler")
    done = {kind: each for kind, each in whole["resource"].items() if kind not in left}
    runner.workspace.add(SMALL, {**whole, "resource": done})
    for command in ("plan", "apply"):
        runner.workspace.run(command, SMALL)
    runner.workspace.add(SMALL, whole)
    runner.run("apply.yml", "reviewed", github__sha="newer", inputs__run="60")
    output = runner.run("apply.yml", "apply", SMALL, github__sha="newer", inputs__run="60")
    assert "reviewed changes were made already" in output
    assert "the plan is what is left of the reviewed one (2 change(s))" in output
    assert [job["Name"] for job in front.client("glue").get_jobs()["Jobs"]] == ["small_job"]
    runner.run("apply.yml", "result", github__sha="newer", inputs__run="60")
    assert f"| `{SMALL}` | applied |" in runner.hub["comments"]["7"][-1]["body"]


def test_check(runner: Runner) -> None:
    """check.yml: refuses an unprotected environment, and gives each job its role"""
    assert f"There is no environment '{EMPTY}'" in runner.run("check.yml", "deployments", expect=1)
    runner.hub.write(environments={SMALL: environment(), EMPTY: environment()})
    runner.run("check.yml", "deployments")
    for job in ("plan", "apply"):
        assert f"role=arn:aws:iam::000000000000:role/{job}" in runner.run("check.yml", job, SMALL)


def test_drift(runner: Runner, front: Front) -> None:
    """drift.yml: opens, keeps and closes the deployment's issue"""
    same = {
        "github__event__repository__fork": "",
        "github__event__repository__default_branch": "main",
        "github__ref_name": "main",
    }
    assert SMALL in runner.run("drift.yml", "deployments", **same)
    glue = front.client("glue")
    job = glue.get_job(JobName="small_job")["Job"]
    kept = ("Role", "Command", "GlueVersion", "WorkerType", "NumberOfWorkers", "Timeout", "ExecutionProperty")
    as_it_was = {name: job[name] for name in kept}
    glue.update_job(JobName="small_job", JobUpdate={**as_it_was, "NumberOfWorkers": 9})
    runner.run("drift.yml", "drift", SMALL)
    assert runner.hub["issues"] == []
    only = {"needs__deployments__outputs__deployments": json.dumps([SMALL]), "needs__drift__result": "success"}
    assert "Opened issue" in runner.run("drift.yml", "issues", **only)
    (issue,) = runner.hub["issues"]
    assert (issue["state"], issue["title"]) == ("open", f"Drift: {SMALL}")
    assert "`aws_glue_job.job` | `number_of_workers`" in issue["body"]

    directory = runner.workspace.stacks / SMALL
    away = directory.rename(directory.with_name("away"))
    runner.run("drift.yml", "drift", SMALL, expect=1)
    assert f"couldn't tell whether these have drifted: {SMALL}" in runner.run("drift.yml", "issues", expect=1, **only)
    away.rename(directory)
    assert runner.hub["issues"] == [issue]

    glue.update_job(JobName="small_job", JobUpdate=as_it_was)
    output = runner.run("drift.yml", "drift", SMALL)
    assert "Closed issue" in runner.run("drift.yml", "issues", **only), output
    (issue,) = runner.hub["issues"]
    assert issue["state"] == "closed"


def test_exit_code_of_drift(runner: Runner, tmp_path: Path) -> None:
    """make drift ends with the check's own code, whatever the check before it said"""
    check = tmp_path / "ops"
    check.write_text('#!/bin/sh\nexit "$CODE"\n')
    check.chmod(0o755)
    (ROOT / "build" / "drift.mk").unlink(missing_ok=True)
    no_synth = {"CDKTF_OUTDIR": str(check / "out")}
    # Ended by a signal (137: for want of memory), or not begun, it can't tell either.
    for code, ends, more in ((2, 2, {}), (0, 0, {}), (1, 1, {}), (137, 1, {}), (0, 1, no_synth), (2, 2, {})):
        environment = runner.workspace.environment(CODE=str(code), **more)
        done = subprocess.run(["make", "drift", f"OPS={check}"], cwd=ROOT, env=environment, check=False)
        assert done.returncode == ends, code


def test_check_cicd_knows_the_synthesised_roles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """make check-cicd takes the roles and whom they trust off the synthesised stack"""
    config = tmp_path / "config"
    config.mkdir()
    text = (ROOT / "config" / "driven-data.yaml").read_text()
    (config / "driven-data.yaml").write_text(f"{text}\ncicd:\n  github_repository: acme/platform\n")
    synth = [ROOT / "bin" / "synth", "--config", config, "--out", tmp_path / "out"]
    subprocess.run([str(part) for part in synth], cwd=ROOT, check=True)
    hub = Hub(tmp_path / "hub")
    arn = "arn:aws:iam::000000000000:role/driven_data_"
    hub.write(
        variables={"PLAN_ROLE": f"{arn}plan"},
        environments={"driven-data": environment(variables={"APPLY_ROLE": f"{arn}apply"})},
        answers={
            "": {"full_name": "acme/platform", "id": 2, "owner": {"id": 1}, "created_at": "2025-01-01T00:00:00Z"},
            "rules/branches/main": [],
            "codeowners/errors": {"errors": []},
        },
    )
    for name, value in hub.environment().items():
        monkeypatch.setenv(name, value)
    project = Project(tmp_path / "out" / "stacks", tmp_path / "build", tmp_path / "locks", tmp_path / "imports")
    with pytest.raises(CommandError) as raised:
        check("driven-data", project)
    told = [line for line in str(raised.value).splitlines() if line.startswith("  - ")]
    assert len(told) == 6, told
    assert all("a branch ruleset for main" in line for line in told)
