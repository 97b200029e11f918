"""``bootstrap``: the bucket that keeps a deployment's state, made by a small stack of its own.

That stack's state ends up in the very bucket. The first run can't begin there, so it works with a local state
in a copy of the stack's folder and moves it into the bucket at the end; interrupted, it goes on with that
local state.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

from ops import changes, imports
from ops.apply import settle
from ops.diagnose import TerraformError
from ops.errors import CommandError
from ops.project import STATE_SUFFIX, Stack
from ops.terraform import Terraform

# Ordered after any other override file, so that its backend is the one that counts.
_LOCAL_BACKEND = "zz_local_backend_override.tf.json"


def bootstrap(deployment: Stack) -> None:
    """Makes the state bucket of a deployment, adopts one of ours, or repairs it."""
    synthesised = deployment.project.stack(deployment.name + STATE_SUFFIX)
    bucket = synthesised.backend()["bucket"]
    stack = _working_copy(synthesised)
    terraform = Terraform(stack)
    local_state = stack.directory / "terraform.tfstate"
    if local_state.is_file():
        print(f"Going on with the bootstrap of '{bucket}' that was interrupted.")
        _make_and_move(terraform, local_state)
    elif not _bucket_answers(terraform):
        _make_and_move(terraform, local_state)
    else:
        managed = terraform.state().get("resources")
        if not managed:
            print(f"The bucket '{bucket}' is there and ours: adopting it.")
            _import_bucket(stack, bucket)
        _bring_up_to_date(terraform)
    held = terraform.state().get("resources", [])
    print(f"State bucket '{bucket}': {len(held)} resources, their state is kept in it.")


def _working_copy(synthesised: Stack) -> Stack:
    """A copy under the build folder that we may add files to.

    An interrupted run's local state stays in it.
    """
    target = synthesised.project.build_dir / "bootstrap"
    stack = Stack(synthesised.name, replace(synthesised.project, stacks_dir=target))
    (stack.directory / _LOCAL_BACKEND).unlink(missing_ok=True)
    imports.write(stack, {})
    shutil.copytree(
        synthesised.directory,
        stack.directory,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(".terraform*"),
    )
    return stack


def _bucket_answers(terraform: Terraform) -> bool:
    """Whether the bucket exists and is ours.

    Raises CommandError when it answers 403, or there is another problem.
    """
    try:
        terraform.resume()
    except TerraformError as error:
        if error.cause == "missing state bucket":
            return False
        raise
    return True


def _make_and_move(terraform: Terraform, local_state: Path) -> None:
    stack = terraform.stack
    override = stack.directory / _LOCAL_BACKEND
    backend = {"terraform": {"backend": {"local": {"path": str(local_state)}}}}
    override.write_text(json.dumps(backend), encoding="utf-8")
    terraform.init()
    try:
        _bring_up_to_date(terraform)
    except TerraformError as error:
        bucket = stack.backend()["bucket"]
        if "BucketAlreadyOwnedByYou" in error.said:
            print(f"The bucket '{bucket}' is there and ours, made by the interrupted run: adopting it.")
            _import_bucket(stack, bucket)
            _bring_up_to_date(terraform)
        elif error.cause == "bucket name taken":
            raise CommandError(
                f"The bucket name '{bucket}' is taken by another AWS account: bucket names are global.",
                f"choose another state.bucket in config/{stack.deployment}.yaml, then make synth.",
            ) from error
        else:
            raise
    override.unlink()
    terraform.run("init", "-migrate-state", "-force-copy")
    if not terraform.state().get("resources"):
        raise CommandError(
            f"The state didn't arrive in the bucket; it is kept in {local_state}.",
            f"run make bootstrap STACK={stack.deployment} again.",
        )
    for leftover in stack.directory.glob("terraform.tfstate*"):
        leftover.unlink()


def _import_bucket(stack: Stack, bucket: str) -> None:
    """Only the bucket is imported: its settings are written whole, whether they were there or not."""
    address = f"aws_s3_bucket.{next(iter(stack.document['resource']['aws_s3_bucket']))}"
    imports.write(stack, {address: bucket})


def _bring_up_to_date(terraform: Terraform) -> None:
    """Applies what differs, unless that would delete or replace anything."""
    stack = terraform.stack
    with terraform.planned() as (saved, document):
        planned = changes.planned(document)
        losing = [each.address for each in planned if each.action in ("replace", "delete", "forget")]
        if losing:
            raise CommandError(
                f"Bootstrapping '{stack.deployment}' would replace or delete {', '.join(losing)}: refused.",
                "check state.bucket: a state bucket that is in use is moved by hand (docs/runbook.md).",
            )
        if not planned:
            print("The state bucket is as the stack says: nothing to do.")
            return
        for change in planned:
            print(f"  {'import' if change.imported else change.action} {change.address}")
        terraform.run("apply", str(saved), stream=True)
    settle(terraform)
