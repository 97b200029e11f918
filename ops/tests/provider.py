"""One process of Terraform's AWS provider that serves many commands, where each would start one of its own.

Terraform attaches to a running provider that ``TF_REATTACH_PROVIDERS`` names
(https://developer.hashicorp.com/terraform/plugin/debugging). It neither installs
nor checks a provider then, so what a test says of the lock file, of a mirror or of a killed Terraform needs a command
with a provider of its own.
"""

from __future__ import annotations

import re
import subprocess
import time
from contextlib import AbstractContextManager
from pathlib import Path

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

    def __enter__(self) -> SharedProvider:
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                [self.program, "-debug"],
                env={**self._own, "GOGC": "400", **{f"TF_LOG_{part}": "off" for part in _LOGS}},
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=processes.die_with_parent,
            )
        self.environment = {VARIABLE: self._address()}
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _address(self) -> str:
        """The variable's value, as the provider prints it."""
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if found := re.search(rf"{VARIABLE}='(.+)'\n", self.log.read_text(errors="replace")):
                return found[1]
            time.sleep(0.05)
        self.__exit__()
        raise AssertionError(f"{self.program} doesn't say how to attach to it:\n{self.log.read_text(errors='replace')}")
