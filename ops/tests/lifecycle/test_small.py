"""Refusals, locks, imports and interruptions on a small stack. The tests build on each other, in order."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from ops.tests import small_stack
from ops.tests.front import Front, Workspace

LOCK = {
    "ID": "11111111-2222-3333-4444-555555555555",
    "Operation": "OperationTypeApply",
    "Who": "ana@laptop",
    "Version": "1.11.4",
    "Created": "2026-01-02T03:04:05Z",
    "Path": "small-state/small/terraform.tfstate",
}


def test_import(small: Workspace, front: Front) -> None:
    """import takes over what was made by hand, and its plan creates none of it"""
    s3, iam, glue = (front.client(service) for service in ("s3", "iam", "glue"))
    front.make_bucket(small_stack.BUCKET)
    s3.put_object(Bucket=small_stack.BUCKET, Key="data/raw/kept.csv", Body=b"kept")
    trust = json.dumps({"Version": "2012-10-17", "Statement": [small_stack.trust()]})
    role = iam.create_role(RoleName="small_glue", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    glue.create_database(DatabaseInput={"Name": "small_db"})
    script = {"Name": "glueetl", "ScriptLocation": "s3://small-lake/by-hand.py"}
    glue.create_job(Name="small_job", Role=role, Command=script, GlueVersion="4.0")

    data = small.build / "terraform" / "data" / "small"
    for name, age in (("killed", 7200), ("running", 0)):
        (data / f"scratch-{name}").mkdir(parents=True)
        os.utime(data / f"scratch-{name}", (time.time() - age,) * 2)
    output = small.run("import", "small")
    assert [each.name for each in data.glob("scratch-*")] == ["scratch-running"]
    created = {each["address"] for each in small.planned("small") if each["change"]["actions"] == ["create"]}
    by_hand = {
        "aws_s3_bucket.data_lake",
        "aws_iam_role.glue",
        "aws_glue_job.job",
        "aws_glue_catalog_database.database",
    }
    assert not created & by_hand
    assert "aws_glue_crawler.crawler" in created
    assert "aws_glue_job.job  <-  small_job" in output
    small.run("apply", "small")
    assert s3.get_object(Bucket=small_stack.BUCKET, Key="data/raw/kept.csv")["Body"].read() == b"kept"
    assert "no changes" in small.run("plan", "small")


def test_apply_refuses_a_plan_older_than_the_state(small: Workspace, tmp_path: Path) -> None:
    """apply refuses a plan that another apply has overtaken"""
    _change(small, workers=3)
    small.run("plan", "small")
    shutil.copytree(small.build / "plans", tmp_path / "plans")
    small.run("apply", "small")
    shutil.copytree(tmp_path / "plans", small.build / "plans", dirs_exist_ok=True)
    assert "older than its state" in small.run("apply", "small", expect=1)


def test_held_lock(small: Workspace, front: Front) -> None:
    """a held lock is waited for, then its holder and the unlock command are named"""
    key = "small/terraform.tfstate.tflock"
    front.client("s3").put_object(Bucket=small_stack.STATE_BUCKET, Key=key, Body=json.dumps(LOCK).encode())
    begun = time.monotonic()
    output = small.run("plan", "small", expect=1, LOCK_TIMEOUT="4s")
    assert time.monotonic() - begun > 4
    assert "ana@laptop" in output
    assert f"make unlock STACK=small LOCK_ID={LOCK['ID']}" in output
    small.run("drift", "small", TF_WORKSPACE="another")  # takes no lock, and no other state
    small.run("unlock", "small", "--lock-id", LOCK["ID"])
    held = front.client("s3").list_objects_v2(Bucket=small_stack.STATE_BUCKET, Prefix=key)
    assert held["KeyCount"] == 0


def test_protected_resource(small: Workspace) -> None:
    """a plan that replaces the bucket fails, unless ALLOW_REPLACE names it"""
    document = small_stack.document()
    document["resource"]["aws_s3_bucket"]["data_lake"]["bucket"] = "small-lake-renamed"
    small.add("small", document)
    output = small.run("plan", "small", expect=3)
    assert "!!! replace  aws_s3_bucket.data_lake" in output
    assert "no saved plan" in small.run("apply", "small", expect=1)
    small.run("plan", "small", ALLOW_REPLACE="aws_s3_bucket.data_lake")
    assert (small.build / "plans" / "small" / "plan.tfplan").is_file()


def test_wrong_account(small: Workspace) -> None:
    """credentials of another account than the pinned one are refused"""
    document = small_stack.document()
    document["provider"]["aws"][0]["allowed_account_ids"] = ["210987654321"]
    small.add("small", document)
    # The override file adapts the pinned account to the emulator's; here that is what must not happen.
    override = small.stacks / "small" / "sandbox_override.tf.json"
    content = json.loads(override.read_text())
    content["provider"]["aws"][0]["allowed_account_ids"] = ["210987654321"]
    override.write_text(json.dumps(content))
    output = small.run("plan", "small", expect=1)
    assert "belong to account 000000000000" in output
    assert "config/small.yaml" in output


def test_killed(small: Workspace) -> None:
    """apply, killed outright: Terraform goes on alone, and a new plan finds its work done"""
    _change(small, workers=5)
    small.run("plan", "small", own_provider=True)
    process = small.start("apply", "small")
    assert process.stdout
    for line in process.stdout:
        if "Modifying..." in line:
            process.send_signal(signal.SIGKILL)
            break
    process.communicate(timeout=60)
    assert "no changes" in small.run("plan", "small", LOCK_TIMEOUT="120s")


def test_sensitive_values(small: Workspace) -> None:
    """what Terraform calls sensitive is in nothing that plan, apply and drift print or write for people"""
    secret = "hidden-7b1d"
    document = small_stack.document()
    document["variable"] = {"token": {"type": "string", "default": secret, "sensitive": True}}
    document["resource"]["aws_s3_object"]["dag"]["content"] = "${var.token}"
    document["output"] = {"token": {"value": "${var.token}", "sensitive": True}}
    small.add("small", document)
    said = [small.run("plan", "small")]
    assert "content (sensitive)" in said[0]
    said += [small.run("apply", "small"), small.run("drift", "small")]
    folders = [small.build / name / "small" for name in ("plans", "drift")]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert {"plan.json", "summary.md", "summary.txt"} <= {path.name for path in files}
    # The saved plan is what apply needs; only its owner may read it.
    written = {path.name: path.read_bytes() for path in files if path.name != "plan.tfplan"}
    assert [name for name, content in written.items() if secret.encode() in content] == []
    assert [text for text in said if secret in text] == []


def test_destroy_after_opting_in(small: Workspace, front: Front) -> None:
    """destroy brings destroyable into the state first; a protected stack is refused"""
    small.add("small", small_stack.document(destroyable=False))
    small.run("plan", "small")
    small.run("apply", "small")
    refused = small.run("destroy", "small", expect=1, CONFIRM="small")
    assert "isn't destroyable: aws_s3_bucket.data_lake" in refused
    small.add("small", small_stack.document())
    assert "is destroyed" in small.run("destroy", "small", CONFIRM="small")
    assert small_stack.BUCKET not in {each["Name"] for each in front.client("s3").list_buckets()["Buckets"]}
    mark = {"id": "x", "who": "ana@laptop", "began": "then", "creating": ["aws_vpc.vpc"], "existed": {}}
    key, body = "small/terraform.tfstate.interrupted", json.dumps({"applies": [mark]}).encode()
    front.client("s3").put_object(Bucket=small_stack.STATE_BUCKET, Key=key, Body=body)
    output = small.run("destroy", "small", CONFIRM="small")
    assert "nothing to destroy" in output
    assert "may have made some that the state didn't know: aws_vpc.vpc" in output


@pytest.fixture(autouse=True)
def stack_as_it_was(small: Workspace) -> None:
    small.add("small", small_stack.document())


def _change(small: Workspace, workers: int) -> None:
    small.add("small", small_stack.document(workers=workers))
