"""One attempt at a job run: fetches its files, runs the script in a process of its own, keeps its logs."""

import asyncio
import hashlib
import json
import os
import shutil
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import aws, processes
from sandbox.glue.logs import LogStream
from sandbox.glue.spark import Spark
from sandbox.inside import Inside

RUNNER = Path(__file__).resolve().parent.parent / "spark" / "run_job.py"
MINUTE = 60.0  # seconds; a job's timeout is given in minutes
KILL_AFTER_SECONDS = 5


@dataclass(frozen=True)
class Outcome:
    """state: the run's last state; error: Glue's ErrorMessage, empty when there is none."""

    state: str
    error: str


class Attempt:
    def __init__(
        self, inside: Inside, job: dict[str, Any], shown: dict[str, Any], spark: Spark, access: aws.Access
    ) -> None:
        """access: what the script acts with."""
        self._job, self._shown, self._spark, self._access = job, shown, spark, access
        self._s3, self._logs = inside.client("s3", access), inside.client("logs", access)
        self._arguments = {
            **(job.get("DefaultArguments") or {}),
            **shown["Arguments"],
            **(job.get("NonOverridableArguments") or {}),
        }
        scratch = inside.settings.home / "runs"
        self._directory, self._files = scratch / shown["Id"], scratch / "files"

    async def run(self, stop_asked: asyncio.Event) -> Outcome:
        """Returns when the script has ended, was stopped, or has run longer than the job's timeout."""
        started = aws.now()
        self._directory.mkdir(parents=True)
        streams: list[LogStream] = []
        try:
            command = await asyncio.to_thread(self._prepare)
            streams = self._open_logs()
            return await self._supervise(command, stop_asked, *streams)
        finally:
            self._shown["ExecutionTime"] = int(aws.now() - started)
            await asyncio.gather(*(asyncio.to_thread(stream.close) for stream in streams))
            shutil.rmtree(self._directory, ignore_errors=True)

    def _prepare(self) -> list[str]:
        script = self._fetch(self._job["Command"]["ScriptLocation"])
        extra = [part.strip() for part in self._arguments.get("--extra-py-files", "").split(",") if part.strip()]
        py_files = [str(self._fetch(uri)) for uri in extra]
        glue = {"--JOB_NAME": self._job["Name"], "--JOB_ID": "j_sandbox", "--JOB_RUN_ID": self._shown["Id"]}
        arguments = {"--job-bookmark-option": "job-bookmark-disable", **self._arguments, **glue}
        run = {
            "script": str(script),
            "py_files": py_files,
            "arguments": [part for pair in arguments.items() for part in pair],
            "result": str(self._directory / "result.json"),
            "group": self._shown["Id"],
        }
        (self._directory / "run.json").write_text(json.dumps(run))
        # -P: the runner's own folder isn't on the script's module path
        return [str(self._spark.python), "-P", "-u", str(RUNNER), str(self._directory / "run.json")]

    def _fetch(self, uri: str) -> Path:
        """Downloads a file to a place that its content decides and that outlives the run.

        All runs share Spark's context, which wants each file that a run has added for every later task too, also when
        that run ended without a task.
        """
        bucket, key = aws.place_of(uri)
        body = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        digest = hashlib.sha256(body).hexdigest()[:12]
        path = self._files / digest / f"{digest}-{key.rpartition('/')[2]}"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f"{path.name}.{self._shown['Id']}")
            unfinished.write_bytes(body)
            unfinished.replace(path)
        return path

    def _open_logs(self) -> list[LogStream]:
        group, output = self._shown["LogGroupName"], []
        if self._arguments.get("--enable-continuous-cloudwatch-log") == "true":
            output = [named] if (named := self._arguments.get("--continuous-log-logGroup")) else []
        groups = [[f"{group}/output", *output], [f"{group}/error"]]
        return [LogStream(self._logs, each, self._shown["Id"]) for each in groups]

    async def _supervise(
        self, command: list[str], stop_asked: asyncio.Event, output: LogStream, error: LogStream
    ) -> Outcome:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._spark.job_environment(self._access),
            cwd=self._directory,
            start_new_session=True,
            preexec_fn=processes.die_with_parent,
            limit=1 << 20,
        )
        reading = asyncio.gather(_copy(process.stdout, output), _copy(process.stderr, error))
        ended, stopping = asyncio.create_task(process.wait()), asyncio.create_task(stop_asked.wait())
        try:
            seconds = self._shown["Timeout"] * MINUTE
            await asyncio.wait({ended, stopping}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                await reading
                return await asyncio.to_thread(self._outcome, process.returncode or 0)
            return Outcome("STOPPED", "") if stopping.done() else Outcome("TIMEOUT", "Job timed out.")
        finally:
            stopping.cancel()
            if not ended.done():
                await self._end(process, ended)
            reading.cancel()

    async def _end(self, process: asyncio.subprocess.Process, ended: asyncio.Task[int]) -> None:
        """Ends the script, and what it has Spark doing."""
        self._spark.cancel(self._shown["Id"])
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            done, _ = await asyncio.wait({ended}, timeout=KILL_AFTER_SECONDS)
            if done:
                return

    def _outcome(self, code: int) -> Outcome:
        died = self._spark.death()
        if died:
            return Outcome("FAILED", died)
        try:
            result = json.loads((self._directory / "result.json").read_text())
        except FileNotFoundError:
            how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
            return Outcome("FAILED", f"The job's Python process {how}.")
        return Outcome("FAILED", result["error"]) if result["error"] else Outcome("SUCCEEDED", "")


async def _copy(source: asyncio.StreamReader | None, stream: LogStream) -> None:
    assert source
    while True:
        try:
            line = await source.readline()
        except ValueError:  # longer than the reader's limit
            line = await source.read(1 << 20)
        if not line:
            return
        stream.write(line.decode(errors="replace"))
