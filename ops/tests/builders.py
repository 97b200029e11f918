"""Small pieces of Terraform's plan JSON for the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ops.project import Project, Stack


def change(address: str, actions: list[str], before: Any = None, after: Any = None, **more: Any) -> dict[str, Any]:
    body = {
        "actions": actions,
        "before": before,
        "after": after,
        "before_sensitive": {},
        "after_sensitive": {},
    }
    return {"address": address, "type": address.partition(".")[0], "change": {**body, **more}}


def project(folder: Path) -> Project:
    return Project(folder / "stacks", folder / "build", folder / "locks", folder / "imports")


def stack(folder: Path, document: str = "{}", name: str = "small") -> Stack:
    made = Stack(name, project(folder))
    made.directory.mkdir(parents=True)
    (made.directory / "cdk.tf.json").write_text(document)
    return made
