"""Starts and stops MiniStack, the emulator of AWS's control plane and S3."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import urllib3

from sandbox import processes

READY_SECONDS = 30
EMULATED = Path(__file__).with_name("emulated.py")


class Emulator:
    """One MiniStack process on a loopback port of its own. What it holds ends with it."""

    def __init__(self, home: Path, region: str) -> None:
        """home: the sandbox's folder."""
        self.home = home
        self.directory = home / "emulator"
        self.region = region
        self.port = processes.free_port()
        self.log = home / "logs" / "emulator.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when the emulator answers. Raises CommandError with the end of its log when it doesn't."""
        shutil.rmtree(self.directory, ignore_errors=True)
        scratch = self.directory / "tmp"
        scratch.mkdir(parents=True)
        self.process = processes.start(
            [sys.executable, EMULATED],
            self.home,
            self.log,
            env=self._environment(scratch),
            cwd=self.directory,
            preexec_fn=processes.die_with_parent,
        )
        next_step = "run 'make sandbox-down', try again."
        processes.await_ready(self.process, self.log, "The emulator", self._ready, READY_SECONDS, next_step)

    def stop(self) -> None:
        if self.process:
            processes.kill(self.process)

    def _environment(self, scratch: Path) -> dict[str, str]:
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("MINISTACK_")},
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

    def _ready(self) -> bool:
        with suppress(urllib3.exceptions.HTTPError):
            answer = urllib3.request("GET", f"{self.endpoint}/_ministack/ready", timeout=2, retries=False)
            return answer.status == 200 and processes.listens(psutil.Process(self.process.pid), self.port)
        return False
