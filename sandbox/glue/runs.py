"""Glue job runs: their states, limits and attempts, as Glue keeps them. What they do is Spark's (spark.py)."""

import asyncio
import logging
import secrets
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from sandbox import aws
from sandbox.aws import AwsError, Handler
from sandbox.glue.attempt import Attempt, Outcome
from sandbox.glue.events import GlueEvents
from sandbox.glue.spark import SharedSpark
from sandbox.inside import Inside

log = logging.getLogger("sandbox.glue")

SLOTS = 2  # runs at a time; more wait in STARTING, as runs at Glue wait for capacity
ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR"})
WORKER_CAPACITY = {"G.025X": 0.25, "Standard": 1, "G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8}
MAX_LISTED = 200
# As Glue calls the session of a job's role.
SESSION = "GlueJobRunnerSession"


@dataclass
class JobRun:
    """A run as GetJobRun shows it, and what the sandbox knows beside it."""

    shown: dict[str, Any]
    job: dict[str, Any]
    stop_asked: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    @property
    def state(self) -> str:
        return self.shown["JobRunState"]

    def change(self, state: str) -> None:
        self.shown.update(JobRunState=state, LastModifiedOn=aws.now())


class JobRuns:
    def __init__(self, inside: Inside, spark: SharedSpark) -> None:
        self._inside, self._spark = inside, spark
        self._glue, self._events = inside.client("glue"), GlueEvents(inside.emulated("events"))
        self._runs: dict[str, list[JobRun]] = {}
        self._slots = asyncio.Semaphore(SLOTS)

    # --- the API ---

    @property
    def handlers(self) -> dict[str, Handler]:
        return {
            "StartJobRun": self.start,
            "GetJobRun": self.get,
            "GetJobRuns": self.get_all,
            "BatchStopJobRun": self.batch_stop,
        }

    async def start(self, payload: dict[str, Any]) -> dict[str, Any]:
        job = await self._job(payload.get("JobName", ""))
        encrypted = await asyncio.to_thread(self._encrypted_logs, job)
        # From here nothing is waited for: two that come at once are counted one after the other.
        limit = job.get("ExecutionProperty", {}).get("MaxConcurrentRuns", 1)
        if self.active(job["Name"]) >= limit:
            raise AwsError("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {job['Name']}")
        shown = self._new(job, payload)
        shown["LogGroupName"] += encrypted
        self._begin(JobRun(shown, job))
        return {"JobRunId": shown["Id"]}

    async def get(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"JobRun": self._find(payload.get("JobName", ""), payload.get("RunId", "")).shown}

    async def get_all(self, payload: dict[str, Any]) -> dict[str, Any]:
        await self._job(payload.get("JobName", ""))
        runs = [run.shown for run in reversed(self._runs.get(payload["JobName"], []))]
        first = int(payload.get("NextToken") or 0)
        last = first + min(payload.get("MaxResults", MAX_LISTED), MAX_LISTED)
        return {"JobRuns": runs[first:last], **({"NextToken": str(last)} if last < len(runs) else {})}

    async def batch_stop(self, payload: dict[str, Any]) -> dict[str, Any]:
        name = payload.get("JobName", "")
        done, errors = [], []
        for run_id in payload.get("JobRunIds", []):
            try:
                run = self._find(name, run_id)
                if run.state in ENDED or run.state == "STOPPING":
                    raise AwsError("InvalidInputException", f"Job run {run_id} is in state {run.state}")
                run.change("STOPPING")
                run.stop_asked.set()
                done.append({"JobName": name, "JobRunId": run_id})
            except AwsError as error:
                detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
                errors.append({"JobName": name, "JobRunId": run_id, "ErrorDetail": detail})
        return {"SuccessfulSubmissions": done, "Errors": errors}

    # --- for the sandbox ---

    def active(self, job: str | None = None) -> int:
        runs = self._runs.get(job, []) if job else [run for some in self._runs.values() for run in some]
        return sum(run.state not in ENDED for run in runs)

    def failures(self) -> list[dict[str, Any]]:
        """The runs that didn't succeed, oldest first."""
        runs = [run.shown for some in self._runs.values() for run in some if run.state in ENDED - {"SUCCEEDED"}]
        return sorted(runs, key=lambda run: run["StartedOn"])

    async def close(self) -> None:
        """Stops what is running; for the sandbox's end."""
        tasks = [run.task for some in self._runs.values() for run in some if run.task and not run.task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- a run's life ---

    def _new(self, job: dict[str, Any], payload: dict[str, Any]) -> dict[str, Any]:
        arguments = payload.get("Arguments", {})
        refused = set(arguments) & set(job.get("NonOverridableArguments") or {})
        if refused:
            raise AwsError("InvalidInputException", f"Arguments can't be overridden: {', '.join(sorted(refused))}")
        workers = payload.get("NumberOfWorkers") or job.get("NumberOfWorkers") or 2
        worker_type = payload.get("WorkerType") or job.get("WorkerType") or "G.1X"
        all_arguments = {**(job.get("DefaultArguments") or {}), **arguments}
        capacity = WORKER_CAPACITY.get(worker_type, 1) * workers
        return {
            "Id": "jr_" + secrets.token_hex(32),
            "Attempt": 0,
            "JobName": job["Name"],
            "StartedOn": aws.now(),
            "LastModifiedOn": aws.now(),
            "JobRunState": "STARTING",
            "Arguments": arguments,
            "PredecessorRuns": [],
            "ExecutionTime": 0,
            "Timeout": payload.get("Timeout") or job.get("Timeout") or 2880,
            "AllocatedCapacity": int(capacity),
            "MaxCapacity": float(capacity),
            "WorkerType": worker_type,
            "NumberOfWorkers": workers,
            "LogGroupName": all_arguments.get("--custom-logGroup-prefix", "/aws-glue/jobs"),
            "GlueVersion": job.get("GlueVersion", "5.0"),
            "ExecutionClass": job.get("ExecutionClass", "STANDARD"),
        }

    def _begin(self, run: JobRun) -> None:
        self._runs.setdefault(run.job["Name"], []).append(run)
        run.task = asyncio.create_task(self._live(run), name=run.shown["Id"])

    async def _live(self, run: JobRun) -> None:
        outcome = interrupted = Outcome("FAILED", "The sandbox was stopped while the job was running.")
        try:
            outcome = await self._execute(run)
        except ClientError as error:
            outcome = Outcome("FAILED", f"{error.response['Error']['Code']}: {error.response['Error']['Message']}")
        except AwsError as error:
            outcome = Outcome("FAILED", f"{error.code}: {error.message}")
        except Exception as error:
            log.exception("%s %s", run.job["Name"], run.shown["Id"])
            outcome = Outcome("FAILED", f"The sandbox's Glue failed: {type(error).__name__}: {error}")
        finally:
            run.shown["CompletedOn"] = aws.now()
            if outcome.error:
                run.shown["ErrorMessage"] = outcome.error
            run.change(outcome.state)
            log.info("%s %s %s %s", run.job["Name"], run.shown["Id"], outcome.state, outcome.error)
            tries_left = run.shown["Attempt"] < (run.job.get("MaxRetries") or 0)
            if outcome.state == "FAILED" and outcome is not interrupted and tries_left:
                self._begin(self._next_attempt(run))  # at once: who has seen the failure may ask for it
            await asyncio.to_thread(self._events.job_ended, run.shown)

    async def _execute(self, run: JobRun) -> Outcome:
        waiting = asyncio.create_task(self._slots.acquire())
        stopping = asyncio.create_task(run.stop_asked.wait())
        try:
            await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                return Outcome("STOPPED", "")
            name, role = run.job["Name"], run.job["Role"]
            access = await asyncio.to_thread(self._inside.as_glue, role, SESSION, f"job/{name}")
            spark = await self._spark.acquire(role.rpartition("/")[2])
            try:
                if run.stop_asked.is_set():
                    return Outcome("STOPPED", "")
                run.change("RUNNING")
                return await Attempt(self._inside, run.job, run.shown, spark, access).run(run.stop_asked)
            finally:
                self._spark.release(spark)
        finally:
            stopping.cancel()
            if waiting.done() and not waiting.cancelled():
                self._slots.release()
            waiting.cancel()

    def _encrypted_logs(self, job: dict[str, Any]) -> str:
        """What Glue adds to the log groups' names where the job's security configuration encrypts logs.

        https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html
        """
        name = job.get("SecurityConfiguration")
        if not name:
            return ""
        found = self._glue.get_security_configuration(Name=name)["SecurityConfiguration"]
        encryption = found["EncryptionConfiguration"].get("CloudWatchEncryption", {})
        encrypts = encryption.get("CloudWatchEncryptionMode") == "SSE-KMS"
        return f"/{name}-role/{job['Role'].rpartition('/')[2]}" if encrypts else ""

    def _next_attempt(self, run: JobRun) -> JobRun:
        number = run.shown["Attempt"] + 1
        first = run.shown["Id"].partition("_attempt_")[0]
        shown = {k: v for k, v in run.shown.items() if k not in ("ErrorMessage", "CompletedOn")}
        shown |= {"Id": f"{first}_attempt_{number}", "Attempt": number, "PreviousRunId": run.shown["Id"]}
        shown |= {"JobRunState": "STARTING", "StartedOn": aws.now(), "LastModifiedOn": aws.now(), "ExecutionTime": 0}
        return JobRun(shown, run.job)

    # --- look-ups ---

    async def _job(self, name: str) -> dict[str, Any]:
        try:
            return (await asyncio.to_thread(self._glue.get_job, JobName=name))["Job"]
        except self._glue.exceptions.EntityNotFoundException as error:
            message = f"Failed to start job run due to missing metadata: {name}"
            raise AwsError("EntityNotFoundException", message) from error

    def _find(self, job: str, run_id: str) -> JobRun:
        for run in self._runs.get(job, []):
            if run.shown["Id"] == run_id:
                return run
        raise AwsError("EntityNotFoundException", f"Job run not found: {run_id} of job {job}")
