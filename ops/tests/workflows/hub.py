"""GitHub's side of a test: what is on it, and the environment in which ``gh`` is the stub."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

REPOSITORY = "acme/platform"
STUB = Path(__file__).with_name("stub_gh.py")


class Hub:
    """An empty repository acme/platform, whose run 42 speaks."""

    def __init__(self, folder: Path) -> None:
        self.database, self.artefacts = folder / "hub.json", folder / "artefacts"
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        command = self.bin / "gh"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STUB}" "$@"\n')
        command.chmod(0o755)
        self.write(
            comments={}, issues=[], pulls=[], runs=[], jobs={}, environments={}, variables={}, answers={}, broken=[]
        )

    def write(self, **content: Any) -> None:
        known = json.loads(self.database.read_text()) if self.database.exists() else {}
        self.database.write_text(json.dumps({**known, **content}))

    def __getitem__(self, name: str) -> Any:
        return json.loads(self.database.read_text())[name]

    def environment(self) -> dict[str, str]:
        return {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "GH_STUB": str(self.database),
            "GH_STUB_ARTEFACTS": str(self.artefacts),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": "42",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_REF": "refs/heads/main",
            "GH_TOKEN": "token",
        }


def pull_request(**more: Any) -> dict[str, Any]:
    """Number 7, whose last commit is ``head`` and whose merge made ``merge``."""
    made = {"number": 7, "merged_at": "2026-01-02T03:04:05Z", "merge_commit_sha": "merge", "body": ""}
    return {**made, "head": {"sha": "head"}, **more}


def plan_run(**more: Any) -> dict[str, Any]:
    """Run 42: a successful plan of ``head``."""
    return {
        "id": 42,
        "head_sha": "head",
        "event": "pull_request",
        "status": "success",
        "run_started_at": "2026-01-01T00:00:00Z",
        "html_url": "https://github.com/acme/platform/actions/runs/42",
        "head_repository": {"full_name": REPOSITORY},
        **more,
    }


def apply_run(**more: Any) -> dict[str, Any]:
    """Run 60: the Apply run of ``merge``, which failed."""
    return {
        **plan_run(id=60, head_sha="merge", event="push", status="completed", conclusion="failure"),
        "path": ".github/workflows/apply.yml@main",
        "head_branch": "main",
        **more,
    }


def environment(**more: Any) -> dict[str, Any]:
    """As docs/workflows.md asks for: reviewers, and main alone."""
    return {
        "protection_rules": [
            {"type": "required_reviewers", "reviewers": [{"type": "Team"}]},
            {"type": "branch_policy"},
        ],
        "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
        "branch_policies": [{"name": "main", "type": "branch"}],
        "variables": {},
        **more,
    }
