"""What a plan's summary says of a change of pipeline/: compares the working tree with the merge base."""

import json
import os
import subprocess

from ops.errors import CommandError
from ops.project import ROOT, Stack

SNAPSHOT = "main.tf.json.snapshot"


def consequence(stack: Stack) -> list[tuple[str, list[str]]]:
    """For a plan's summary: nothing where pipeline/ is as at the merge base."""
    try:
        base = _merge_base()
        if not _git("diff", "--name-only", base, "--", "pipeline"):
            return []
        from ops.blast_radius import Pipeline, effects, queries  # a second of loading, which few plans need

        before = Pipeline.read(lambda path: _git("show", f"{base}:{path}"))
        after = Pipeline.read(lambda path: (ROOT / path).read_text(encoding="utf-8"))
        saved = queries(json.loads(_git("show", f"{base}:{SNAPSHOT}")))
        lines = effects(before, after, saved, queries(stack.document))
    except CommandError as error:
        return [(f"What the pipeline table's change breaks can't be told: {error.what}", [])]
    heading = (
        f"Breaks for readers ({len(lines)})" if lines else "The pipeline table's change breaks nothing for readers"
    )
    return [(heading, lines)]


def _merge_base() -> str:
    """BASE: what to compare with; origin/main or main by default."""
    for name in filter(None, (os.environ.get("BASE"), "origin/main", "main")):
        try:
            return _git("merge-base", "HEAD", name).strip()
        except CommandError as error:
            failed = error
    raise failed


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        raise CommandError("git isn't installed.", "install git.") from None
    if done.returncode:
        raise CommandError(f"git {' '.join(arguments)}: {done.stderr.strip()}", "fetch main: git fetch origin main.")
    return done.stdout
