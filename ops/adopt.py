"""``import``: takes over resources that were made by hand instead of creating them."""

import json

from ops.errors import CommandError
from ops.imports import IMPORTS_FILE, find_existing
from ops.plan import plan
from ops.project import Stack
from ops.terraform import Terraform


def adopt(stack: Stack) -> None:
    """Finds what exists, writes the import blocks beside the stack, and makes the plan that imports them.

    Resources whose ids AWS chooses (VPC, subnets, security groups) are named in
    config/imports/<deployment>.json, an object of address and id.
    """
    terraform = Terraform(stack)
    terraform.resume(quiet=True)
    (stack.directory / IMPORTS_FILE).unlink(missing_ok=True)
    found = find_existing(terraform, _named_by_user(stack))
    if not found:
        print(f"Nothing that '{stack.name}' would create is there already: there is nothing to import.")
        return
    print(f"Found {len(found)} to import:")
    for address, identifier in sorted(found.items()):
        print(f"  {address}  <-  {identifier}")
    plan(stack)
    print(f"Nothing was changed. Review the plan; 'make apply STACK={stack.name}' imports and changes them.")


def _named_by_user(stack: Stack) -> dict[str, str]:
    path = stack.project.imports_dir / f"{stack.name}.json"
    if not path.is_file():
        return {}
    try:
        named = json.loads(path.read_text(encoding="utf-8"))
        if not all(isinstance(each, str) for pair in named.items() for each in pair):
            raise ValueError("every value must be a string")
    except (ValueError, AttributeError) as error:
        raise CommandError(f"{path} isn't an object of address and id: {error}", "correct it.") from error
    return named
