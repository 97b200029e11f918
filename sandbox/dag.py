"""Runs the DAG for one day with ``airflow dags test``, and tells its tasks' progress."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from textwrap import shorten
from typing import Any

from ops.errors import CommandError
from sandbox import processes
from sandbox.airflow import Airflow

_STARTS = re.compile(r"\[DAG TEST\] starting task_id=(\S+)")
_ENDS = re.compile(r"\[DAG TEST\] end task task_id=(\S+)")
_STATE = re.compile(r"Task instance state updated.*\bnew_state=(\w+)")
MOST_REFUSALS = 5


@dataclass
class DagRun:
    """One day's run. tell: called with each task's name, success and seconds as it ends."""

    airflow: Airflow
    env: Mapping[str, str]
    dag: str
    day: date
    conf: Mapping[str, Any]
    tell: Callable[[str, bool, float], None]
    _running: dict[str, float] = field(default_factory=dict)
    _state: str = ""
    _failed: list[str] = field(default_factory=list)

    @property
    def log(self) -> Path:
        return self.airflow.settings.logs / f"dag-{self.airflow.deployment}-{self.day}.log"

    def run(self) -> None:
        """Raises CommandError with the failing task's error."""
        began = time.time()
        conf = json.dumps({"run_date": str(self.day), **self.conf})
        command = [self.airflow.program, "dags", "test", self.dag, "--conf", conf]
        env = {**self.env, "NO_COLOR": "1", "COLUMNS": "400"}
        process = processes.start(command, self.airflow.settings.home, self.log, role="command", env=env)
        try:
            self._follow(process)
        except BaseException:
            processes.stop(self.airflow.settings.home, role="command")
            raise
        if process.returncode != 0:
            raise self._failure(process.returncode, began)

    def _follow(self, process: subprocess.Popen[bytes]) -> None:
        with self.log.open(encoding="utf-8", errors="replace") as log:
            line = ""
            while True:
                ended = process.poll() is not None
                while more := log.readline():
                    line += more
                    if line.endswith("\n"):  # else it is still being written
                        self._note(line)
                        line = ""
                if ended:
                    return
                time.sleep(0.2)

    def _note(self, line: str) -> None:
        if starts := _STARTS.search(line):
            self._running[starts[1]] = time.monotonic()
            self._state = ""
        elif state := _STATE.search(line):
            self._state = state[1]
        elif ends := _ENDS.search(line):
            self._ended(ends[1], self._state not in ("failed", "up_for_retry"))

    def _ended(self, task: str, succeeded: bool) -> None:
        if not succeeded:
            self._failed.append(task)
        self.tell(task, succeeded, time.monotonic() - self._running.pop(task))

    def _failure(self, code: int, began: float) -> CommandError:
        for task in list(self._running):
            self._ended(task, False)
        where = f"in {', '.join(self._failed)}" if self._failed else "outside its tasks"
        jobs = [run for run in self.airflow.service.status()["failed_runs"] if run["StartedOn"] >= began]
        causes = [f"Glue job {run['JobName']} {run['JobRunState']}: {run.get('ErrorMessage', '')}" for run in jobs]
        if not causes:
            causes = _last_errors(self.log.read_text(encoding="utf-8", errors="replace"))
        # The same rows fail all jobs alike: one message whole, of the others the beginning.
        causes[1:] = [shorten(each, 140, placeholder="…") for each in causes[1:]]
        refused = [each for each in self.airflow.service.status()["refused"] if each["at"] >= began]
        causes += [f"Refused: {each['message']}\n        {each['hint']}" for each in refused[:MOST_REFUSALS]]
        shown = "\n".join(f"    {each}" for each in causes)
        return CommandError(
            f"The DAG run of {self.day} failed {where} (exit code {code}):\n{shown}",
            f"read {self.log}; a job's own log: aws logs tail /aws-glue/jobs/error "
            f"--endpoint-url {self.airflow.service.settings.endpoint}.",
        )


def _last_errors(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.splitlines()]
    errors = [line for line in lines if re.search(r"(Error|Exception)\b.*:|\[error", line)]
    return errors[-3:] or lines[-5:]
