"""What an interrupted apply has created without recording it: the next plan takes it over.

Told to stop, Terraform cancels the requests that are on their way. AWS may have carried them out all the same; the
resources exist then and the state doesn't know. A new plan would create them once more, and fail with "already exists".

So an apply leaves a mark, build/interrupted/<stack>.json, before Terraform starts: the addresses that it creates. It is
dropped when Terraform has ended by itself, well or with an error, and stays when Terraform was told to stop, or when we
were killed. Only what the mark names and the state lacks is looked for: a resource of the same name that somebody made
by hand is never taken over because an apply failed on it. For that there is ``import``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ops import imports
from ops.project import Stack
from ops.terraform import Terraform

Addresses = frozenset[str]


def begin(stack: Stack, creating: Addresses) -> Addresses:
    """Marks that an apply begins; returns what a former mark still names, for ``end`` after a failure."""
    former = _read(stack)
    _write(stack, former | creating)
    return former


def end(stack: Stack, left: Addresses = frozenset()) -> None:
    """Terraform has ended by itself. left: what remains to be looked for."""
    _write(stack, left)


def take_over(terraform: Terraform) -> None:
    """Writes import blocks for what an interrupted apply has created and the state lacks."""
    stack = terraform.stack
    unrecorded = _read(stack) - recorded(terraform.state())
    if not unrecorded:
        end(stack)
        return
    print(f"An apply of '{stack.name}' was interrupted: looking for what it has created without recording it.")
    known = imports.blocks(stack)
    found = imports.find_existing(terraform, known, only=unrecorded)
    for address in sorted(found.keys() - known.keys()):
        print(f"  {address}  <-  {found[address]}")


def recorded(state: dict[str, Any]) -> Addresses:
    """The addresses that the state holds."""
    return frozenset(
        f"{each['type']}.{each['name']}" for each in state.get("resources", []) if each["mode"] == "managed"
    )


def _path(stack: Stack) -> Path:
    return stack.project.build_dir / "interrupted" / f"{stack.name}.json"


def _read(stack: Stack) -> Addresses:
    path = _path(stack)
    return frozenset(json.loads(path.read_text(encoding="utf-8"))["creating"]) if path.is_file() else frozenset()


def _write(stack: Stack, creating: Addresses) -> None:
    path = _path(stack)
    if not creating:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all: we may be killed right here.
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(json.dumps({"creating": sorted(creating)}, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)
