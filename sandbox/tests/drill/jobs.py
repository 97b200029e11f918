"""The drill's job runs: forks of one Python process in the Glue environment, on one Spark JVM behind the front."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox.glue.spark import Spark
from sandbox.settings import ROOT

from .lake import JUDGE, TRUSTED

FORKS = Path(__file__).with_name("forks.py")


@dataclass(frozen=True)
class Ended:
    """killed: by the drill; error: what Glue would show, empty for a success."""

    killed: bool
    error: str

    @property
    def succeeded(self) -> bool:
        return not self.killed and not self.error


class Jobs:
    def __init__(self, spark: Spark, folder: Path) -> None:
        self._spark, self._folder = spark, folder
        environment = spark.job_environment()
        self._forks = subprocess.Popen(
            [spark.python, FORKS], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._running = 0
        self._killed = False

    def run(self, job: str, arguments: list[str]) -> Ended:
        script = ROOT / "glue" / "jobs" / (f"{job}.py" if job in (JUDGE, TRUSTED) else f"staging_{job}.py")
        result = self._folder / "result.json"
        result.unlink(missing_ok=True)
        run = {
            "script": str(script),
            "py_files": [],
            "arguments": arguments,
            "result": str(result),
            "group": "drill",
            "output": str(self._folder / "output.log"),
        }
        self._killed = False
        print(json.dumps(run), file=self._forks.stdin, flush=True)
        self._running = int(self._forks.stdout.readline())
        code = int(self._forks.stdout.readline())
        self._running = 0
        if self._killed:
            self._spark.cancel("drill")
            return Ended(True, "")
        if code and not result.exists():
            output = (self._folder / "output.log").read_text(errors="replace")
            raise AssertionError(f"{job} ended with {code} without a word:\n{output[-3000:]}")
        return Ended(False, json.loads(result.read_text())["error"])

    def kill(self) -> None:
        """Without any chance to clean up, as a lost machine."""
        self._killed = True
        with suppress(ProcessLookupError):
            os.kill(self._running, signal.SIGKILL)

    def close(self) -> None:
        self._forks.stdin.close()
        self._forks.wait(10)
