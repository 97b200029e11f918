"""``plan``: a saved plan, its JSON, and summaries of it, under build/plans/<stack>."""

import json
import os
import re
import shutil
from pathlib import Path

from ops import changes, cost, interrupted, pipeline_change
from ops.errors import CommandError
from ops.project import Stack
from ops.summary import Summary
from ops.terraform import Interrupted, Terraform

EXIT_PROTECTED = 3


def plan(stack: Stack) -> None:
    """Plans one deployment and prints the summary.

    Raises CommandError with exit code 3 when protected resources would be replaced or deleted that ``ALLOW_REPLACE``
    doesn't name; no plan is left to apply then.
    """
    terraform = Terraform(stack)
    terraform.resume()
    interrupted.take_over(terraform)
    directory = _fresh(stack.plan_dir)
    state = terraform.state()
    saved = directory / "plan.tfplan"
    document = terraform.plan(saved)
    planned = changes.planned(document)
    redacted = json.dumps(changes.redacted(document), indent=1, sort_keys=True)
    (directory / "plan.json").write_text(redacted + "\n", encoding="utf-8")
    consequences = [*pipeline_change.consequence(stack), cost.difference(stack, document)]
    found = changes.outside(document), changes.outputs(document), stack.suppressed(), consequences
    summary = Summary(stack.name, planned, *found)
    (directory / "summary.md").write_text(summary.markdown(), encoding="utf-8")
    (directory / "summary.txt").write_text(summary.text(), encoding="utf-8")
    stack.plan_record.write_text(json.dumps(stack.record(state), indent=2) + "\n", encoding="utf-8")
    print(summary.text(), end="")
    _guard(stack, planned, saved)
    print(f"Saved under {directory}")


def plan_all(stacks: list[Stack]) -> int:
    """Plans each deployment, the others too when one fails; returns the highest exit code."""
    code = 0
    for stack in stacks:
        try:
            plan(stack)
        except Interrupted:
            raise
        except CommandError as error:
            if len(stacks) == 1:
                raise
            print(f"{stack.name}: {error}")
            code = max(code, error.exit_code)
    return code


def _guard(stack: Stack, planned: list[changes.Change], saved: Path) -> None:
    allowed = re.split(r"[,\s]+", os.environ.get("ALLOW_REPLACE", ""))
    refused = [each.address for each in planned if each.loses_data and each.address not in allowed]
    if not refused:
        return
    saved.unlink()
    names = ",".join(refused)
    raise CommandError(
        f"The plan of '{stack.name}' would replace or delete {len(refused)} protected resource(s): {names}.",
        f"undo the change that causes it; or, when that is meant: make plan STACK={stack.name} ALLOW_REPLACE='{names}'",
        EXIT_PROTECTED,
    )


def _fresh(directory: Path) -> Path:
    """An empty folder: what a former plan left must not pass for this one's."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory
