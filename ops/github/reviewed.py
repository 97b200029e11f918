"""Finds the plan that was reviewed in the pull request which the current commit merged."""

from __future__ import annotations

import json
import shutil
from typing import Any

from ops.errors import OpsError
from ops.github.client import GitHub, variable, write_output
from ops.github.deployments import names
from ops.github.review import AGAIN, REVIEW_FILE, Review
from ops.project import Project

PLAN_WORKFLOW = "plan.yml"


def artefact(stack: str) -> str:
    return f"plan-{stack}"


def reviewed(stack: str, project: Project) -> None:
    """Downloads the reviewed plan of one deployment, or of 'all', to build/reviewed/<stack>.

    Outputs ``deployments``: those whose reviewed plan changes something, as JSON. For one deployment, the
    replacements that its review allowed go into the environment of the next steps as ALLOW_REPLACE.
    """
    github = GitHub.from_environment()
    pull_request = _merged(github)
    run = _planned(github, pull_request)
    found = [_download(github, pull_request, run, each, project) for each in (names() if stack == "all" else [stack])]
    for each in found:
        print(f"{each.stack}: {len(each.changes)} change(s) reviewed in #{pull_request['number']}")
    write_output("deployments", json.dumps([each.stack for each in found if each.changes]))
    if stack != "all" and found[0].allow_replace:
        write_output("ALLOW_REPLACE", found[0].allow_replace, "GITHUB_ENV")


def _merged(github: GitHub) -> dict[str, Any]:
    """The pull request whose merge made this commit, be it a merge, a squash or a rebase."""
    commit = variable("GITHUB_SHA")
    for each in github.all(f"commits/{commit}/pulls"):
        if each["merged_at"] and each["merge_commit_sha"] == commit:
            return each
    raise OpsError(f"No pull request's merge made commit {commit}: there is no reviewed plan to apply.", AGAIN)


def _planned(github: GitHub, pull_request: dict[str, Any]) -> dict[str, Any]:
    """The newest successful plan of the pull request's last commit, made by this repository's own workflow.

    A fork can run a workflow of the same name on the same commit: its artefacts are nothing to trust.
    """
    head = pull_request["head"]["sha"]
    found = [
        run
        for run in github.all(
            f"actions/workflows/{PLAN_WORKFLOW}/runs?head_sha={head}&event=pull_request&status=success",
            "workflow_runs",
        )
        if run["head_repository"]["full_name"] == github.repository
    ]
    if not found:
        raise OpsError(
            f"Pull request #{pull_request['number']} has no successful plan of its last commit {head}.", AGAIN
        )
    return max(found, key=lambda run: run["run_started_at"])


def _download(
    github: GitHub, pull_request: dict[str, Any], run: dict[str, Any], stack: str, project: Project
) -> Review:
    target = project.build_dir / "reviewed" / stack
    shutil.rmtree(target, ignore_errors=True)
    try:
        github.download(run["id"], artefact(stack), target)
    except OpsError as error:
        raise OpsError(
            f"The reviewed plan of '{stack}' (artefact {artefact(stack)} of run {run['id']}) can't be had; "
            f"it may have expired.\n  {error.what}",
            f"re-run that Plan run ({run['html_url']}), read its comment, then re-run this; or {AGAIN}",
        ) from None
    found = Review.read(target / REVIEW_FILE)
    if found.head != pull_request["head"]["sha"]:
        raise OpsError(f"The plan of '{stack}' is of commit {found.head}, not of the pull request's last one.", AGAIN)
    return found
