"""Interrupted and killed applies of the small stack, finished by a new plan and apply.

The tests build on each other, in order.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from ops.tests import small_stack
from ops.tests.front import Front, Workspace

JOB = "aws_glue_job.job"


def test_interrupted(small: Workspace, front: Front) -> None:
    """apply, interrupted while AWS creates a job: AWS has it, the state doesn't"""
    small.run("plan", "small")
    with _applying(small, front, "CreateJob") as process:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 143, output
    assert "finishes what it has begun" in output
    assert output.splitlines()[-1].startswith("  Next: make plan STACK=small, review it, make apply STACK=small")
    assert _jobs(front) == ["small_job"]
    assert JOB not in _recorded(front)
    assert "no saved plan" in small.run("apply", "small", expect=1)


def test_finish_the_interrupted(small: Workspace, front: Front) -> None:
    """a new plan takes the job over, its apply finishes the work"""
    assert f"{JOB}  <-  small_job" in small.run("plan", "small")
    _imports_and_creates_the_rest(small, {JOB})
    _finish(small)
    assert JOB in _recorded(front)


def test_made_by_hand(small: Workspace, front: Front) -> None:
    """an apply that fails on what somebody made by hand takes nothing over by itself"""
    glue = front.client("glue")
    role = glue.get_job(JobName="small_job")["Job"]["Role"]
    glue.delete_job(JobName="small_job")
    small.run("plan", "small")
    glue.create_job(Name="small_job", Role=role, Command={"Name": "glueetl", "ScriptLocation": "s3://by/hand.py"})
    output = small.run("apply", "small", expect=1)
    assert "is there already" in output
    assert "make import STACK=small" in output
    small.run("plan", "small")
    assert [(each["address"], each["change"]["actions"]) for each in small.planned("small")] == [(JOB, ["create"])]
    assert "importing" not in small.planned("small")[0]["change"]
    assert front.client("glue").get_job(JobName="small_job")["Job"]["Command"]["ScriptLocation"] == "s3://by/hand.py"


def test_killed_with_terraform(small: Workspace, front: Front) -> None:
    """apply, killed together with Terraform: nothing it made lately is recorded, its lock is held"""
    small.run("destroy", "small", CONFIRM="small")
    front.client("glue").delete_job(JobName="small_job")
    small.run("plan", "small")
    with _applying(small, front, "CreateJob") as process:
        (terraform,) = psutil.Process(process.pid).children()
        process.kill()
        os.killpg(terraform.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    assert _jobs(front) == ["small_job"]
    assert JOB not in _recorded(front)
    assert "is locked" in small.run("plan", "small", expect=1, LOCK_TIMEOUT="1s")


def test_finish_the_killed(small: Workspace, front: Front) -> None:
    """unlock, plan, apply finish it"""
    lock = front.client("s3").get_object(Bucket=small_stack.STATE_BUCKET, Key="small/terraform.tfstate.tflock")
    small.run("unlock", "small", "--lock-id", json.loads(lock["Body"].read())["ID"])
    small.run("plan", "small")
    made = {"aws_s3_bucket.data_lake", "aws_iam_role.glue", "aws_glue_catalog_database.database", JOB}
    _imports_and_creates_the_rest(small, made - _recorded(front))
    _finish(small)


@contextmanager
def _applying(small: Workspace, front: Front, operation: str) -> Iterator[subprocess.Popen[str]]:
    """An apply for which AWS has carried the operation out; the answer doesn't arrive while we are in here."""
    with front.holding_back(operation) as done:
        process = small.start("apply", "small")
        assert done.wait(120)
        yield process


def _imports_and_creates_the_rest(small: Workspace, taken_over: set[str]) -> None:
    plan = json.loads((small.build / "plans" / "small" / "plan.json").read_text())["resource_changes"]
    imported = {each["address"] for each in plan if "importing" in each["change"]}
    created = {each["address"] for each in plan if "create" in each["change"]["actions"]}
    assert taken_over <= imported
    assert not imported & created


def _finish(small: Workspace) -> None:
    small.run("apply", "small")
    assert "no changes" in small.run("plan", "small")
    assert not (small.build / "interrupted" / "small.json").exists()


def _jobs(front: Front) -> list[str]:
    return [each["Name"] for each in front.client("glue").get_jobs()["Jobs"]]


def _recorded(front: Front) -> set[str]:
    """The addresses in the state."""
    state = front.client("s3").get_object(Bucket=small_stack.STATE_BUCKET, Key="small/terraform.tfstate")
    return {f"{each['type']}.{each['name']}" for each in json.loads(state["Body"].read())["resources"]}
