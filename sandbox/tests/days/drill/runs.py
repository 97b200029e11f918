"""The drill's runs: Glue jobs on one Spark JVM, and the DAG's own tasks, each a fork of one Python process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.glue.spark import Spark
from sandbox.settings import ROOT, Settings

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Ended:
    """killed: by the drill; error: what Glue or Airflow would show, empty for a success."""

    killed: bool
    error: str

    @property
    def succeeded(self) -> bool:
        return not self.killed and not self.error


class Runs:
    """One at a time, of one kind."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path, clean_up: Callable[[], None]):
        """command: a program that serves forks.py's protocol; clean_up: ends what a killed run leaves behind."""
        self._folder, self._clean_up = folder, clean_up
        folder.mkdir(parents=True, exist_ok=True)
        self._errors = (folder / "forks.log").open("w")
        self._forks = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._running = 0
        self._killed = False

    def run(self, name: str, given: dict[str, Any]) -> Ended:
        result, output = self._folder / "result.json", self._folder / "output.log"
        result.unlink(missing_ok=True)
        self._killed = False
        self._say(json.dumps({**given, "result": str(result), "output": str(output)}))
        self._running = int(self._hear())
        code = int(self._hear())
        self._running = 0
        if self._killed:
            self._clean_up()
            return Ended(True, "")
        if not result.exists():
            raise AssertionError(
                f"{name} ended with {code} without a word:\n{output.read_text(errors='replace')[-3000:]}"
            )
        return Ended(False, json.loads(result.read_text())["error"])

    def kill(self) -> None:
        """Without any chance to clean up, as a lost machine."""
        if self._running:
            self._killed = True
            with suppress(ProcessLookupError):
                os.kill(self._running, signal.SIGKILL)

    def close(self) -> None:
        self._forks.kill()
        self._forks.wait()
        self._errors.close()

    def _say(self, line: str) -> None:
        print(line, file=self._forks.stdin, flush=True)

    def _hear(self) -> str:
        while line := self._forks.stdout.readline():
            if line.strip().lstrip("-").isdigit():  # Airflow prints as well while it is imported
                return line
        self._forks.wait(10)
        raise AssertionError(f"no runs any more:\n{(self._folder / 'forks.log').read_text()[-3000:]}")


def job_runs(spark: Spark, folder: Path) -> Runs:
    command = [spark.python, HERE / "run_jobs.py"]
    return Runs(command, spark.job_environment(), folder, lambda: spark.cancel("drill"))


def task_runs(spark: Spark, settings: Settings, folder: Path, table: dict[str, Any], bucket: str) -> Runs:
    """table: as the stack packages it beside the DAG."""
    dags = folder / "dags"
    shutil.copytree(ROOT / "airflow" / "dags", dags, ignore=shutil.ignore_patterns("__pycache__"))
    (dags / "pipeline.json").write_text(json.dumps(table, default=str))
    aws = {name: value for name, value in spark.job_environment().items() if name.startswith("AWS_")}
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AIRFLOW_"))},
        **aws,
        "NO_PROXY": "127.0.0.1,localhost",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AIRFLOW_HOME": str(folder / "home"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "airflow" / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CONN_AWS_DEFAULT": json.dumps({"conn_type": "aws", "extra": {"region_name": aws["AWS_REGION"]}}),
        "AIRFLOW_VAR_S3_BUCKET_NAME": bucket,
        "AIRFLOW_VAR_S3_FILE_PATH": "data/raw/raw_batch_data",
        "PYTHONPATH": os.pathsep.join([str(dags), str(ROOT / "airflow" / "plugins")]),
        "DRIVEN_DATA_POLL_SECONDS": "0",
    }
    return Runs([settings.venv("airflow"), HERE / "run_tasks.py", str(dags)], environment, folder, lambda: None)
