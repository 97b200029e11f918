"""The drift's issues: one for each deployment, opened, updated and closed by what the nightly check finds."""

import json
from pathlib import Path
from typing import Any

from ops.drift import EXIT_DRIFT, EXIT_NONE
from ops.errors import CommandError
from ops.github import comments
from ops.github.client import GitHub, variable
from ops.project import Project

LABEL = "drift"


def drift_issue(_stack: str, project: Project) -> None:
    """Acts on what the drift jobs handed over. DEPLOYMENTS: their names as JSON.

    Raises CommandError when a check couldn't tell, after the others' issues are written.
    """
    github = GitHub.from_environment()
    ended = github.conclusions()
    unknown = []
    for stack in json.loads(variable("DEPLOYMENTS")):
        code, report = "", Path()
        if ended.get(stack) == "success" and (folder := github.handed_over(f"drift-{stack}", project)):
            code, report = (folder / "exit").read_text().strip(), folder / "drift.md"
        marker = f"<!-- terraform-drift: {stack} -->"
        if code == str(EXIT_NONE):
            for issue in _opened(github, marker):
                _close(github, issue["number"])
        # make ends with 2 at any failure too: without a report it isn't drift.
        elif code == str(EXIT_DRIFT) and report.is_file():
            text = f"{marker}\nFound by [this run]({github.run_url}).\n\n{report.read_text(encoding='utf-8')}"
            _open(github, stack, marker, comments.fit(text, github.run_url))
        else:
            unknown.append(f"{stack} (exit {code or 'none'})")
    if unknown:
        raise CommandError(
            f"The check couldn't tell whether these have drifted: {', '.join(unknown)}; their issues stay as they are.",
            "read the log of the deployment's job.",
        )


def _opened(github: GitHub, marker: str) -> list[dict[str, Any]]:
    found = comments.written(github, f"issues?state=open&labels={LABEL}&sort=created&direction=asc", marker)
    return [issue for issue in found if "pull_request" not in issue]


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
