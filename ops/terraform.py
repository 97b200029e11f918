"""Finds Terraform and runs it in a stack's folder."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops import diagnose
from ops.errors import CommandError
from ops.passing import PassingSignals, follow
from ops.project import Stack
from ops.providers import choose_source

MINIMUM = (1, 10)  # the S3 backend's own lock file
_HOUR = 3600  # seconds
_LOCKING = ("TF_CLI_ARGS_plan", "TF_CLI_ARGS_apply", "TF_CLI_ARGS_untaint")


class Interrupted(CommandError):
    """A signal ended Terraform early. The exit code is a shell's for it: 130 for Ctrl-C, 143 for a termination."""

    def __init__(self, stack: Stack, command: str, number: int) -> None:
        what = f"terraform {command} of '{stack.name}' was ended early by {signal.Signals(number).name}."
        super().__init__(what, "run the command again.", 128 + number)


def find_terraform() -> str:
    """The terraform command's path. Raises CommandError when it is missing or older than MINIMUM."""
    wanted = ".".join(map(str, MINIMUM))
    binary = shutil.which("terraform")
    if not binary:
        raise CommandError(
            "The command 'terraform' isn't on the PATH.",
            f"install Terraform {wanted} or newer (https://developer.hashicorp.com/terraform/install).",
        )
    quietly = {**os.environ, "CHECKPOINT_DISABLE": "1"}  # else it asks HashiCorp for a newer one, and waits
    asked = subprocess.run([binary, "version", "-json"], capture_output=True, text=True, check=False, env=quietly)
    try:
        version = str(json.loads(asked.stdout)["terraform_version"])
    except (ValueError, KeyError):
        raise CommandError(
            f"{binary} doesn't tell its version: {asked.stderr.strip()}", "reinstall Terraform."
        ) from None
    if tuple(int(part) for part in version.split("-")[0].split(".")[:2]) < MINIMUM:
        raise CommandError(
            f"Terraform {version} ({binary}) is too old: the state's lock file needs {wanted} or newer.",
            "upgrade Terraform (https://developer.hashicorp.com/terraform/install).",
        )
    return binary


@dataclass
class Terraform:
    """Terraform in one stack's folder, with our CLI configuration and its data under the build folder."""

    stack: Stack
    binary: str = field(default_factory=find_terraform)

    def __post_init__(self) -> None:
        self.cli_config, self.source = choose_source(self.stack.project.build_dir)

    def init(self, *, quiet: bool = False) -> None:
        """Initialises the backend and the provider that the kept lock file names.

        In CI the lock file is read-only: a provider that it doesn't list is an error, never a silent
        addition.
        """
        lock_file = self.stack.directory / ".terraform.lock.hcl"
        kept = self.stack.kept_lock_file
        if kept.is_file():
            shutil.copyfile(kept, lock_file)
        if not quiet:
            locked = f"locked by {kept.name}" if kept.is_file() else "not locked (make provider-lock)"
            print(f"Provider: {self.source}, {locked}")
        # Without questions about another folder's backend: a deployment's state never moves by init.
        arguments = ["init", "-reconfigure"]
        if kept.is_file() and os.environ.get("CI"):
            arguments.append("-lockfile=readonly")
        self.run(*arguments)

    def resume(self, *, quiet: bool = False) -> None:
        """Initialises, and writes the state that an earlier command couldn't write.

        Terraform refuses to when the state has been written since, or is another one.
        """
        self.init(quiet=quiet)
        if self.unsaved.is_file():
            self.read("state", "push", self.unsaved.name)
            self.unsaved.unlink()
            print(f"Wrote the state of '{self.stack.name}' that an earlier command had to keep in {self.unsaved}.")

    @property
    def unsaved(self) -> Path:
        """Where Terraform keeps a state that it can't write."""
        return self.stack.directory / "errored.tfstate"

    def run(
        self, command: str, *arguments: str, stream: bool = False, accept: tuple[int, ...] = (0,)
    ) -> tuple[int, str]:
        """Runs a Terraform command; returns its exit code and output.

        Any exit code outside ``accept`` raises CommandError with the cause.

        stream: show the output while it comes. Terraform writes into a file and has a session of its own, so
        that it finishes and saves its state even when we or the terminal are gone; an interrupt is passed on
        to it.
        """
        with tempfile.TemporaryFile("w+b") as written, PassingSignals() as signals:
            process = subprocess.Popen(
                [self.binary, command, "-input=false", "-no-color", *arguments],
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,  # a plan holds the state, secrets included
                **self._place(),
            )
            signals.to(process)
            follow(process, written.fileno(), stream)
            written.seek(0)
            output = written.read().decode("utf-8", errors="replace")
        if process.returncode not in accept:
            # One that Terraform itself was killed by leaves as much unrecorded as one that we were told to stop by.
            number = signals.received or max(0, -process.returncode)
            if number:
                raise Interrupted(self.stack, command, number)
            error = diagnose.explain(output, self.stack, command)
            error.shown = stream
            raise error
        return process.returncode, output

    def read(self, *arguments: str) -> str:
        """What a reading command (show, output, state pull) prints, without its warnings."""
        done = subprocess.run([self.binary, *arguments], capture_output=True, text=True, check=False, **self._place())
        if done.returncode != 0:
            raise diagnose.explain(done.stderr or done.stdout, self.stack, arguments[0])
        return done.stdout

    def plan(self, saved: Path, *options: str) -> dict[str, Any]:
        """Saves a plan; returns it as Terraform's JSON."""
        self.run("plan", f"-out={saved}", *options)
        return self.shown(saved)

    @contextmanager
    def planned(self, *options: str) -> Iterator[tuple[Path, dict[str, Any]]]:
        """A plan that is gone at the end: its file and its JSON."""
        with self.scratch() as folder:
            saved = folder / "plan.tfplan"
            yield saved, self.plan(saved, *options)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder that is gone at the end; one that a killed command has left goes once it is an hour old."""
        for left in self.stack.data_dir.glob("scratch-*"):
            with suppress(FileNotFoundError):  # gone meanwhile
                if time.time() - left.stat().st_mtime > _HOUR:
                    shutil.rmtree(left)
        with tempfile.TemporaryDirectory(prefix="scratch-", dir=self.stack.data_dir) as folder:
            yield Path(folder)

    def shown(self, saved: Path) -> dict[str, Any]:
        """A saved plan as Terraform's JSON."""
        return json.loads(self.read("show", "-json", str(saved)))

    def state(self) -> dict[str, Any]:
        """The state's own record, empty when there is none yet. It may hold secrets: never print it."""
        output = self.read("state", "pull").strip()
        return json.loads(output) if output else {}

    def _place(self) -> dict[str, Any]:
        return {"cwd": self.stack.directory, "env": self.environment(), "stdin": subprocess.DEVNULL}

    def environment(self) -> dict[str, str]:
        self.stack.data_dir.mkdir(parents=True, exist_ok=True)
        lock = f"-lock-timeout={os.environ.get('LOCK_TIMEOUT') or '60s'}"
        return {
            # The provider's schema is large: collecting garbage less often spares a third of a plan's CPU time.
            "GOGC": "400",
            **os.environ,
            # How long to wait for another run's lock. What the user gives comes after it, and wins.
            **{name: f"{lock} {os.environ.get(name, '')}" for name in _LOCKING},
            "TF_CLI_CONFIG_FILE": str(self.cli_config),
            "TF_DATA_DIR": str(self.stack.data_dir),
            "TF_WORKSPACE": "default",  # another one, left by some other project, has another state
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
        }
