"""Asks AWS through Terraform, in one plan, which of many resources it has; nothing is changed by that.

In the stack Terraform doesn't try what depends on an import that failed, so its plan tells of one layer at a time. Here
import blocks stand alone, in a folder of their own without state: no resource depends on another. Terraform makes up a
configuration for what it finds, which needn't be a valid one
(https://developer.hashicorp.com/terraform/language/import/generating-configuration), and saves a plan that failed as
well as one that didn't (https://github.com/hashicorp/terraform/pull/32395): it holds what was found.
"""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ops import changes
from ops.diagnose import TerraformError
from ops.project import Stack
from ops.terraform import Terraform

_GENERATED = "generated.tf"
_ABSENT = re.compile(
    r"non-existent remote object|couldn't find resource|not found|NotFound|NoSuch|empty result|"
    r"does not exist",
    re.IGNORECASE,
)


def ask(terraform: Terraform, ids: Mapping[str, str], data: Mapping[str, Any]) -> tuple[set[str], dict[str, Any]]:
    """Those of these addresses that AWS has, and the plan's JSON, with what the data sources read.

    ids: the address and the id to import it by; data: data sources as the stack would have them. The stack is
    initialised. Raises TerraformError when it can't be told of one.
    """
    with terraform.scratch() as folder:
        probe = replace(terraform, stack=_apart(terraform.stack, folder))
        asked = {"import": blocks(ids), **({"data": data} if data else {})}  # no empty block is taken
        (probe.stack.directory / "asked.tf.json").write_text(json.dumps(asked, indent=2), encoding="utf-8")
        saved = probe.stack.directory / "probe.tfplan"
        error = TerraformError("incomplete", "Terraform's answer is incomplete.", "check TF_CLI_ARGS_plan.", "")
        try:
            document = probe.plan(saved, f"-generate-config-out={_GENERATED}")
        except TerraformError as failed:
            if not saved.is_file():
                raise
            document, error = probe.shown(saved), failed
        there = {f"{each['type']}.{each['name']}" for each in changes.before(document)} & ids.keys()
        if not _only_absent(error.said, len(ids) - len(there)):
            raise error
        return there, document


def blocks(ids: Mapping[str, str]) -> list[dict[str, str]]:
    """Terraform's import blocks for these addresses and ids."""
    return [{"to": address, "id": identifier} for address, identifier in sorted(ids.items())]


def _apart(stack: Stack, folder: Path) -> Stack:
    """Its settings of Terraform and of the provider, without the state, and the providers of its init."""
    probe = Stack(stack.name, replace(stack.project, stacks_dir=folder / "stacks", build_dir=folder))
    probe.directory.mkdir(parents=True)
    probe.data_dir.mkdir(parents=True)
    for path in stack.directory.glob("*.tf.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        settings = {name: document[name] for name in ("terraform", "provider") if name in document}
        settings.get("terraform", {}).pop("backend", None)
        (probe.directory / path.name).write_text(json.dumps(settings), encoding="utf-8")
    lock, providers = stack.directory / ".terraform.lock.hcl", stack.data_dir / "providers"
    if lock.is_file():
        shutil.copyfile(lock, probe.directory / lock.name)
    if providers.is_dir():
        (probe.data_dir / providers.name).symlink_to(providers)
    return probe


def _only_absent(errors: str, missing: int) -> bool:
    """Whether the errors say that as many resources are absent as are missing, and else tell of what was made up."""
    blocks = [re.sub(r"\s+", " ", block) for block in re.split(r"^Error: ", errors, flags=re.MULTILINE)[1:]]
    told = [block for block in blocks if f"on {_GENERATED} line" not in block]
    return len(told) >= missing and all(_ABSENT.search(block) for block in told)
