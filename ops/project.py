"""The project's folders and the deployments that synth has written."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ops.errors import CommandError

ROOT = Path(__file__).resolve().parent.parent
STATE_SUFFIX = "-state"


@dataclass(frozen=True)
class Project:
    """Where things lie.

    stacks_dir: the synthesised stacks (``STACKS_DIR``, default cdktf.out/stacks); build_dir: all that we
    write (``BUILD_DIR``, default build); locks_dir: the kept provider lock files (``LOCKS_DIR``, default
    config/locks); imports_dir: import ids that nobody can guess (``IMPORTS_DIR``, default config/imports).
    """

    stacks_dir: Path
    build_dir: Path
    locks_dir: Path
    imports_dir: Path = ROOT / "config" / "imports"

    @classmethod
    def from_environment(cls) -> "Project":
        return cls(
            stacks_dir=_path("STACKS_DIR", ROOT / "cdktf.out" / "stacks"),
            build_dir=_path("BUILD_DIR", ROOT / "build"),
            locks_dir=_path("LOCKS_DIR", ROOT / "config" / "locks"),
            imports_dir=_path("IMPORTS_DIR", ROOT / "config" / "imports"),
        )

    def names(self) -> list[str]:
        """The deployments, without the small stacks of their state buckets."""
        names = {path.parent.name for path in self.stacks_dir.glob("*/cdk.tf.json")}
        return sorted(name for name in names if name.removesuffix(STATE_SUFFIX) not in names - {name})

    def stack(self, name: str) -> "Stack":
        stack = Stack(name, self)
        if not (stack.directory / "cdk.tf.json").is_file():
            known = ", ".join(self.names()) or "none"
            raise CommandError(
                f"There is no synthesised stack '{name}' under {self.stacks_dir} (there: {known}).",
                f"run 'make synth', and check that config/{name.removesuffix(STATE_SUFFIX)}.yaml exists.",
            )
        return stack

    def stacks(self, name: str) -> list["Stack"]:
        """The stack of that name, or each deployment's for 'all'."""
        if name != "all":
            return [self.stack(name)]
        if not self.names():
            raise CommandError(f"There is no synthesised stack under {self.stacks_dir}.", "run 'make synth'.")
        return [self.stack(each) for each in self.names()]


@dataclass(frozen=True)
class Stack:
    """One deployment's synthesised stack: a folder that Terraform runs in."""

    name: str
    project: Project

    @property
    def directory(self) -> Path:
        return self.project.stacks_dir / self.name

    def suppressed(self) -> list[dict[str, str]]:
        """What of the stack breaks a rule knowingly, as synth lists it."""
        listed = self.directory / "suppressed.json"
        return json.loads(listed.read_text(encoding="utf-8")) if listed.exists() else []

    @property
    def deployment(self) -> str:
        return self.name.removesuffix(STATE_SUFFIX)

    @property
    def plan_dir(self) -> Path:
        return self.project.build_dir / "plans" / self.name

    @property
    def data_dir(self) -> Path:
        """Terraform's own working data, kept out of the synthesised folder."""
        return self.project.build_dir / "terraform" / "data" / self.name

    @property
    def kept_lock_file(self) -> Path:
        return self.project.locks_dir / f"{self.deployment}.terraform.lock.hcl"

    @cached_property
    def document(self) -> dict[str, Any]:
        return json.loads((self.directory / "cdk.tf.json").read_text(encoding="utf-8"))

    @property
    def region(self) -> str:
        """Of the stack's own provider: one with an alias is another region's."""
        return next(each["region"] for each in self.document["provider"]["aws"] if "alias" not in each)

    def backend(self) -> dict[str, Any]:
        """The S3 backend's settings as Terraform sees them: an override file replaces a backend whole."""
        overrides = sorted(self.directory.glob("*override.tf.json"))
        documents = [self.document, *(json.loads(path.read_text(encoding="utf-8")) for path in overrides)]
        backends = [each.get("terraform", {}).get("backend", {}).get("s3") for each in documents]
        return next(filter(None, reversed(backends)), {})

    def digest(self) -> str:
        """A hash over all that Terraform reads in the folder; its own hidden files don't count."""
        total = hashlib.sha256()
        for path in sorted(self.directory.rglob("*")):
            relative = path.relative_to(self.directory)
            if path.is_file() and not relative.parts[0].startswith("."):
                content = hashlib.sha256(path.read_bytes()).hexdigest()
                total.update(f"{relative.as_posix()} {content}\n".encode())
        return total.hexdigest()

    @property
    def plan_record(self) -> Path:
        return self.plan_dir / "record.json"

    def record(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """By what an apply tells that the saved plan is the reviewed one, made of this very stack and state."""
        plan_digest = hashlib.sha256((self.plan_dir / "plan.tfplan").read_bytes()).hexdigest()
        version = [state.get("lineage", ""), state.get("serial", 0)]
        return {"stack": self.name, "stack_digest": self.digest(), "plan_digest": plan_digest, "state": version}


def _path(variable: str, default: Path) -> Path:
    value = os.environ.get(variable)
    return Path(value).expanduser().absolute() if value else default
