"""Interrupted and killed applies of the small stack, finished by a new plan and apply.

The tests build on each other, in order.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from ops.tests import small_stack
from ops.tests.front import Front, Workspace

JOB, CRAWLER, DATABASE = "aws_glue_job.job", "aws_glue_crawler.crawler", "aws_glue_catalog_database.database"


def test_killed_with_terraform(small: Workspace, front: Front) -> None:
    """apply, killed together with Terraform: nothing it made lately is recorded, its lock is held"""
    small.run("plan", "small", own_provider=True)
    with _applying(small, front, "CreateDatabase") as process:
        deadline = time.monotonic() + 300
        while not _groups(front) and time.monotonic() < deadline:
            time.sleep(0.2)
        (terraform,) = psutil.Process(process.pid).children()
        process.kill()
        os.killpg(terraform.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    assert front.client("glue").get_database(Name="small_db")
    assert DATABASE not in _recorded(front)
    assert "is locked" in small.run("plan", "small", expect=1, LOCK_TIMEOUT="1s")
    lock = front.client("s3").get_object(Bucket=small_stack.STATE_BUCKET, Key="small/terraform.tfstate.tflock")
    small.run("unlock", "small", "--lock-id", json.loads(lock["Body"].read())["ID"])


def test_plan_after_the_kill(small: Workspace, front: Front) -> None:
    """a new plan takes over all that was made, by its name or by its tags"""
    made = {"aws_s3_bucket.data_lake", "aws_iam_role.glue", DATABASE, "aws_vpc.vpc", "aws_security_group.airflow"}
    assert f"{DATABASE}  <-  000000000000:small_db" in small.run("plan", "small")
    assert made - _recorded(front) <= _imported(small)


def test_interrupted(small: Workspace, front: Front) -> None:
    """its apply, interrupted while AWS creates a crawler: AWS has it, the state doesn't"""
    with _applying(small, front, "CreateCrawler", **small.shared_provider("small")) as process:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=300)
    assert process.returncode == 143, output
    assert "finishes what it has begun" in output
    assert output.splitlines()[-1].startswith("  Next: make plan STACK=small, review it, make apply STACK=small")
    assert [each["Name"] for each in front.client("glue").get_crawlers()["Crawlers"]] == ["small_crawler"]
    assert CRAWLER not in _recorded(front)
    assert "no saved plan" in small.run("apply", "small", expect=1)


def test_finish(small: Workspace, front: Front, tmp_path: Path) -> None:
    """another machine's plan takes the crawler over too; its apply finishes the work, and nothing is there twice"""
    small = Workspace(tmp_path, front)
    small.add("small", small_stack.document())
    small.run("plan", "small")
    assert CRAWLER in _imported(small)
    small.run("apply", "small")
    assert "no changes" in small.run("plan", "small")
    assert _mark(front) == {"applies": []}
    ec2 = front.client("ec2")
    assert len([each for each in ec2.describe_vpcs()["Vpcs"] if not each["IsDefault"]]) == 1
    assert len(_groups(front)) == 1


def test_planned_meanwhile(small: Workspace, front: Front) -> None:
    """an apply ends well though somebody plans in the same folder meanwhile"""
    document = small_stack.document()
    crawlers = document["resource"]["aws_glue_crawler"]
    crawlers["third"] = {**crawlers["crawler"], "name": "third_crawler"}
    small.add("small", document)
    small.run("plan", "small")
    with _applying(small, front, "CreateCrawler", **small.shared_provider("small")) as process:
        assert "is locked" in small.run("plan", "small", expect=1, LOCK_TIMEOUT="1s")
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    small.add("small", small_stack.document())
    small.run("plan", "small")
    small.run("apply", "small")


def test_there_before_an_interrupted_apply(small: Workspace, front: Front) -> None:
    """what somebody made by hand before an apply isn't taken over when that apply is interrupted"""
    glue, document = front.client("glue"), small_stack.document()
    for kind in ("job", "crawler"):
        named = document["resource"][f"aws_glue_{kind}"]
        named["second"] = {**named[kind], "name": f"second_{kind}"}
    small.add("small", document)
    small.run("plan", "small")
    role = glue.get_job(JobName="small_job")["Job"]["Role"]
    glue.create_job(Name="second_job", Role=role, Command={"Name": "glueetl", "ScriptLocation": "s3://by/hand.py"})
    with _applying(small, front, "CreateCrawler", **small.shared_provider("small")) as process:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=300)
    (apply,) = _mark(front)["applies"]
    assert apply["existed"] == {"aws_glue_job.second": ["second_job"]}
    assert apply["creating"] == ["aws_glue_crawler.second", "aws_glue_job.second"]
    assert "aws_glue_crawler.second  <-  second_crawler" in small.run("plan", "small")
    assert _imported(small) == {"aws_glue_crawler.second"}
    assert ["create"] in [each["change"]["actions"] for each in small.planned("small")]
    assert "is there already" in small.run("apply", "small", expect=1)
    assert glue.get_job(JobName="second_job")["Job"]["Command"]["ScriptLocation"] == "s3://by/hand.py"
    glue.delete_job(JobName="second_job")
    small.run("plan", "small")
    small.run("apply", "small")


