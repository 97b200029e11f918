"""Every deployment and network mode: what was applied is what is planned."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.tests.front import Front, Workspace
from sandbox.verify import differences, known


@pytest.mark.parametrize(
    "deployment",
    [
        pytest.param(name, marks=pytest.mark.xdist_group(name))
        for name in ("lead-data", "north-data", "south-data", "west-data")
    ],
)
def test_plan_after_apply_is_empty(front: Front, synthesised: Path, tmp_path: Path, deployment: str) -> None:
    """apply, then an empty plan"""
    workspace = Workspace(tmp_path, front)
    workspace.add_synthesised(synthesised / deployment)
    front.make_bucket(f"{deployment}-terraform-state")
    workspace.run("plan", deployment)
    workspace.run("apply", deployment)
    workspace.run("plan", deployment)
    assert [each for each in differences(workspace.planned(deployment)) if not known(*each)] == []
