"""The deployment's own state bucket, its state lost."""

from __future__ import annotations

from pathlib import Path

from ops.tests.front import Front, Workspace

STACK = "driven-data"


def test_bootstrap_adopts(front: Front, synthesised: Path, tmp_path: Path) -> None:
    """bootstrap adopts a bucket of ours whose state is lost"""
    workspace = Workspace(tmp_path, front)
    for name in (STACK, f"{STACK}-state"):
        workspace.add_synthesised(synthesised / name)
    workspace.run("bootstrap", STACK)
    front.client("s3").delete_object(Bucket="driven-data-terraform-state", Key=f"{STACK}/state-bucket.tfstate")
    output = workspace.run("bootstrap", STACK)
    assert "adopting it" in output
    assert "import aws_s3_bucket.state" in output