def test_half_created_under_a_name_that_is_taken(small: Workspace, front: Front) -> None:
    """what was cut off while it was read back is kept where a replacement of the same name would be made first"""
    document = small_stack.document()
    document["resource"]["aws_glue_security_configuration"] = {
        "glue": {
            "name": "small",
            "encryption_configuration": {
                "cloudwatch_encryption": {"cloudwatch_encryption_mode": "DISABLED"},
                "job_bookmarks_encryption": {"job_bookmarks_encryption_mode": "DISABLED"},
                "s3_encryption": {"s3_encryption_mode": "SSE-S3"},
            },
            "lifecycle": {"create_before_destroy": True},
        }
    }
    small.add("small", document)
    small.run("plan", "small")
    with front.holding_back("GetSecurityConfiguration", after="CreateSecurityConfiguration") as read:
        process = small.start("apply", "small", **small.shared_provider("small"))
        assert read.wait(300)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=300)
    assert "Kept aws_glue_security_configuration.glue: it was created." in output
    small.run("plan", "small")
    assert small.addresses("small") == []
    small.add("small", small_stack.document())
    small.run("plan", "small")
    small.run("apply", "small")


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
    assert not _imported(small)


def test_state_that_could_not_be_written(small: Workspace, front: Front) -> None:
    """an apply that can't write the state says so, and the next plan writes it: nothing is made twice"""
    glue, document, unsaved = front.client("glue"), small_stack.document(), small.stacks / "small" / "errored.tfstate"
    glue.delete_job(JobName="small_job")
    document["resource"]["aws_vpc"]["second"] = {"cidr_block": "10.201.0.0/16"}
    small.add("small", document)
    small.run("plan", "small")
    with front.refusing_to_write("small/terraform.tfstate"):
        output = small.run("apply", "small", expect=1)
    assert "couldn't be written: failed to upload state" in output
    assert f"noted in {unsaved} alone" in output
    assert "Next: mend that" in output.splitlines()[-1]
    # Should that file be lost, with CI's machine, a plan elsewhere looks for what was made.
    assert _mark(front)["applies"]
    assert "the stack has changed since" in small.run("apply", "small", expect=1)
    assert "Wrote the state of 'small'" in small.run("plan", "small")
    assert not unsaved.exists()
    assert small.addresses("small") == []
    assert len([each for each in front.client("ec2").describe_vpcs()["Vpcs"] if not each["IsDefault"]]) == 2
    small.run("apply", "small")
    assert _mark(front) == {"applies": []}


def test_state_that_was_overtaken(small: Workspace, front: Front) -> None:
    """a state that couldn't be written isn't written over a newer one; the file is named"""
    unsaved = small.stacks / "small" / "errored.tfstate"
    state = front.client("s3").get_object(Bucket=small_stack.STATE_BUCKET, Key="small/terraform.tfstate")
    now = json.loads(state["Body"].read())
    unsaved.write_text(json.dumps({**now, "serial": now["serial"] - 1}))
    assert f"{unsaved} notes what a command made" in small.run("plan", "small", expect=1)
    assert unsaved.exists()
    unsaved.unlink()


@contextmanager
def _applying(small: Workspace, front: Front, operation: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """An apply for which AWS has carried the operation out; the answer doesn't arrive while we are in here."""
    with front.holding_back(operation) as done:
        process = small.start("apply", "small", **environment)
        assert done.wait(300)
        yield process


def _imported(small: Workspace) -> set[str]:
    """The addresses that the saved plan imports; none of them is created."""
    plan = json.loads((small.build / "plans" / "small" / "plan.json").read_text())["resource_changes"]
    imported = {each["address"] for each in plan if "importing" in each["change"]}
    assert not imported & {each["address"] for each in plan if "create" in each["change"]["actions"]}
    return imported


def _mark(front: Front) -> dict[str, Any]:
    mark = front.client("s3").get_object(Bucket=small_stack.STATE_BUCKET, Key="small/terraform.tfstate.interrupted")
    return json.loads(mark["Body"].read())


def _groups(front: Front) -> list[str]:
    groups = front.client("ec2").describe_security_groups()["SecurityGroups"]
    return [each["GroupId"] for each in groups if each["GroupName"] == "small"]


def _recorded(front: Front) -> set[str]:
    """The addresses in the state, none before it is first written."""
    s3, key = front.client("s3"), "small/terraform.tfstate"
    objects = s3.list_objects_v2(Bucket=small_stack.STATE_BUCKET).get("Contents", [])
    if key not in {each["Key"] for each in objects}:
        return set()
    state = json.loads(s3.get_object(Bucket=small_stack.STATE_BUCKET, Key=key)["Body"].read())
    return {f"{each['type']}.{each['name']}" for each in state["resources"]}
