"""The plan's comment on the pull request: one for each deployment, updated in place."""

from __future__ import annotations

import os

from ops.github.client import BOT, GitHub, variable
from ops.github.markdown import fit
from ops.github.review import REVIEW_FILE, Review
from ops.project import Project


def comment(stack: str, project: Project) -> None:
    """Writes or updates it. PULL_REQUEST: the number; HEAD_SHA: the commit; PLAN_OUTCOME: the plan step's."""
    github = GitHub.from_environment()
    marker = f"<!-- terraform-plan: {stack} -->"
    body = fit(f"{marker}\n{_text(stack, project, github.run_url)}", github.run_url)
    number = variable("PULL_REQUEST")
    written = [
        each
        for each in github.all(f"issues/{number}/comments")
        if each["user"]["login"] == BOT and each["body"].startswith(marker)
    ]
    if written:
        github.send("PATCH", f"issues/comments/{written[0]['id']}", {"body": body})
        print(f"Updated the comment of '{stack}' on #{number}.")
    else:
        github.send("POST", f"issues/{number}/comments", {"body": body})
        print(f"Wrote the comment of '{stack}' on #{number}.")


def _text(stack: str, project: Project, run_url: str) -> str:
    summary = project.build_dir / "plans" / stack / "summary.md"
    source = f"[Run]({run_url}) on {variable('HEAD_SHA')[:12]}"
    if os.environ.get("PLAN_OUTCOME") == "success":
        review = Review.read(project.build_dir / "review" / stack / REVIEW_FILE)
        # What matters comes first: a cut takes the end.
        return f"{source}, fingerprint `{review.fingerprint[:12]}`\n\n{summary.read_text(encoding='utf-8')}"
    if not summary.is_file():
        return f"{source}\n\n### Terraform plan: `{stack}`\n\n**The plan failed**: the run's log tells why.\n"
    refused = (
        "**Refused**: this would replace or delete protected resources. Undo what causes it; or, when it "
        "is meant, add a line `Allow-Replace: <address>` for each to the description and re-run the job."
    )
    return f"{source}\n\n{refused}\n\n{summary.read_text(encoding='utf-8')}"
