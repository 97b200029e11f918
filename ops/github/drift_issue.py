"""The drift's issue: one for each deployment, opened, updated and closed by what the nightly check finds."""

from __future__ import annotations

from typing import Any

from ops.drift import EXIT_DRIFT, EXIT_NONE
from ops.errors import OpsError
from ops.github.client import BOT, GitHub, variable
from ops.github.markdown import fit
from ops.project import Project

LABEL = "drift"


def drift_issue(stack: str, project: Project) -> None:
    """Acts on DRIFT_EXIT, the exit code of ``make drift``. Raises OpsError when the check couldn't tell."""
    github = GitHub.from_environment()
    marker = f"<!-- terraform-drift: {stack} -->"
    code = variable("DRIFT_EXIT")
    report = project.build_dir / "drift" / stack / "drift.md"
    if code == str(EXIT_NONE):
        for issue in _opened(github, marker):
            _close(github, issue["number"])
    # make ends with 2 at any failure too: without a report it isn't drift.
    elif code == str(EXIT_DRIFT) and report.is_file():
        text = f"{marker}\nFound by [this run]({github.run_url}).\n\n{report.read_text(encoding='utf-8')}"
        _open(github, stack, marker, fit(text, github.run_url))
    else:
        raise OpsError(
            f"The check couldn't tell whether '{stack}' has drifted (exit {code}); its issue stays as it is.",
            "read the drift step's log.",
        )


def _opened(github: GitHub, marker: str) -> list[dict[str, Any]]:
    return [
        issue
        for issue in github.all(f"issues?state=open&labels={LABEL}&sort=created&direction=asc")
        if issue["user"]["login"] == BOT and "pull_request" not in issue and (issue["body"] or "").startswith(marker)
    ]


def _open(github: GitHub, stack: str, marker: str, body: str) -> None:
    if found := _opened(github, marker):
        github.send("PATCH", f"issues/{found[0]['number']}", {"body": body})
        print(f"Updated issue #{found[0]['number']}.")
        return
    github.label(LABEL, "AWS differs from what Terraform recorded")
    made = github.send("POST", "issues", {"title": f"Drift: {stack}", "body": body, "labels": [LABEL]})
    print(f"Opened issue #{made['number']}.")


def _close(github: GitHub, number: int) -> None:
    github.send("POST", f"issues/{number}/comments", {"body": f"No drift any more: [run]({github.run_url})."})
    github.send("PATCH", f"issues/{number}", {"state": "closed", "state_reason": "completed"})
    print(f"Closed issue #{number}.")
