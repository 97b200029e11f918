"""GitHub through its ``gh`` command, which its runners have and which reads GH_TOKEN."""

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.errors import CommandError
from ops.project import Project

# The user that GITHUB_TOKEN writes as. Comments and issues of anybody else are never taken for ours.
BOT = "github-actions[bot]"


class NotFound(CommandError):
    """GitHub doesn't know the path, or doesn't show it with this token."""


@dataclass(frozen=True)
class GitHub:
    """One repository (owner/name) and the workflow run that speaks."""

    repository: str
    run_url: str

    @classmethod
    def from_environment(cls) -> "GitHub":
        repository = variable("GITHUB_REPOSITORY")
        return cls(
            repository,
            f"{variable('GITHUB_SERVER_URL')}/{repository}/actions/runs/{variable('GITHUB_RUN_ID')}",
        )

    @classmethod
    def of_checkout(cls) -> "GitHub":
        """The repository of this folder's remote, for a person; GITHUB_REPOSITORY names another one."""
        given = os.environ.get("GITHUB_REPOSITORY")
        return cls(given or json.loads(_gh("repo", "view", "--json", "nameWithOwner"))["nameWithOwner"], "")

    def one(self, path: str) -> dict[str, Any]:
        return json.loads(_gh("api", self._path(path)))

    def find(self, path: str) -> dict[str, Any] | None:
        """None where GitHub doesn't know the path (HTTP 404)."""
        try:
            return self.one(path)
        except NotFound:
            return None

    def all(self, path: str, key: str | None = None) -> list[dict[str, Any]]:
        """All entries of a list, over its pages; key: where a page keeps them when it isn't a plain list."""
        separator = "&" if "?" in path else "?"
        pages = json.loads(_gh("api", "--paginate", "--slurp", self._path(f"{path}{separator}per_page=100")))
        return [entry for page in pages for entry in (page[key] if key else page)]

    def send(self, method: str, path: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Sends the payload from a file: a body may be longer than a command line can be."""
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as body:
            json.dump(payload, body)
            body.flush()
            return json.loads(_gh("api", "--method", method, self._path(path), "--input", body.name))

    def conclusions(self) -> dict[str, str | None]:
        """How the jobs of this run ended so far, by their shown names; a re-run's latest execution of each counts."""
        jobs = self.all(f"actions/runs/{variable('GITHUB_RUN_ID')}/jobs?filter=latest", "jobs")
        return {job["name"]: job["conclusion"] for job in jobs}

    def label(self, name: str, description: str) -> None:
        _gh("label", "create", name, "--force", "--description", description, "--repo", self.repository)

    def download(self, run: int, artefact: str, target: Path) -> None:
        """In the place of what an earlier run left in the folder."""
        shutil.rmtree(target, ignore_errors=True)
        _gh("run", "download", str(run), "--repo", self.repository, "--name", artefact, "--dir", str(target))

    def handed_over(self, artefact: str, project: Project) -> Path | None:
        """The folder with what an earlier job of this run uploaded; None, with GitHub's words, when it can't be had."""
        target = project.build_dir / "handed-over" / artefact
        try:
            self.download(int(variable("GITHUB_RUN_ID")), artefact, target)
        except CommandError as error:
            print(f"{artefact}: {error.what}")
            return None
        return target

    def _path(self, path: str) -> str:
        return f"repos/{self.repository}/{path}".rstrip("/")


def variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise CommandError(f"The environment variable {name} isn't set.", "the workflow's step has to set it.")
    return value


def write_output(name: str, value: str, file: str = "GITHUB_OUTPUT") -> None:
    """Gives a value to later steps; file: GITHUB_OUTPUT or GITHUB_ENV. Shows it as well."""
    if "\n" in value:
        raise CommandError(f"The value of {name} has several lines.", "this is a mistake in the caller.")
    print(f"{name}={value}")
    if path := os.environ.get(file):
        with Path(path).open("a", encoding="utf-8") as outputs:
            outputs.write(f"{name}={value}\n")


def _gh(*arguments: str) -> str:
    try:
        done = subprocess.run(["gh", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CommandError(
            "The command 'gh' isn't on the PATH.", "install GitHub's command line (cli.github.com)."
        ) from None
    if done.returncode != 0:
        failure = NotFound if "(HTTP 404)" in done.stderr else CommandError
        raise failure(
            f"gh {' '.join(arguments)} failed: {(done.stderr or done.stdout).strip()}",
            "check the job's permissions and GH_TOKEN; at a passing fault, re-run the job.",
        )
    return done.stdout or "null"
