"""What the workflows say on GitHub: the plan's comment, the drift's issue; and which plan was reviewed.

Usage: ``python3 -m ops.ci comment|issue|fetch --stack <deployment>``. Talks to GitHub through its ``gh`` command, which
the runners have. Environment: GITHUB_REPOSITORY, GITHUB_SERVER_URL, GITHUB_RUN_ID and GITHUB_SHA as the runner sets
them, GH_TOKEN, PULL_REQUEST (comment: its number), DRIFT_EXIT (issue: the exit code of the drift check).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ops.errors import OpsError
from ops.project import Project

PLAN_WORKFLOW = "plan.yml"
ISSUE_LABEL = "drift"
_LIMIT = 65_000  # GitHub takes 65,536 characters in a comment or an issue


def comment(stack: str, build_dir: Path) -> None:
    """Writes the plan's summary into the deployment's one comment on the pull request, or updates it."""
    marker = f"<!-- terraform-plan: {stack} -->"
    summary = build_dir / "plans" / stack / "summary.md"
    if summary.is_file():
        text = summary.read_text(encoding="utf-8")
    else:
        text = f"### Terraform plan: `{stack}`\n\n**The plan failed**: the job's log tells why.\n"
    body = f"{marker}\n{text}\n[Job log and plan]({_run_url()}) of {_env('GITHUB_SHA')}\n"
    comments = f"repos/{_env('GITHUB_REPOSITORY')}/issues/{_env('PULL_REQUEST')}/comments"
    written = [each for each in _pages(comments) if each["body"].startswith(marker)]
    if written:
        path = f"repos/{_env('GITHUB_REPOSITORY')}/issues/comments/{written[0]['id']}"
        _send("PATCH", path, {"body": _cut(body)})
    else:
        _send("POST", comments, {"body": _cut(body)})


def issue(stack: str, build_dir: Path) -> None:
    """Opens, updates or closes the deployment's one drift issue, by the exit code of the drift check."""
    code = int(_env("DRIFT_EXIT"))
    title = f"Drift: {stack}"
    issues = f"repos/{_env('GITHUB_REPOSITORY')}/issues"
    opened = [each for each in _pages(f"{issues}?state=open&labels={ISSUE_LABEL}") if each["title"] == title]
    report = build_dir / "drift" / stack / "drift.md"
    if code == 2:
        body = _cut(f"{report.read_text(encoding='utf-8')}\nSeen by {_run_url()}\n")
        if opened:
            _send("PATCH", f"{issues}/{opened[0]['number']}", {"body": body})
        else:
            _send("POST", issues, {"title": title, "body": body, "labels": [ISSUE_LABEL]})
    elif code == 0 and opened:
        number = opened[0]["number"]
        _send("POST", f"{issues}/{number}/comments", {"body": f"No drift any more, says {_run_url()}."})
        _send("PATCH", f"{issues}/{number}", {"state": "closed"})
    elif code not in (0, 2):
        raise OpsError(
            f"The drift of '{stack}' couldn't be told, so its issue stays as it is.",
            "read the drift step's log.",
        )


def fetch(stack: str, build_dir: Path) -> None:
    """Downloads the plan that was reviewed in the pull request that this commit merged."""
    repository, commit = _env("GITHUB_REPOSITORY"), _env("GITHUB_SHA")
    again = f"open a pull request that plans '{stack}', or apply from a workstation (docs/runbook.md)."
    merged = [each for each in _pages(f"repos/{repository}/commits/{commit}/pulls") if each.get("merged_at")]
    if not merged:
        raise OpsError(
            f"Commit {commit} was merged by no pull request: there is no reviewed plan to apply.", again
        )
    head = merged[0]["head"]["sha"]
    runs = _gh(
        "api", f"repos/{repository}/actions/workflows/{PLAN_WORKFLOW}/runs?head_sha={head}&status=success"
    )
    found = json.loads(runs)["workflow_runs"]
    if not found:
        raise OpsError(
            f"Pull request #{merged[0]['number']} has no successful plan of its last commit {head}.", again
        )
    target = build_dir / "plans" / stack
    target.mkdir(parents=True, exist_ok=True)
    name = f"plan-{stack}"
    try:
        _gh(
            "run", "download", str(found[0]["id"]), "--repo", repository, "--name", name, "--dir", str(target)
        )
    except OpsError as error:
        raise OpsError(
            f"The reviewed plan '{name}' of run {found[0]['id']} can't be had (expired?).", again
        ) from error
    print(f"Plan reviewed in pull request #{merged[0]['number']}:")
    print((target / "summary.txt").read_text(encoding="utf-8"))


def _cut(body: str) -> str:
    return body if len(body) <= _LIMIT else body[: _LIMIT - 40] + "\n\n… cut: see the job log.\n"


def _run_url() -> str:
    return f"{_env('GITHUB_SERVER_URL')}/{_env('GITHUB_REPOSITORY')}/actions/runs/{_env('GITHUB_RUN_ID')}"


def _env(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise OpsError(f"{name} isn't set.", "this command runs in a workflow, which sets it.")
    return value


def _pages(path: str) -> list[dict[str, Any]]:
    """All entries of a list, over its pages."""
    return [entry for page in json.loads(_gh("api", "--paginate", "--slurp", path)) for entry in page]


def _send(method: str, path: str, payload: dict[str, Any]) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as body:
        json.dump(payload, body)
        body.flush()
        _gh("api", "--method", method, path, "--input", body.name)


def _gh(*arguments: str) -> str:
    done = subprocess.run(["gh", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OpsError(
            f"gh {' '.join(arguments[:3])} failed: {done.stderr.strip()}", "check the job's permissions."
        )
    return done.stdout


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="ops.ci", description=__doc__)
    actions = {"comment": comment, "issue": issue, "fetch": fetch}
    parser.add_argument("command", choices=actions)
    parser.add_argument("--stack", required=True)
    chosen = parser.parse_args(arguments)
    try:
        actions[chosen.command](chosen.stack, Project.from_environment().build_dir)
    except OpsError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
