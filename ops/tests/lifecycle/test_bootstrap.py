"""Bootstraps that find the bucket there already, with the smallest of state buckets. They build on each other."""

from __future__ import annotations

import json

from ops.tests import small_stack
from ops.tests.front import Front, Workspace

STATE = "small/state-bucket.tfstate"


def test_adopts_the_bucket_of_an_interrupted_run(small: Workspace, front: Front) -> None:
    """bootstrap goes on when the interrupted one has made the bucket without recording it"""
    small.add("small-state", small_stack.state_bucket_document())
    folder = small.build / "bootstrap" / "small-state"
    folder.mkdir(parents=True)
    (folder / "terraform.tfstate").write_text(json.dumps({"version": 4, "serial": 1, "lineage": "x", "resources": []}))
    output = small.run("bootstrap", "small")
    assert "made by the interrupted run: adopting it" in output
    assert not (folder / "terraform.tfstate").exists()
    assert _managed(front) == {"aws_s3_bucket", "aws_s3_bucket_versioning"}


def test_adopts_a_bucket_of_ours(small: Workspace, front: Front) -> None:
    """bootstrap adopts a bucket of ours whose state is lost"""
    front.client("s3").delete_object(Bucket=small_stack.STATE_BUCKET, Key=STATE)
    output = small.run("bootstrap", "small")
    assert "adopting it" in output
    assert "import aws_s3_bucket.state" in output
    assert _managed(front) == {"aws_s3_bucket", "aws_s3_bucket_versioning"}


def _managed(front: Front) -> set[str]:
    state = front.client("s3").get_object(Bucket=small_stack.STATE_BUCKET, Key=STATE)["Body"].read()
    return {each["type"] for each in json.loads(state)["resources"]}
