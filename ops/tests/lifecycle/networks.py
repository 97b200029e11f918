"""What the tests of deployments and network modes share: each mode is a file, so that they run side by side."""

from __future__ import annotations

import json
from pathlib import Path

from ops.tests.front import Front, Workspace

# No network changes it, and the provider waits most of a minute for it to settle: test_lead_data and test_lifecycle do.
_SLOW = "aws_s3_bucket_lifecycle_configuration"


def unexpected_changes(front: Front, stack: Path, folder: Path, *, whole: bool = False) -> list[str]:
    """Applies the stack and plans again: the addresses that would change then.

    whole: with the rules of its bucket's life cycle.
    """
    workspace = Workspace(folder, front)
    document = json.loads((stack / "cdk.tf.json").read_text())
    if not whole:
        del document["resource"][_SLOW]
    workspace.add(stack.name, document, stack / "assets")
    front.make_bucket(f"{stack.name}-terraform-state")
    workspace.run("plan", stack.name)
    workspace.run("apply", stack.name)
    workspace.run("plan", stack.name)
    return workspace.addresses(stack.name)
