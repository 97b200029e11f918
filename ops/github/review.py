"""What is kept of a plan for its review: the summary and the changes, not the plan file.

A saved plan holds the state, secrets included, and whoever can read the repository can download artefacts.
Nobody needs the file after the review either: Apply plans again and compares.
"""

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ops.errors import CommandError
from ops.github.client import variable
from ops.github.equality import differences, fingerprint, normalised
from ops.project import Project

REVIEW_FILE = "review.json"
SUMMARY_FILE = "summary.md"
PLANNED, REFUSED, FAILED = "planned", "refused", "failed"
AGAIN = (
    "open a pull request (an empty commit will do): its plan shows all that isn't applied yet. "
    "See docs/workflows.md, 'When Apply stops'."
)


@dataclass(frozen=True)
class Review:
    """outcome: planned, refused (protected resources) or failed; attempt: of the workflow run that planned.

    pull_request, head: what was planned; deployments: all that were planned with this one; changes: as ``normalised``,
    empty unless planned.
    """

    stack: str
    outcome: str
    attempt: int
    pull_request: int
    head: str
    deployments: list[str]
    fingerprint: str
    changes: dict[str, dict[str, Any]]

    @classmethod
    def read(cls, path: Path) -> "Review":
        """Raises CommandError when the file isn't there or isn't a review of this project's present form."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise CommandError(
                f"{path} isn't a review: {error}.", f"re-run the Plan run that made it; or {AGAIN}"
            ) from None


def artefact(stack: str) -> str:
    return f"plan-{stack}"


def review(stack: str, project: Project) -> None:
    """Puts what a review of the fresh plan needs under build/review/<stack>; PLAN_OUTCOME: the plan step's outcome.

    A failed or refused plan is kept too, as such: it must not leave an older run's plan to be taken for this one's.
    """
    plan, target = project.build_dir / "plans" / stack, project.build_dir / "review" / stack
    summary = plan / SUMMARY_FILE
    if os.environ.get("PLAN_OUTCOME") == "success":
        outcome, changes = PLANNED, normalised(_document(stack, project))
    else:
        outcome, changes = REFUSED if summary.is_file() else FAILED, {}
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    if summary.is_file():
        shutil.copyfile(summary, target / SUMMARY_FILE)
    kept = Review(
        stack=stack,
        outcome=outcome,
        attempt=int(variable("GITHUB_RUN_ATTEMPT")),
        pull_request=int(variable("PULL_REQUEST")),
        head=variable("HEAD_SHA"),
        deployments=json.loads(variable("DEPLOYMENTS")),
        fingerprint=fingerprint(changes),
        changes=changes,
    )
    (target / REVIEW_FILE).write_text(json.dumps(asdict(kept), indent=1) + "\n", encoding="utf-8")
    print(f"{stack}: {outcome}, {len(changes)} change(s), fingerprint {kept.fingerprint[:12]}, kept under {target}")


def compare(stack: str, project: Project) -> None:
    """Raises CommandError, saying what differs, unless the fresh plan is the reviewed one or what is left of it."""
    reviewed = Review.read(project.build_dir / "reviewed" / stack / REVIEW_FILE)
    if reviewed.stack != stack:
        raise CommandError(f"The reviewed plan is of another deployment: '{reviewed.stack}', not '{stack}'.", AGAIN)
    if reviewed.fingerprint != fingerprint(reviewed.changes):
        raise CommandError(f"The reviewed plan of '{stack}' doesn't match its own fingerprint.", AGAIN)
    plan = _document(stack, project)
    if found := differences(reviewed.changes, plan):
        listed = "\n".join(f"  - {line}" for line in found)
        raise CommandError(
            f"The plan of '{stack}' isn't the reviewed one any more; nothing was applied.\n{listed}", AGAIN
        )
    fresh = normalised(plan)
    if made := [address for address in reviewed.changes if address not in fresh]:
        print(f"{stack}: {len(made)} of the {len(reviewed.changes)} reviewed changes were made already:")
        print("\n".join(f"  - {address}" for address in made))
        print(f"{stack}: the plan is what is left of the reviewed one ({len(fresh)} change(s)).")
    else:
        print(f"{stack}: the plan is the reviewed one ({len(fresh)} change(s), {reviewed.fingerprint[:12]}).")


def _document(stack: str, project: Project) -> dict[str, Any]:
    path = project.build_dir / "plans" / stack / "plan.json"
    if not path.is_file():
        raise CommandError(f"There is no fresh plan of '{stack}' ({path}).", f"run 'make plan STACK={stack}'.")
    return json.loads(path.read_text(encoding="utf-8"))
