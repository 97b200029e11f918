"""What is kept of a plan for its review: the summary and the changes, not the plan file.

A saved plan holds the state, secrets included, and whoever can read the repository can download artefacts.
Nobody needs the file after the review either: Apply plans again and compares.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ops.errors import OpsError
from ops.github.client import variable
from ops.github.equality import differences, fingerprint, normalised
from ops.project import Project

REVIEW_FILE = "review.json"


@dataclass(frozen=True)
class Review:
    """head: the pull request's commit; allow_replace: what it allowed; changes: as ``normalised``."""

    stack: str
    head: str
    allow_replace: str
    fingerprint: str
    changes: dict[str, dict[str, Any]]

    @classmethod
    def read(cls, path: Path) -> Review:
        return cls(**json.loads(path.read_text(encoding="utf-8")))


def review(stack: str, project: Project) -> None:
    """Puts what a review of the fresh plan needs under build/review/<stack>."""
    plan, target = project.build_dir / "plans" / stack, project.build_dir / "review" / stack
    changes = _changes(stack, project)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    shutil.copyfile(plan / "summary.md", target / "summary.md")
    kept = Review(stack, variable("HEAD_SHA"), os.environ.get("ALLOW_REPLACE", ""), fingerprint(changes), changes)
    (target / REVIEW_FILE).write_text(json.dumps(asdict(kept), indent=1) + "\n", encoding="utf-8")
    print(f"{stack}: {len(changes)} change(s), fingerprint {kept.fingerprint[:12]}, kept under {target}")


def compare(stack: str, project: Project) -> None:
    """Raises OpsError, saying what differs, unless the fresh plan is the reviewed one."""
    reviewed = Review.read(project.build_dir / "reviewed" / stack / REVIEW_FILE)
    if reviewed.stack != stack:
        raise OpsError(f"The reviewed plan is of another deployment: '{reviewed.stack}', not '{stack}'.", AGAIN)
    if reviewed.fingerprint != fingerprint(reviewed.changes):
        raise OpsError(f"The reviewed plan of '{stack}' doesn't match its own fingerprint.", AGAIN)
    fresh = _changes(stack, project)
    if found := differences(reviewed.changes, fresh):
        listed = "\n".join(f"  - {line}" for line in found)
        raise OpsError(f"The plan of '{stack}' isn't the reviewed one any more; nothing was applied.\n{listed}", AGAIN)
    print(f"{stack}: the plan is the reviewed one ({len(fresh)} change(s), {reviewed.fingerprint[:12]}).")


AGAIN = (
    "open a pull request (an empty commit will do): its plan shows all that isn't applied yet. "
    "See docs/workflows.md, 'When Apply stops'."
)


def _changes(stack: str, project: Project) -> dict[str, dict[str, Any]]:
    path = project.build_dir / "plans" / stack / "plan.json"
    if not path.is_file():
        raise OpsError(f"There is no fresh plan of '{stack}' ({path}).", f"run 'make plan STACK={stack}'.")
    return normalised(json.loads(path.read_text(encoding="utf-8")))
