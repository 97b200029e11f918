"""Starts and stops MiniStack, the emulator of AWS's control plane and S3."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

from ops.errors import CommandError
from sandbox import processes

READY_SECONDS = 30
EMULATED = Path(__file__).with_name("emulated.py")


class Emulator:
    """One MiniStack process on a loopback port of its own. What it holds ends with it."""

    def __init__(self, home: Path, region: str, port: int | None = None) -> None:
        """home: the sandbox's folder; port: loopback port, by default a free one."""
        self.home = home
        self.directory = home / "emulator"
        self.region = region
        self.port = port or processes.free_port()
        self.log = home / "logs" / "emulator.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when the emulator answers. Raises CommandError with the end of its log when it doesn't."""
        processes.check_port_free(self.port, "the emulator's port")
        shutil.rmtree(self.directory, ignore_errors=True)
        scratch = self.directory / "tmp"
        scratch.mkdir(parents=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, EMULATED],
                env=self._environment(scratch),
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=processes.die_with_parent,
            )
        processes.remember_session(self.home, self.process.pid, "service")
        self._await_ready()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _environment(self, scratch: Path) -> dict[str, str]:
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "MINISTACK_"))},
            processes.MARKER: str(self.home),
            "BIND_HOST": "127.0.0.1",  # its default is every interface
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_REGION": self.region,
            "IOT_MTLS_ENABLED": "0",  # would open a second port
            "ATHENA_ENGINE": "mock",  # queries are the front's
            "S3_DATA_DIR": str(self.directory / "s3"),
            "STATE_DIR": str(self.directory / "state"),
            "TMPDIR": str(scratch),
            "DOCKER_HOST": "unix:///nonexistent",  # no containers, even where Docker is there
            "LOG_LEVEL": "WARNING",
        }

    def _await_ready(self) -> None:
        assert self.process
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise self._failure(f"ended with exit code {self.process.returncode} before it was ready")
            if self._answers() and processes.listens(psutil.Process(self.process.pid), self.port):
                return
            time.sleep(0.1)
        self.stop()
        raise self._failure(f"wasn't ready within {READY_SECONDS} s")

    def _answers(self) -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.endpoint}/_ministack/ready", timeout=2) as response:
                return response.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def _failure(self, what: str) -> CommandError:
        tail = processes.tail(self.log)
        return CommandError(
            f"The emulator {what}. The end of {self.log}:\n{tail}", "run 'make sandbox-down', try again."
        )
