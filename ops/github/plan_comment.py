"""The plans' comments on the pull request: one for each deployment, updated in place.

They are written by a job of their own, which can't sign in to AWS. It knows the plans by the artefacts that the plan
jobs handed over, and by how GitHub says those jobs ended.
"""

import json
import os
from pathlib import Path

from ops.github import comments
from ops.github.client import GitHub, variable
from ops.github.replacements import FILE
from ops.github.review import PLANNED, REFUSED, REVIEW_FILE, SUMMARY_FILE, Review, artefact
from ops.project import Project


def comment(_stack: str, project: Project) -> None:
    """Writes or updates all. PULL_REQUEST: the number; HEAD_SHA: the commit; DEPLOYMENTS: their names as JSON."""
    github = GitHub.from_environment()
    ended = github.conclusions()
    for stack in json.loads(variable("DEPLOYMENTS")):
        # None when the plan job ended before it could hand anything over.
        folder = github.handed_over(artefact(stack), project)
        text = _text(stack, ended.get(stack) == "success", folder)
        source = f"[Run]({github.run_url}) on {variable('HEAD_SHA')[:12]}"
        number = int(variable("PULL_REQUEST"))
        comments.write(github, number, f"<!-- terraform-plan: {stack} -->", f"{source}{text}")


def _text(stack: str, succeeded: bool, folder: Path | None) -> str:
    review = Review.read(folder / REVIEW_FILE) if folder else None
    # What matters comes first: a cut takes the end.
    if succeeded and review and review.outcome == PLANNED:
        return f", fingerprint `{review.fingerprint[:12]}`\n\n{(folder / SUMMARY_FILE).read_text(encoding='utf-8')}"
    # A job that ended early leaves the artefact of the run's former attempt.
    fresh = review and review.attempt == int(os.environ.get("GITHUB_RUN_ATTEMPT", "1"))
    if fresh and review.outcome == REFUSED:
        refused = (
            "**Refused**: this would replace or delete protected resources. Undo what causes it; or, when it "
            f"is meant, push an entry for each to `config/{FILE}` (its head says how)."
        )
        return f"\n\n{refused}\n\n{(folder / SUMMARY_FILE).read_text(encoding='utf-8')}"
    return f"\n\n### Terraform plan: `{stack}`\n\n**The plan failed**: the run's log tells why.\n"
