"""The rules that the workflows keep."""

from __future__ import annotations

import re
import signal
import subprocess
import time
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


def signs_in(job: dict[str, Any]) -> bool:
    return any("configure-aws-credentials" in step.get("uses", "") for step in job["steps"])


def test_there_are_the_five() -> None:
    assert [path.name for path in WORKFLOWS] == ["apply.yml", "check.yml", "drift.yml", "plan.yml", "test.yml"]


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
        assert ("id-token" in granted) == signs_in(job)
        checkouts = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
        assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@by_name
def test_a_job_that_signs_in_to_aws_writes_nothing_on_github(path: Path) -> None:
    for job in load(path)["jobs"].values():
        writes = {name for name, value in job.get("permissions", {}).items() if value == "write"}
        assert writes <= ({"id-token"} if signs_in(job) else {"pull-requests", "issues"})


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
    assert (jobs["planned"]["needs"], jobs["planned"]["if"]) == (["plan", "comment"], "${{ !cancelled() }}")
    assert "pull_request_target" not in str(workflow("plan"))


def test_the_apply_role_is_for_jobs_in_the_protected_environment() -> None:
    for path in WORKFLOWS:
        for job in load(path)["jobs"].values():
            access = {step["env"]["ACCESS"] for step in job["steps"] if "ACCESS" in step.get("env", {})}
            assert ("apply" in access) == ("environment" in job)
            assert len(access) == signs_in(job)
            assert job.get("environment") in (None, "${{ matrix.deployment }}")
    applying = [
        path.name
        for path in WORKFLOWS
        for job in load(path)["jobs"].values()
        if any("make apply" in step.get("run", "") for step in job["steps"])
    ]
    assert applying == ["apply.yml"]


def test_environments_are_verified_before_a_job_names_one() -> None:
    """GitHub makes a missing one, without protection. make ci-reviewed verifies them, see test_reviewed.py."""
    for name, step in (("apply", "make ci-reviewed STACK=all"), ("check", "make ci-protected STACK=all")):
        jobs = workflow(name)["jobs"]
        (job,) = (each for each in jobs.values() if "environment" in each)
        before = jobs[job["needs"]]
        assert step in [each.get("run") for each in before["steps"]]
        assert before["permissions"]["actions"] == "read"
        assert "environment" not in before


def test_applies_that_wait_stand_in_line() -> None:
    """actionlint doesn't know the key yet, so its value and the one that excludes it are checked here."""
    assert workflow("apply")["jobs"]["apply"]["concurrency"] == {
        "group": "apply-${{ matrix.deployment }}",
        "cancel-in-progress": False,
        "queue": "max",
    }


def test_the_result_is_told_however_the_apply_ended() -> None:
    job = workflow("apply")["jobs"]["result"]
    assert (job["needs"], job["if"]) == (["reviewed", "apply"], "always()")


def test_apply_compares_between_its_plan_and_the_apply() -> None:
    steps = [step.get("name", step.get("run")) for step in workflow("apply")["jobs"]["apply"]["steps"]]
    assert steps[-3:] == ["make plan", "make ci-compare", "make apply"]
    assert not any("if" in step or "continue-on-error" in step for step in workflow("apply")["jobs"]["apply"]["steps"])


def test_plan_and_drift_only_read() -> None:
    assert workflow("plan")["jobs"]["plan"]["env"]["TF_CLI_ARGS_plan"] == "-lock=false"
    for name in ("plan", "drift", "test"):
        for job in workflow(name)["jobs"].values():
            assert not re.search("make (apply|destroy)", str(job["steps"]))


def test_the_plan_file_is_no_artefact() -> None:
    for name, job, folder in (("plan", "plan", "review"), ("drift", "drift", "drift-report")):
        steps = workflow(name)["jobs"][job]["steps"]
        (upload,) = (step for step in steps if "upload-artifact" in step.get("uses", ""))
        assert upload["with"]["path"] == f"build/{folder}/${{{{ matrix.deployment }}}}"
        assert upload["with"]["retention-days"] <= 7


def test_dependencies_are_updated_wherever_there_are_some() -> None:
    updates = load(FOLDER / "dependabot.yml")["updates"]
    named = {
        (each["package-ecosystem"], folder)
        for each in updates
        for folder in each.get("directories", [each.get("directory")])
    }
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    kinds = {"pom.xml": "maven", "package-lock.json": "npm", "action.yml": "github-actions"}
    found = {
        (kinds[path.name], f"/{path.parent.as_posix()}".removesuffix(".").removesuffix("/") or "/")
        for path in map(Path, tracked)
        if path.name in kinds
    }
    assert named == {*found, ("github-actions", "/"), ("uv", "/requirements")}


def test_locks_tell_dependabot_how_they_were_made() -> None:
    """It reads these options off the file, and would lock for one platform without them (see docs/workflows.md)."""
    for source in sorted((ROOT / "requirements").glob("*.in")):
        lock = source.with_suffix(".txt").read_text()
        if source.stem != "airflow":
            assert "--universal" in lock.splitlines()[1], source
            assert "--python-version" in lock.splitlines()[1], source
            assert "--hash=sha256:" in lock


def test_what_guards_the_apply_has_owners() -> None:
    owned = {line.split()[0] for line in (FOLDER / "CODEOWNERS").read_text().splitlines() if line and line[0] != "#"}
    # What a job that can sign in runs belongs to it: Maven's plugins and Python's packages too.
    run = {"/ops/", "/bin/", "/Makefile", "/pom.xml", "/.mvn/", "/requirements/"}
    assert {"/.github/", "/policies/", "/config/", *run} <= owned
    for each in owned - {"*"}:
        assert (ROOT / each.strip("/")).exists(), each


MAKEFILE = "SHELL := /bin/bash\n.SHELLFLAGS := -eu -o pipefail -c\napply:\n\t@./ops apply\n"
OPS = "#!/bin/bash\ntrap 'touch told; exit 143' TERM\ntouch begun\n[ -f hang ] || exit 7\nsleep 30 & wait\n"


@pytest.mark.parametrize("cancelled", [True, False])
def test_an_apply_that_github_cancels_is_told_so(tmp_path: Path, cancelled: bool) -> None:
    (tmp_path / "step.sh").write_text(workflow("apply")["jobs"]["apply"]["steps"][-1]["run"])
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / "ops").write_text(OPS)
    (tmp_path / "ops").chmod(0o755)
    if cancelled:
        (tmp_path / "hang").touch()
    step = subprocess.Popen(["bash", "-e", "step.sh"], cwd=tmp_path)
    if cancelled:
        deadline = time.monotonic() + 20
        while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        step.send_signal(signal.SIGINT)
    assert step.wait(20) == (143 if cancelled else 2)
    assert (tmp_path / "told").exists() == cancelled
