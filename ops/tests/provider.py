"""One process of Terraform's AWS provider that serves many commands, where each would start one of its own.

Terraform attaches to a running provider that ``TF_REATTACH_PROVIDERS`` names
(https://developer.hashicorp.com/terraform/plugin/debugging). It neither installs
nor checks a provider then, so what a test says of the lock file, of a mirror or of a killed Terraform needs a command
with a provider of its own. Between the two stands ``lean_schema``.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from ops.project import ROOT
from ops.tests import lean_schema
from sandbox import processes

VARIABLE = "TF_REATTACH_PROVIDERS"
_READY_SECONDS = 60
# Attached to, the provider would log each call with its body.
_LOGS = ("PROVIDER_AWS", "SDK", "SDK_FRAMEWORK", "SDK_HELPER_SCHEMA", "SDK_MUX", "SDK_PROTO")


class SharedProvider(AbstractContextManager["SharedProvider"]):
    """The provider, running. environment: what lets a Terraform command use it."""

    def __init__(self, program: Path, folder: Path, log: Path, environment: dict[str, str]) -> None:
        """folder: the stack's, whose files the provider reads; environment: its own, with the AWS that it reaches."""
        self.program, self.log, self._folder, self._own = program, log, folder, environment
        self._ending = ExitStack()

    def __enter__(self) -> SharedProvider:
        levels = {f"TF_LOG_{part}": "off" for part in _LOGS}
        command = [str(self.program), "-debug"]
        said = self._start(command, rf"{VARIABLE}='(.+)'\n", self.log, self._folder, GOGC="400", **levels)
        ((name, attach),) = json.loads(said).items()
        socket, own = attach["Addr"]["String"], self.log.with_suffix(".sock")
        command = [sys.executable, "-m", lean_schema.__name__, socket, str(own), str(self._folder.parent)]
        self._start(command, r"(ready)\n", self.log.with_suffix(".lean.log"), ROOT)
        attach["Addr"]["String"] = str(own)
        self.environment = {VARIABLE: json.dumps({name: attach})}
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.close()

    def _start(self, command: list[str], ready: str, log: Path, folder: Path, **environment: str) -> str:
        """Starts a process that lives until the end; what the pattern ``ready`` finds in its output."""
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                env={**self._own, **environment},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=processes.die_with_parent,
            )
        self._ending.callback(_end, process)
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if found := re.search(ready, log.read_text(errors="replace")):
                return found[1]
            time.sleep(0.05)
        self._ending.close()
        raise AssertionError(f"{command} isn't ready:\n{log.read_text(errors='replace')}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
