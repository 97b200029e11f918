"""Provisions a synthesised stack into the emulator with Terraform and the real AWS provider.

The stack knows nothing of the sandbox: Terraform runs in a copy of its folder, beside whose ``cdk.tf.json`` an override
file leads the state there; the environment leads the provider.
"""

import dataclasses
import json
import re
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ops.errors import CommandError
from ops.project import Project, Stack
from ops.terraform import Interrupted, Terraform
from sandbox import aws, processes
from sandbox.judge.sessions import Assumer
from sandbox.lifecycle import Service
from sandbox.settings import ACCOUNT_ID, AWS_HOST, Settings

OVERRIDE = "sandbox_override.tf.json"
ENDPOINT = f"http://{AWS_HOST}"
GITHUB = "token.actions.githubusercontent.com"
_NO_METADATA = {"skip_metadata_api_check": True}


class SandboxStack(Stack):
    """A copy of a synthesised stack, with all of Terraform's data beside it under build/sandbox."""

    @property
    def directory(self) -> Path:
        return self.project.build_dir / "sandbox" / "stacks" / self.name

    @property
    def data_dir(self) -> Path:
        return self.project.build_dir / "sandbox" / "terraform" / self.name


@dataclass(kw_only=True)
class SandboxTerraform(Terraform):
    """Terraform that reaches AWS's names through the front, its HTTP proxy at the endpoint. access: who it acts as."""

    endpoint: str
    home: Path
    access: aws.Access = aws.ADMINISTRATOR

    def environment(self) -> dict[str, str]:
        env = super().environment()
        # Registry and mirrors are https, so the user's own proxy for those stays in use.
        for name in ("HTTP_PROXY", "http_proxy"):
            env[name] = self.endpoint
        # Said in the provider's own settings, service by service, they cost it most of a plan's processor time.
        # https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
        env["AWS_ENDPOINT_URL"] = ENDPOINT
        return {**env, **self.access.environment, processes.MARKER: str(self.home), processes.ROLE: "command"}


class Provisioner:
    def __init__(self, settings: Settings, service: Service, deployment: str) -> None:
        self._settings, self._service, self.deployment = settings, service, deployment
        synthesised = Project.from_environment()
        self.origin = synthesised.stack(deployment)
        self.stack = SandboxStack(deployment, dataclasses.replace(synthesised, build_dir=settings.build_dir))
        self._log = settings.logs / f"terraform-{deployment}.log"
        self._stamp = settings.home / "stacks" / f"{deployment}.applied"
        self._begun = settings.home / "stacks" / f"{deployment}.applying"

    @cached_property
    def terraform(self) -> SandboxTerraform:
        return SandboxTerraform(self.stack, endpoint=self._service.settings.endpoint, home=self._settings.home)

    def interrupted(self) -> bool:
        """Whether an earlier apply was cut off: what it made may be missing in the state."""
        return self._begun.exists()

    def provision(self) -> str:
        """Plans and applies, unless the emulator holds this very stack already; says what it did."""
        if self._stamp.is_file() and self._stamp.read_text() == self._state_of_things():
            return "the emulator holds this stack already"
        try:
            self._prepare()
            done = f"{self._apply()}; provider: {self.terraform.source}" if self._plan() else "no changes"
        except Interrupted:
            raise
        except CommandError as error:
            next_step = "mend that; after a half-done apply the next run begins with an empty emulator."
            raise CommandError(error.what, next_step) from None
        self._stamp.write_text(self._state_of_things())
        self._begun.unlink(missing_ok=True)
        return done

    def _prepare(self) -> None:
        """Copies the stack, writes the override file, creates the state bucket and initialises Terraform."""
        directory = self.stack.directory
        shutil.rmtree(directory, ignore_errors=True)
        shutil.copytree(self.origin.directory, directory, ignore=shutil.ignore_patterns(".terraform*"))
        (directory / OVERRIDE).write_text(json.dumps(override(self.origin.document), indent=2) + "\n")
        bucket = self.origin.backend().get("bucket")
        if bucket:
            self._create_state_bucket(bucket)
        self.terraform.init(quiet=True)

    def _plan(self) -> bool:
        """Saves a plan; whether it changes anything."""
        # The workflows' plan role can't write the state's lock, and nobody else works on this state.
        options = ("-detailed-exitcode", "-lock=false", "-out=sandbox.tfplan")
        code, output = self._acting_as("plan").run("plan", *options, accept=(0, 2))
        self._log.write_text(output)
        return code == 2

    def _apply(self) -> str:
        """Applies the saved plan and says what it did."""
        terraform = self._acting_as("apply")
        self._begun.write_text(self._service.token)
        _, output = terraform.run("apply", "sandbox.tfplan")
        with self._log.open("a") as log:
            log.write(output)
        done = re.search(r"\d+ added, \d+ changed, \d+ destroyed", output)
        return done[0] if done else "applied"

    def _acting_as(self, step: str) -> SandboxTerraform:
        """Terraform under the workflows' role for the step, as GitHub's token opens it; else as the administrator.

        The first apply, which makes the roles, is an administrator's (docs/permissions.md).
        """
        role = self.origin.document["resource"]["aws_iam_role"].get(f"workflow_{step}")
        deployed = self._stamp.is_file() and self._stamp.read_text().startswith(self._service.token)
        if role and deployed:
            (trust,) = json.loads(role["assume_role_policy"])["Statement"]
            provider = f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{GITHUB}"
            trusted = trust["Condition"]["StringEquals"].items()
            claims = {key.rpartition(":")[2]: value if isinstance(value, str) else value[-1] for key, value in trusted}
            by = Assumer(provider=provider, claims=claims)
            self.terraform.access = self._service.assume(role["name"], "GitHubActions", by)
        return self.terraform

    def _state_of_things(self) -> str:
        return f"{self._service.token} {self.origin.digest()}"

    def _create_state_bucket(self, bucket: str) -> None:
        s3 = self._service.client("s3")
        if bucket in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
            # A lock in it is an interrupted command's: no other one runs now.
            for each in aws.objects(s3, bucket):
                if each["Key"].endswith(".tflock"):
                    s3.delete_object(Bucket=bucket, Key=each["Key"])
            return
        region = self._service.region
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=bucket, **where)


def override(document: dict[str, Any]) -> dict[str, Any]:
    """What the sandbox says differently from the stack: the state's endpoints, and its account."""
    providers = []
    for provider in document["provider"]["aws"]:
        ours = {**_NO_METADATA, "s3_use_path_style": True}
        if "alias" in provider:
            ours["alias"] = provider["alias"]
        if "allowed_account_ids" in provider:
            ours["allowed_account_ids"] = [ACCOUNT_ID]
        providers.append(ours)
    result: dict[str, Any] = {"provider": {"aws": providers}}
    backend = document.get("terraform", {}).get("backend", {}).get("s3")
    if backend:  # an override replaces a backend's whole configuration
        access = {**_NO_METADATA, "use_path_style": True}
        endpoints = {"s3": ENDPOINT, "sts": ENDPOINT, "iam": ENDPOINT}
        result["terraform"] = {"backend": {"s3": {**backend, **access, "endpoints": endpoints}}}
    return result
