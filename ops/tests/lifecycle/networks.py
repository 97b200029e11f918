"""What the tests of deployments and network modes share: each mode is a file, so that they run side by side."""

from __future__ import annotations

from pathlib import Path

from ops.tests.front import Front, Workspace
from sandbox.verify import differences, known


def unexpected_changes(front: Front, stack: Path, folder: Path) -> list[object]:
    """Applies the stack and plans again: the changes planned then, but for the emulator's known gaps."""
    workspace = Workspace(folder, front)
    workspace.add_synthesised(stack)
    front.make_bucket(f"{stack.name}-terraform-state")
    workspace.run("plan", stack.name)
    workspace.run("apply", stack.name)
    workspace.run("plan", stack.name)
    return [each for each in differences(workspace.planned(stack.name)) if not known(*each)]
