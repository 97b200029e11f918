"""Runs the shell steps of one job of a workflow on this machine, as GitHub's runner would.

Conditions, environment, outputs and this repository's composite actions are honoured. Actions from elsewhere
(checkout, tools, credentials) aren't run: they are named, and what they do must be there already.
upload-artifact copies its files into a folder, from which a stub of gh can serve them.
Usage: ``.venv/sandbox/bin/python -m ops.tests.workflows.runner <workflow> <job> --set …``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ops.project import ROOT
from ops.tests.workflows.expressions import ExpressionError, condition, fill


@dataclass
class Job:
    """One job's run. rows: what became of each step, for the table at the end."""

    contexts: dict[str, Any]
    artefacts: Path
    scratch: Path
    env: dict[str, str] = field(default_factory=dict)
    rows: list[tuple[str, str]] = field(default_factory=list)
    failed: bool = False

    def fill(self, text: Any) -> str:
        return fill(text, {**self.contexts, "env": self.env}, failed=self.failed)

    def holds(self, text: Any) -> bool:
        return condition(text, {**self.contexts, "env": self.env}, failed=self.failed)

    def steps(self, steps: list[dict[str, Any]], *, folder: Path | None = None) -> None:
        """Runs the steps; folder: of the composite action that they belong to."""
        for step in steps:
            name = self.fill(step.get("name") or step.get("uses") or step["run"].strip().splitlines()[0])
            if not self.holds(step.get("if", "success()")):
                outcome = "skipped"
            elif "run" in step:
                print(f"\n--- {name}", flush=True)
                outcome = self._run(step)
            else:
                outcome = self._use(step)
            if "id" in step:
                self._record(step["id"])["outcome"] = outcome
            self.failed |= outcome == "failure" and not step.get("continue-on-error")
            self.rows.append((name if folder is None else f"  {name}", outcome))

    def _run(self, step: dict[str, Any]) -> str:
        script, outputs, variables = (self.scratch / each for each in ("step.sh", "outputs", "env"))
        script.write_text(self.fill(step["run"]), encoding="utf-8")
        outputs.write_text("")
        variables.write_text("")
        own = {name: self.fill(value) for name, value in step.get("env", {}).items()}
        files = {"GITHUB_OUTPUT": str(outputs), "GITHUB_ENV": str(variables)}
        # The runner's default shell; with pipefail where a step asks for bash by name.
        shell = ["bash", "-e"]
        if step.get("shell") == "bash":
            shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]
        done = subprocess.run(
            [*shell, str(script)],
            cwd=ROOT,
            env={**_inherited(), **self._runner(), **self.env, **own, **files},
        )
        self.env.update(_pairs(variables))
        if "id" in step:
            self._record(step["id"])["outputs"] = _pairs(outputs)
        return "success" if done.returncode == 0 else "failure"

    def _use(self, step: dict[str, Any]) -> str:
        given = {name: self.fill(value) for name, value in step.get("with", {}).items()}
        if step["uses"].startswith("./"):
            folder = ROOT / step["uses"]
            action = yaml.safe_load((folder / "action.yml").read_text(encoding="utf-8"))
            defaults = {name: value.get("default", "") for name, value in action.get("inputs", {}).items()}
            inner = Job({**self.contexts, "inputs": {**defaults, **given}}, self.artefacts, self.scratch, self.env)
            inner.rows, inner.failed = self.rows, self.failed
            inner.steps(action["runs"]["steps"], folder=folder)
            return "failure" if inner.failed else "success"
        if step["uses"].startswith("actions/upload-artifact@"):
            source = ROOT / given["path"]
            if not source.is_dir():
                print(f"No files at {given['path']}", file=sys.stderr)
                return "failure"
            target = self.artefacts / str(self.contexts["github"]["run_id"]) / given["name"]
            shutil.copytree(source, target, dirs_exist_ok=True)
            return "success"
        return "not run here"

    def _record(self, step: str) -> dict[str, Any]:
        return self.contexts["steps"].setdefault(step, {"outputs": {}})

    def _runner(self) -> dict[str, str]:
        """The variables that the runner sets from its github context."""
        names = ("repository", "server_url", "run_id", "run_attempt", "sha", "ref", "event_name")
        known = {name: str(value) for name, value in self.contexts["github"].items() if name in names}
        return {"CI": "true", **{f"GITHUB_{name.upper()}": value for name, value in known.items()}}


def _inherited() -> dict[str, str]:
    """The environment without what a surrounding make would hand down to a step's own make."""
    return {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}


def _pairs(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line)


def _contexts(settings: list[str]) -> dict[str, Any]:
    contexts: dict[str, Any] = {"github": {}, "matrix": {}, "needs": {}, "inputs": {}, "vars": {}, "steps": {}}
    for setting in settings:
        path, _, value = setting.partition("=")
        *parents, name = path.split(".")
        inner = contexts
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[name] = {"true": True, "false": False}.get(value, value)
    return contexts


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="ops.tests.workflows.runner", description=__doc__)
    parser.add_argument("workflow", type=Path, help="such as .github/workflows/plan.yml")
    parser.add_argument("job", help="the job's id")
    parser.add_argument("--set", action="append", default=[], metavar="CONTEXT.NAME=VALUE", help="matrix.x=…")
    parser.add_argument("--artefacts", type=Path, default=ROOT / "build" / "artefacts")
    chosen = parser.parse_args(arguments)
    workflow = yaml.safe_load(chosen.workflow.read_text(encoding="utf-8"))
    if chosen.job not in workflow["jobs"]:
        parser.error(f"{chosen.workflow} has no job '{chosen.job}'; it has: {', '.join(workflow['jobs'])}")
    declared = workflow["jobs"][chosen.job]
    with tempfile.TemporaryDirectory() as scratch:
        job = Job(_contexts(chosen.set), chosen.artefacts, Path(scratch))
        try:
            if not job.holds(declared.get("if", "success()")):
                print(f"{chosen.job}: skipped, its condition doesn't hold: {declared['if']}")
                return 0
            for level in (workflow, declared):
                for name, value in level.get("env", {}).items():
                    job.env[name] = job.fill(value)
            job.steps(declared["steps"])
            for name, value in declared.get("outputs", {}).items():
                print(f"output {name}={job.fill(value)}")
        except ExpressionError as error:
            print(f"{chosen.workflow}, job {chosen.job}: {error}", file=sys.stderr)
            return 64
    print(f"\n{chosen.workflow.name}, {chosen.job}:")
    for name, outcome in job.rows:
        print(f"  {outcome:<13} {name}")
    return 1 if job.failed else 0


if __name__ == "__main__":
    sys.exit(main())
