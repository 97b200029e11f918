"""DAG runs by the day that they are about: found, started, and followed to their end."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ops.airflow.rest import RestApi, RestApiError
from ops.errors import CommandError

# The DAG's own: a run without a run_date is about the day of its logical date there.
TIMEZONE = ZoneInfo("Europe/Bucharest")
PAGE = 100
MOST_RUNS = 1000
ENDED = ("success", "failed")


def today() -> date:
    """The DAG's own, whatever the machine's."""
    return datetime.now(TIMEZONE).date()


@dataclass(frozen=True)
class Run:
    id: str
    day: str
    state: str
    began: str
    ended: str

    @classmethod
    def of(cls, answer: dict[str, Any]) -> "Run":
        moment = answer.get("logical_date") or answer["run_after"]
        day = (answer.get("conf") or {}).get("run_date") or str(
            datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(TIMEZONE).date()
        )
        return cls(
            answer["dag_run_id"], day, answer["state"], answer.get("start_date") or "", answer.get("end_date") or ""
        )


@dataclass(frozen=True)
class Task:
    name: str
    state: str
    seconds: float
    attempt: int


class Runs:
    def __init__(self, api: RestApi, poll_seconds: float = 10.0) -> None:
        self._api, self._dag, self._poll_seconds = api, api.deployment.dag, poll_seconds

    def newest_first(self) -> Iterator[Run]:
        for offset in range(0, MOST_RUNS, PAGE):
            page = self._api.get(f"/dags/{self._dag}/dagRuns", order_by="-run_after", limit=PAGE, offset=offset)
            yield from (Run.of(each) for each in page["dag_runs"])
            if offset + PAGE >= page["total_entries"]:
                return

    def newest(self, day: date | None = None) -> Run:
        """The newest run, of one day or at all. Raises CommandError when there is none."""
        found = next((run for run in self.newest_first() if day is None or run.day == str(day)), None)
        if not found:
            of = f" of {day}" if day else ""
            raise CommandError(
                f"The DAG {self._dag} has no run{of}.", f"start one: make airflow-trigger DATE={day or '…'}"
            )
        return found

    def get(self, run_id: str) -> Run:
        # A pattern, in which _ stands for any character: so the id is compared as well.
        page = self._api.get(f"/dags/{self._dag}/dagRuns", run_id_pattern=run_id, limit=PAGE)
        for each in page["dag_runs"]:
            if each["dag_run_id"] == run_id:
                return Run.of(each)
        raise CommandError(
            f"The run {run_id} of {self._dag} is gone.", "somebody has deleted it; see 'make airflow-status'."
        )

    def tasks(self, run: Run) -> list[Task]:
        answer = self._api.post(
            "/dags/~/dagRuns/~/taskInstances/list",
            {"dag_ids": [self._dag], "dag_run_ids": [run.id], "page_limit": PAGE},
        )
        return [
            Task(each["task_id"], each["state"] or "none", each["duration"] or 0.0, each["try_number"])
            for each in sorted(answer["task_instances"], key=lambda each: each["start_date"] or "9")
        ]

    def trigger(self, day: date) -> Run:
        """Starts a run of that day. Raises CommandError when the DAG is unknown or switched off."""
        if day > today():
            raise CommandError(f"DATE={day} lies in the future.", "give today or an earlier day.")
        self._require_switched_on()
        # An id of our own: a call that was carried out but not answered starts no second run.
        run = f"manual-{day}-{datetime.now(UTC):%H%M%S}"
        body = {"dag_run_id": run, "logical_date": None, "conf": {"run_date": str(day)}}
        try:
            answer = self._api.post(f"/dags/{self._dag}/dagRuns", body)
        except RestApiError as error:
            if error.status != 409:
                raise
            return self.get(run)
        return Run.of(answer)

    def wait(self, run: Run, tell: Callable[[str], None], most_seconds: float) -> Run:
        """Follows a run to its end and tells each task's. Raises CommandError when that takes too long."""
        told: dict[str, str] = {}
        deadline = time.monotonic() + most_seconds
        while True:
            current = self.get(run.id)
            for task in self.tasks(current):
                if task.state not in ("none", "scheduled", "queued") and told.get(task.name) != task.state:
                    told[task.name] = task.state
                    tell(f"  {task.name:<28} {task.state:<16} {task.seconds:6.0f} s")
            if current.state in ENDED:
                return current
            if time.monotonic() > deadline:
                raise CommandError(
                    f"The run {run.id} is still {current.state} after {most_seconds / 60:.0f} minutes; it goes on.",
                    "see 'make airflow-status', or wait longer: WAIT=<minutes>.",
                )
            time.sleep(self._poll_seconds)

    def dag(self) -> dict[str, Any]:
        """What Airflow says of the DAG itself. Raises CommandError when it doesn't know it."""
        try:
            return self._api.get(f"/dags/{self._dag}")
        except RestApiError as error:
            if error.status != 404:
                raise
            raise CommandError(
                f"Airflow doesn't know the DAG {self._dag}.",
                "see 'make airflow-status' for import errors; just uploaded, it takes some minutes.",
            ) from error

    def _require_switched_on(self) -> None:
        if self.dag()["is_paused"]:
            raise CommandError(
                f"The DAG {self._dag} is switched off: its runs would only wait.",
                "switch it on in Airflow's UI, or: aws mwaa invoke-rest-api --method PATCH "
                f"--name {self._api.deployment.environment} --path /dags/{self._dag} --body '{{\"is_paused\": false}}'",
            )
