"""A network with endpoints and no internet, the deployment's own key, access logs and endpoint policies: what was
applied is what is planned."""

from __future__ import annotations

from pathlib import Path

from ops.tests.front import Front
from ops.tests.lifecycle.networks import unexpected_changes


def test_plan_after_apply_is_empty(front: Front, synthesised: Path, tmp_path: Path) -> None:
    """egress by endpoints, every knob of encryption and traces on: apply, then an empty plan"""
    assert unexpected_changes(front, synthesised / "north-data", tmp_path) == []
