"""Finds the plan that was reviewed in the pull request which a commit merged."""

import json
import os
import re
from pathlib import Path
from typing import Any

from ops.errors import CommandError
from ops.github import environments, replacements
from ops.github.client import GitHub, NotFound, variable, write_output
from ops.github.deployments import names
from ops.github.review import AGAIN, PLANNED, REVIEW_FILE, Review, artefact
from ops.project import Project

PLAN_WORKFLOW, APPLY_WORKFLOW = "plan.yml", "apply.yml"
BRANCH = environments.BRANCH
# The part after "plan-" becomes a folder's name.
_NAME = re.compile(re.escape(artefact("")) + r"[A-Za-z0-9][\w.-]*")


def reviewed(stack: str, project: Project) -> None:
    """Downloads the reviewed plan of one deployment, or of 'all', to build/reviewed/<stack>.

    Outputs ``commit`` (to apply), ``pull_request`` (that it merged) and ``deployments``: those whose reviewed plan
    changes something, as JSON. Raises CommandError unless their environments are protected. For one deployment, what
    the pull request may replace goes into the environment of the next steps as ALLOW_REPLACE.
    """
    github = GitHub.from_environment()
    commit = applied_commit(github)
    pull_request = merged(github, commit)
    number = pull_request["number"]
    found = _reviews(github, pull_request, project)
    if stack == "all":
        _tell_unreviewed(found)
    else:
        found = {name: each for name, each in found.items() if name == stack}
        if not found:
            raise CommandError(f"#{number} has no reviewed plan of '{stack}'.", AGAIN)
    for each in found.values():
        print(f"{each.stack}: {len(each.changes)} change(s) reviewed in #{number}")
    changing = [each.stack for each in found.values() if each.changes]
    environments.require(github, changing)
    write_output("commit", commit)
    write_output("pull_request", str(number))
    write_output("deployments", json.dumps(changing))
    if stack != "all":
        replacements.give(stack, number)


def applied_commit(github: GitHub) -> str:
    """This run's commit; or, when RUN names the Apply run that a merge started, that run's."""
    if os.environ.get("GITHUB_REF") != f"refs/heads/{BRANCH}":
        raise CommandError(
            f"Apply runs on {BRANCH} only, not on {os.environ.get('GITHUB_REF')}.", f"run it on {BRANCH}."
        )
    if not (number := os.environ.get("RUN", "").strip()):
        return variable("GITHUB_SHA")
    again = "give the number in the address of the failed Apply run that the merge started."
    if not number.isdigit():
        raise CommandError(f"'{number}' is no run's number.", again)
    try:
        run = github.one(f"actions/runs/{number}")
    except NotFound:
        raise CommandError(f"There is no run {number} in {github.repository}.", again) from None
    # GitHub writes the path with or without the branch: .github/workflows/apply.yml@main
    if Path(run["path"].partition("@")[0]).name != APPLY_WORKFLOW or run["event"] != "push":
        raise CommandError(
            f"Run {number} isn't an Apply run that a merge started ({run['path']}, {run['event']}).", again
        )
    if run["head_branch"] != BRANCH or run["head_repository"]["full_name"] != github.repository:
        raise CommandError(f"Run {number} isn't of {BRANCH} in {github.repository}.", again)
    if run["status"] != "completed" or run["conclusion"] == "success":
        state = run["conclusion"] or run["status"]
        raise CommandError(
            f"Run {number} hasn't failed: {state}.", "there is nothing to dispatch again; or wait for its end."
        )
    return run["head_sha"]


def merged(github: GitHub, commit: str) -> dict[str, Any]:
    """The pull request whose merge made this commit, be it a merge, a squash or a rebase."""
    for each in github.all(f"commits/{commit}/pulls"):
        if each["merged_at"] and each["merge_commit_sha"] == commit:
            return each
    raise CommandError(
        f"No pull request's merge made commit {commit}: there is no reviewed plan to apply.",
        f"was it merged this minute, GitHub may not list it yet: re-run the failed job. Otherwise {AGAIN}",
    )


def _reviews(github: GitHub, pull_request: dict[str, Any], project: Project) -> dict[str, Review]:
    """The reviews, by deployment, of the newest successful plan of the pull request's last commit.

    Which deployments that were says the plan: one that came to main later has nothing to do with it. A commit may be
    the last of two pull requests, so the reviews have to carry this one's number.
    """
    number, head = pull_request["number"], pull_request["head"]["sha"]
    for run in _planned(github, number, head):
        found = {
            name.removeprefix(artefact("")): _download(github, run, name, project) for name in _artefacts(github, run)
        }
        first = next(iter(found.values()))
        if first.pull_request != number:
            continue
        if sorted(found) != sorted(first.deployments):
            lacking = ", ".join(sorted(set(first.deployments) - set(found)))
            raise _unavailable(f"the reviewed plans of {lacking}", run)
        for stack, each in found.items():
            if (each.stack, each.head, each.pull_request, each.outcome) != (stack, head, number, PLANNED):
                raise CommandError(
                    f"The artefact {artefact(stack)} of run {run['id']} isn't the plan of '{stack}' for #{number} at "
                    f"{head}: it says {each.outcome}, '{each.stack}', #{each.pull_request}, {each.head}.",
                    AGAIN,
                )
        return found
    raise CommandError(f"Pull request #{number} has no successful plan of its last commit {head}.", AGAIN)


def _planned(github: GitHub, number: int, head: str) -> list[dict[str, Any]]:
    """Successful plans of the commit, the newest first, made by this repository's own workflow.

    A fork can run a workflow of the same name on the same commit: its artefacts are nothing to trust.
    """
    query = f"head_sha={head}&event=pull_request&status=success"
    runs = github.all(f"actions/workflows/{PLAN_WORKFLOW}/runs?{query}", "workflow_runs")
    own = [run for run in runs if run["head_repository"]["full_name"] == github.repository]
    return sorted(own, key=lambda run: run["run_started_at"], reverse=True)


def _artefacts(github: GitHub, run: dict[str, Any]) -> list[str]:
    listed = github.all(f"actions/runs/{run['id']}/artifacts", "artifacts")
    usable = {each["name"] for each in listed if not each["expired"] and _NAME.fullmatch(each["name"])}
    if not usable:
        raise _unavailable("its reviewed plans", run)
    return sorted(usable)


def _download(github: GitHub, run: dict[str, Any], name: str, project: Project) -> Review:
    target = project.build_dir / "reviewed" / name.removeprefix(artefact(""))
    try:
        github.download(run["id"], name, target)
    except CommandError as error:
        raise _unavailable(f"the artefact {name}", run, f"\n  {error.what}") from None
    return Review.read(target / REVIEW_FILE)


def _unavailable(what: str, run: dict[str, Any], detail: str = "") -> CommandError:
    return CommandError(
        f"Of Plan run {run['id']}, {what} can't be had; they may have expired.{detail}",
        f"re-run that Plan run ({run['html_url']}), read its comment, then re-run this; or {AGAIN}",
    )


def _tell_unreviewed(found: dict[str, Review]) -> None:
    for name in names():
        if name not in found:
            print(f"{name}: not planned in that pull request, so nothing of it is applied here")
