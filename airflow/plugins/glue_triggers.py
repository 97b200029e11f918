"""Waiting for Glue in Airflow's triggerer, so that no worker waits.

The triggerer imports triggers from the plugins folder; the DAG folder isn't on its path.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

GOING = ("STARTING", "RUNNING", "STOPPING", "WAITING")
# How a run of a job ends. https://docs.aws.amazon.com/glue/latest/dg/job-run-statuses.html
SUCCEEDED = "SUCCEEDED"
STOPPED = "STOPPED"
# Ours: the run still goes on, but the task's time is over.
OVERDUE = "OVERDUE"
# A poll that Glue throttles is made again, with longer and longer pauses, by the client.
CLIENT = {"retries": {"mode": "standard", "max_attempts": 10}}


class GlueTrigger(BaseTrigger):
    """Looks at something in Glue until it has ended or the deadline has passed.

    :param deadline: seconds since the epoch, so that a restarted triggerer doesn't begin to count anew
    :param poll_seconds: time between two looks
    :param named: what the event tells with the state
    """

    def __init__(
        self, *, deadline: float, poll_seconds: float, aws_conn_id: str | None, region_name: str | None, **named: Any
    ):
        super().__init__()
        self.deadline = deadline
        self.poll_seconds = poll_seconds
        self.aws_conn_id = aws_conn_id
        self.region_name = region_name
        self.named = named

    def serialize(self) -> tuple[str, dict[str, Any]]:
        common = {key: getattr(self, key) for key in ("deadline", "poll_seconds", "aws_conn_id", "region_name")}
        return f"{type(self).__module__}.{type(self).__qualname__}", {**common, **self.named}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        async with await self._client() as glue:
            while (ended := await self.look(glue)) is None:
                if time.time() >= self.deadline:
                    ended = {"state": OVERDUE, "message": ""}
                    break
                await asyncio.sleep(self.poll_seconds)
        yield TriggerEvent({**self.named, **ended})

    async def look(self, glue: Any) -> dict[str, str] | None:
        """State and message once it has ended, else None."""
        raise NotImplementedError

    async def _client(self) -> Any:
        from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

        hook = AwsBaseHook(self.aws_conn_id, client_type="glue", region_name=self.region_name, config=CLIENT)
        return await hook.get_async_conn()


class JobRunTrigger(GlueTrigger):
    """Waits for the end of a job's run. A task that a user clears or marks while it waits takes its run with it.

    :param job_name, run_id: which run
    :param taken_up: an earlier attempt has started the run
    """

    async def look(self, glue: Any) -> dict[str, str] | None:
        run = (await glue.get_job_run(JobName=self.named["job_name"], RunId=self.named["run_id"]))["JobRun"]
        if run["JobRunState"] in GOING:
            return None
        return {"state": run["JobRunState"], "message": run.get("ErrorMessage", "")}

    async def on_kill(self) -> None:
        job, run = self.named["job_name"], self.named["run_id"]
        self.log.info("The task was killed: stopping run %s of Glue job %s", run, job)
        async with await self._client() as glue:
            answer = await glue.batch_stop_job_run(JobName=job, JobRunIds=[run])
        if answer.get("Errors"):
            self.log.error("Run %s of Glue job %s couldn't be stopped: %s", run, job, answer["Errors"])


class CrawlerTrigger(GlueTrigger):
    """Waits until a crawler is ready again.

    :param crawler_name: which one
    :param ours: the crawl under way was started by the task
    """

    async def look(self, glue: Any) -> dict[str, str] | None:
        crawler = (await glue.get_crawler(Name=self.named["crawler_name"]))["Crawler"]
        if crawler["State"] != "READY":
            return None
        last = crawler.get("LastCrawl", {})
        return {"state": last.get("Status", "without a status"), "message": last.get("ErrorMessage", "")}
