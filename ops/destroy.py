"""``destroy``: needs two opt-ins, shows what goes, and checks that nothing is left."""

import os
import time

from ops import changes, interrupted
from ops.diagnose import TerraformError
from ops.errors import CommandError
from ops.project import Stack
from ops.terraform import Terraform

# MWAA's network interfaces outlive the environment by some minutes and hold its security group and subnets.
ATTEMPTS = 3
PAUSE_SECONDS = 60
_STILL_IN_USE = ("DependencyViolation", "ResourceInUse", "DeleteConflict", "has dependencies")


def destroy(stack: Stack) -> None:
    """Destroys a deployment whose file says ``destroyable: true`` when CONFIRM names it.

    Buckets are emptied, by Terraform itself, because a destroyable stack sets force_destroy. Raises CommandError
    when an opt-in is missing or something is left.
    """
    require_destroyable(stack)
    terraform = Terraform(stack)
    terraform.resume()
    _let_buckets_be_emptied(terraform)
    for attempt in range(1, ATTEMPTS + 1):
        with terraform.planned("-destroy") as (saved, document):
            gone = changes.planned(document)
            if not gone:
                print(f"'{stack.name}' has no resources: nothing to destroy.")
                interrupted.forget(terraform, drop=_confirmed(stack))
                return
            _show_and_confirm(stack, gone)
            try:
                terraform.run("apply", str(saved), stream=True)
                break
            except TerraformError as error:
                if attempt == ATTEMPTS or not any(word in error.said for word in _STILL_IN_USE):
                    raise
        print(f"\nSomething is still in use; trying again in {PAUSE_SECONDS} s ({attempt}/{ATTEMPTS}).")
        time.sleep(PAUSE_SECONDS)
    left = terraform.state().get("resources", [])
    managed = [f"{each['type']}.{each['name']}" for each in left if each["mode"] == "managed"]
    if managed:
        raise CommandError(
            f"After the destroy '{stack.name}' still holds: {', '.join(managed)}.",
            f"run make destroy STACK={stack.name} CONFIRM={stack.name} again.",
        )
    print(f"'{stack.name}' is destroyed; its state holds no resource.")
    interrupted.forget(terraform, drop=True)


def require_destroyable(stack: Stack) -> None:
    """The first opt-in, as the synthesised stack shows it: buckets may be emptied, nothing is protected."""
    resources = stack.document.get("resource", {})
    protected = [
        f"{kind}.{name}"
        for kind, named in sorted(resources.items())
        for name, body in sorted(named.items())
        if body.get("lifecycle", {}).get("prevent_destroy")
        or (kind == "aws_s3_bucket" and body.get("force_destroy") is not True)
    ]
    if protected:
        raise CommandError(
            f"'{stack.name}' isn't destroyable: {', '.join(protected)} is protected.",
            f"set destroyable: true in config/{stack.deployment}.yaml, have that reviewed and synthesised; "
            f"then make destroy STACK={stack.name} CONFIRM={stack.name}",
        )


def _confirmed(stack: Stack) -> bool:
    """The second opt-in."""
    return os.environ.get("CONFIRM") == stack.name


def _show_and_confirm(stack: Stack, gone: list[changes.Change]) -> None:
    """Shows what goes. Raises CommandError without the second opt-in."""
    print(f"Destroying '{stack.name}' deletes {len(gone)} resources:")
    for change in gone:
        note = "  <-- with every object and version in it" if change.type == "aws_s3_bucket" else ""
        note = note or ("  <-- stateful" if change.stateful else "")
        print(f"  {change.address}{note}")
    if not _confirmed(stack):
        raise CommandError(
            f"Nothing was deleted: destroying '{stack.name}' needs CONFIRM={stack.name} on the command line.",
            f"read the list above, then make destroy STACK={stack.name} CONFIRM={stack.name}",
        )


def _let_buckets_be_emptied(terraform: Terraform) -> None:
    """Brings force_destroy into the state, which the provider asks whether it may empty a bucket.

    Only that: when the buckets' plan holds anything else, it belongs into a reviewed plan.
    """
    buckets = [
        f"aws_s3_bucket.{each['name']}"
        for each in terraform.state().get("resources", [])
        if each["type"] == "aws_s3_bucket"
        and each["mode"] == "managed"
        and any(not instance["attributes"].get("force_destroy") for instance in each["instances"])
    ]
    if not buckets or not _confirmed(terraform.stack):
        return
    with terraform.planned(*(f"-target={address}" for address in buckets)) as (saved, document):
        wanted = [changes.Change(each, "aws_s3_bucket", "update", ("force_destroy",)) for each in buckets]
        if others := [each.address for each in changes.planned(document) if each not in wanted]:
            name = terraform.stack.name
            raise CommandError(
                f"'{name}' has unapplied changes besides force_destroy: {', '.join(others)}.",
                f"make plan STACK={name}, make apply, then destroy.",
            )
        terraform.run("apply", str(saved))
