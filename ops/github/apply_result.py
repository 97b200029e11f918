"""How an apply ended, as a comment on the pull request that was merged; further runs update it."""

import json
import os

from ops.github import comments
from ops.github.client import GitHub, variable
from ops.github.reviewed import APPLY_WORKFLOW, applied_commit, merged
from ops.project import Project

MARKER = "<!-- terraform-apply -->"
_TOLD = {
    "success": "applied",
    "failure": "**failed**, or not approved",
    "cancelled": "**cancelled**",
    "timed_out": "**timed out**",
}


def apply_result(_stack: str, _project: Project) -> None:
    """Writes it. REVIEWED: how the job that finds the review ended; DEPLOYMENTS: what it found, JSON or empty."""
    github = GitHub.from_environment()
    commit = applied_commit(github)
    number = merged(github, commit)["number"]
    comments.write(github, number, MARKER, _text(github, commit))


def _text(github: GitHub, commit: str) -> str:
    head = f"### Terraform apply\n\n[Run]({github.run_url}) of {commit[:12]}\n\n"
    if variable("REVIEWED") != "success":
        return f"{head}**Stopped before any apply**: the run's log tells why and what to do.\n{_again()}"
    deployments = json.loads(os.environ.get("DEPLOYMENTS") or "[]")
    if not deployments:
        return f"{head}Nothing to apply: no deployment's reviewed plan changes anything.\n"
    ended = github.conclusions()
    rows = [f"| `{each}` | {_TOLD.get(ended.get(each) or '', 'did not run')} |" for each in deployments]
    failed = any(ended.get(each) != "success" for each in deployments)
    return f"{head}| deployment | |\n|---|---|\n" + "\n".join(rows) + "\n" + (_again() if failed else "")


def _again() -> str:
    run = os.environ.get("RUN") or variable("GITHUB_RUN_ID")
    return (
        "\nRead the log, mend the cause, then dispatch it again; the same review is looked up and compared:\n\n"
        f"    gh workflow run {APPLY_WORKFLOW} -f run={run}\n"
    )
