"""``apply``: exactly the saved plan, or a refusal that says why."""

import json
import sys
from typing import Any

from ops import changes, interrupted
from ops.errors import CommandError
from ops.imports import IMPORTS_FILE
from ops.project import Stack
from ops.terraform import Interrupted, Terraform

WHOLE_WHEN_CREATED = (
    "aws_s3_bucket",
    "aws_s3_object",
    "aws_glue_catalog_database",
    "aws_glue_security_configuration",
    "aws_kms_key",
)
# Of such types AWS computes nothing into other resources' attributes.
SHOWN_NOWHERE_ELSE = ("aws_athena_", "aws_cloudwatch_", "aws_glue_", "aws_s3_object")


def apply(stack: Stack) -> None:
    """Applies the saved plan; Terraform shows its progress and the outputs.

    Raises CommandError when there is none or it mustn't be applied.
    """
    record = checked_record(stack)
    saved = stack.plan_dir / "plan.tfplan"
    # Without what is sensitive. Read now: a plan that is made meanwhile takes its place.
    plan = json.loads((stack.plan_dir / "plan.json").read_text(encoding="utf-8"))
    planned = changes.planned(plan)
    terraform = Terraform(stack)
    terraform.init()
    state = terraform.state()
    _check_state(stack, record, state)
    begun = interrupted.begin(terraform, plan, state)
    try:
        terraform.run("apply", str(saved), stream=True)
    except CommandError as error:
        if isinstance(error, Interrupted):
            saved.unlink(missing_ok=True)
            error.next_step = (
                f"make plan STACK={stack.name}, review it, make apply STACK={stack.name}: that finishes the work."
            )
        # What Terraform couldn't record, the next plan has to look for, unless it runs here and writes the state first.
        if not terraform.unsaved.is_file():
            if not isinstance(error, Interrupted):
                interrupted.end(begun, well=False)
            _keep_if_possible(terraform, planned)
        raise
    interrupted.end(begun, well=True)
    # What is new shows attributes that AWS filled in, unless AWS has nothing to fill in.
    done = [each for each in planned if each.action != "none"]
    new = any(each.action in ("create", "replace") and each.type not in WHOLE_WHEN_CREATED for each in done)
    if new or not all(each.type.startswith(SHOWN_NOWHERE_ELSE) for each in done):
        settle(terraform)
    # A plan is applied once. What it imported is in the state now.
    saved.unlink(missing_ok=True)
    (stack.directory / IMPORTS_FILE).unlink(missing_ok=True)


def checked_record(stack: Stack) -> dict[str, Any]:
    """The saved plan's record. Raises CommandError when there is none, or it isn't of this very stack."""
    saved, path = stack.plan_dir / "plan.tfplan", stack.plan_record
    if not saved.is_file() or not path.is_file():
        raise _refused(stack, f"There is no saved plan of '{stack.name}' to apply (looked in {stack.plan_dir}).")
    now = stack.record({})
    try:
        noted = json.loads(path.read_text(encoding="utf-8"))
        if noted.keys() != now.keys():
            raise ValueError("it isn't a plan's record")
    except (ValueError, AttributeError) as error:
        raise _refused(stack, f"{path} can't be read: {error}.") from error
    if noted["stack"] != now["stack"]:
        raise _refused(stack, f"The saved plan is of another deployment: '{noted['stack']}', not '{stack.name}'.")
    if noted["plan_digest"] != now["plan_digest"]:
        raise _refused(
            stack, f"The saved plan {saved} isn't the one that its summary shows: the file has changed since."
        )
    if noted["stack_digest"] != now["stack_digest"]:
        what = f"The saved plan is older than the synthesised stack '{stack.name}': the stack has changed since."
        raise _refused(stack, what)
    return noted


def _check_state(stack: Stack, noted: dict[str, Any], state: dict[str, Any]) -> None:
    now = stack.record(state)["state"]
    if noted["state"] != now:
        raise _refused(
            stack,
            f"The saved plan of '{stack.name}' is older than its state: it was made against serial "
            f"{noted['state'][1]}, the state is at {now[1]}. Something was applied since.",
        )


def _refused(stack: Stack, what: str) -> CommandError:
    return CommandError(what, f"make plan STACK={stack.name}, review it, then apply.")


def _keep_if_possible(terraform: Terraform, planned: list[changes.Change]) -> None:
    """What fails here must not take the place of the apply's own error."""
    try:
        keep_what_was_made(terraform, planned)
    except CommandError as error:
        print(f"Note: what this apply was just creating may have to be replaced: {error.what}", file=sys.stderr)


def keep_what_was_made(terraform: Terraform, planned: list[changes.Change]) -> None:
    """Keeps buckets, objects, databases, security configurations and keys that a broken-off apply was just creating.

    Terraform marks a resource whose creation was interrupted as tainted, to be replaced. These are there as soon as
    AWS has answered, and their settings are resources of their own: the next apply goes on from them. Replacing an
    object would even lose it: the new one is written first, and then the old one is deleted, under the same key. A
    security configuration couldn't be replaced: the new one is made first there too, and the name is taken. An Airflow
    environment isn't kept: it may have failed on AWS's side. What was cut off holds its id alone; what AWS has
    made of it is read at once, for others are made with it: policies with a key's ARN.
    """
    creating, kept = {each.address for each in planned if each.action == "create"}, []
    for resource in terraform.state().get("resources", []):
        address = f"{resource['type']}.{resource['name']}"
        tainted = any(instance.get("status") == "tainted" for instance in resource["instances"])
        if tainted and address in creating and resource["type"] in WHOLE_WHEN_CREATED:
            terraform.read("untaint", address)
            print(f"Kept {address}: it was created.")
            kept.append(f"-target={address}")
    if kept:
        terraform.read("apply", "-refresh-only", "-auto-approve", "-input=false", "-no-color", *kept)


def settle(terraform: Terraform) -> None:
    """Records what AWS computed while the resources around it were made, such as a bucket's policy.

    Without it the next drift check would report those as changes. It writes the state and changes no
    resource.
    """
    terraform.run("apply", "-refresh-only", "-auto-approve")
