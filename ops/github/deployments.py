"""Which deployments there are, and where a job of one of them goes: its region and its role."""

import json
import os
import re
from pathlib import Path

from ops.errors import CommandError
from ops.github.client import variable, write_output
from ops.project import ROOT, Project


def names() -> list[str]:
    """A file config/<name>.yaml is a deployment. CONFIG_DIR names another folder than config."""
    folder = Path(os.environ.get("CONFIG_DIR") or ROOT / "config")
    found = sorted(path.stem for path in folder.glob("*.yaml"))
    if not found:
        raise CommandError(f"There is no deployment file in {folder}.", "add config/<name>.yaml.")
    return found


def deployments(_stack: str, _project: Project) -> None:
    """Outputs ``deployments``, as JSON, for a job's matrix."""
    write_output("deployments", json.dumps(names()))


def target(stack: str, project: Project) -> None:
    """Outputs ``region`` (of the synthesised stack) and ``role``.

    ACCESS is plan or apply, VARS the repository's and the environment's variables as JSON. The role's ARN is
    in <ACCESS>_ROLE_<DEPLOYMENT>, or in <ACCESS>_ROLE where one role serves all deployments.
    """
    access = variable("ACCESS").lower()
    own, general, role = role_of(access, stack, json.loads(variable("VARS")))
    if not role:
        raise CommandError(
            f"No role to {access} '{stack}': neither of the variables {own} and {general} is set.",
            "set one to the role's ARN (docs/workflows.md, 'Setting up').",
        )
    write_output("role", role)
    write_output("region", project.stack(stack).region)


def role_of(access: str, stack: str, variables: dict[str, str]) -> tuple[str, str, str]:
    """The variable of this deployment's role to plan or apply, that of all deployments', and what the first gives."""
    general = f"{access.upper()}_ROLE"
    own = f"{general}_{re.sub(r'[^A-Z0-9]', '_', stack.upper())}"
    return own, general, variables.get(own) or variables.get(general) or ""
