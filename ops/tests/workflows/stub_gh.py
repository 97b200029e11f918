"""A ``gh`` for tests: GitHub's side is a JSON file, and a folder of artefacts.

GH_STUB names the JSON file: comments by issue number, issues, pulls, runs, jobs (conclusions by name), environments
and variables by name, answers to other paths, and broken paths. GH_STUB_ARTEFACTS names the folder of artefacts,
<run id>/<artefact>. Serves what ops.github asks for and ends with 1 at anything else, as gh does at a path that GitHub
doesn't know. Run as a command only.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

BOT = {"login": "github-actions[bot]"}
PAGE = 2  # small, so that lists have several pages


def main(arguments: list[str]) -> Any:
    if arguments[:2] == ["run", "download"]:
        return _download(arguments)
    if arguments[:2] == ["label", "create"]:
        return None
    database = Path(os.environ["GH_STUB"])
    hub = json.loads(database.read_text())
    method = arguments[arguments.index("--method") + 1] if "--method" in arguments else "GET"
    full = next(each for each in arguments if each.startswith("repos/"))
    path, _, query = full.removeprefix(f"repos/{os.environ['GITHUB_REPOSITORY']}").lstrip("/").partition("?")
    payload = json.loads(Path(arguments[arguments.index("--input") + 1]).read_text()) if method != "GET" else {}
    answer = _answer(hub, method, path, {key: value[0] for key, value in parse_qs(query).items()}, payload)
    database.write_text(json.dumps(hub, indent=1))
    if "--paginate" not in arguments:
        return answer
    key = next(name for name in answer if name != "total_count") if isinstance(answer, dict) else None
    entries = answer[key] if key else answer
    pages = [entries[start : start + PAGE] for start in range(0, len(entries), PAGE)] or [[]]
    return [{key: page} if key else page for page in pages]


def _answer(hub: dict[str, Any], method: str, path: str, query: dict[str, str], payload: dict[str, Any]) -> Any:
    if len(payload.get("body") or "") > 65536:
        sys.exit("gh: Validation Failed (HTTP 422): body is too long (maximum is 65536 characters)")
    if path in hub["broken"]:
        sys.exit("gh: Server Error (HTTP 502)")
    match (method, *path.split("/")):
        case ("GET", "issues", number, "comments"):
            return hub["comments"].get(number, [])
        case ("POST", "issues", number, "comments"):
            made = {"id": _next(hub), "user": BOT, **payload}
            hub["comments"].setdefault(number, []).append(made)
            return made
        case ("PATCH", "issues", "comments", identity):
            (found,) = (each for group in hub["comments"].values() for each in group if str(each["id"]) == identity)
            return _change(found, payload)
        case ("GET", "issues"):
            return [
                each for each in hub["issues"] if each["state"] == query["state"] and query["labels"] in each["labels"]
            ]
        case ("POST", "issues"):
            made = {"number": _next(hub), "user": BOT, "state": "open", **payload}
            hub["issues"].append(made)
            return made
        case ("PATCH", "issues", number):
            (found,) = (each for each in hub["issues"] if str(each["number"]) == number)
            return _change(found, payload)
        case ("GET", "commits", commit, "pulls"):
            return [each for each in hub["pulls"] if commit in (each["merge_commit_sha"], each["head"]["sha"])]
        case ("GET", "actions", "runs", number):
            if found := [each for each in hub["runs"] if str(each["id"]) == number]:
                return found[0]
        case ("GET", "actions", "runs", _, "jobs"):
            return _list("jobs", [{"name": name, "conclusion": ended} for name, ended in hub["jobs"].items()])
        case ("GET", "actions", "runs", number, "artifacts"):
            folder = Path(os.environ["GH_STUB_ARTEFACTS"], number)
            kept = sorted(folder.iterdir()) if folder.is_dir() else []
            expired = hub.get("expired", [])
            return _list("artifacts", [{"name": each.name, "expired": each.name in expired} for each in kept])
        case ("GET", "environments", name) if name in hub["environments"]:
            return hub["environments"][name]
        case ("GET", "environments", name, "deployment-branch-policies"):
            return _list("branch_policies", hub["environments"][name]["branch_policies"])
        case ("GET", "environments", name, "variables") if name in hub["environments"]:
            return _list("variables", _named(hub["environments"][name]["variables"]))
        case ("GET", "actions", "variables"):
            return _list("variables", _named(hub["variables"]))
        case ("GET", *_) if path in hub["answers"]:
            return hub["answers"][path]
        case ("GET", "actions", "workflows", "plan.yml", "runs"):
            wanted = {key: query[key] for key in ("head_sha", "event", "status") if key in query}
            return _list("workflow_runs", [each for each in hub["runs"] if wanted.items() <= each.items()])
    return sys.exit(f"gh: Not Found (HTTP 404): {method} {path}")


def _list(key: str, entries: list[Any]) -> dict[str, Any]:
    return {"total_count": len(entries), key: entries}


def _named(variables: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in variables.items()]


def _change(entry: dict[str, Any], payload: dict[str, Any]) -> dict[str, Any]:
    entry.update(payload)
    return entry


def _next(hub: dict[str, Any]) -> int:
    hub["last"] = hub.get("last", 100) + 1
    return hub["last"]


def _download(arguments: list[str]) -> None:
    artefact, target = (arguments[arguments.index(option) + 1] for option in ("--name", "--dir"))
    source = Path(os.environ["GH_STUB_ARTEFACTS"], re.sub(r"\D", "", arguments[2]), artefact)
    if not source.is_dir():
        sys.exit("no artifact matches any of the names or patterns provided")
    shutil.copytree(source, target, dirs_exist_ok=True)


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
