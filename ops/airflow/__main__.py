"""``python -m ops.airflow <command> --stack <deployment>``: the make targets airflow-* and verify.

Whatever AWS the environment leads to is asked: a real account by default, the sandbox where its endpoint and
credentials are set (``ON=sandbox`` does that).
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from typing import Any

import boto3

from ops.airflow.deployment import Deployment
from ops.airflow.logs import lines
from ops.airflow.rest import RestApi
from ops.airflow.runs import Runs
from ops.airflow.verify import Verdict, Verification
from ops.clients import client
from ops.errors import CommandError
from ops.project import Project

RUNS_SHOWN = 5


class Commands:
    def __init__(self, deployment: Deployment, poll_seconds: float, wait_minutes: float) -> None:
        self._deployment, self._wait_seconds = deployment, wait_minutes * 60
        self._session = boto3.Session(region_name=deployment.region)
        self._api = RestApi(self._client("mwaa"), deployment)
        self._runs = Runs(self._api, poll_seconds)

    def status(self, _: argparse.Namespace) -> int:
        environment = self._api.environment()
        print(
            f"{environment['Name']}: {environment['Status']}, Airflow {environment['AirflowVersion']}, "
            f"{environment['EnvironmentClass']}, web server {environment.get('WebserverAccessMode', '?')}"
        )
        health = self._api.get("/monitor/health")
        print("  " + ", ".join(f"{part} {each.get('status')}" for part, each in sorted(health.items()) if each))
        errors = self._api.get("/importErrors").get("import_errors", [])
        for each in errors:
            last = (each.get("stack_trace") or "").strip().rpartition("\n")[2]
            print(f"  import error in {each.get('filename')}: {last}")
        dag = self._api.get(f"/dags/{self._deployment.dag}")
        print(f"DAG {dag['dag_id']}: {'switched off' if dag['is_paused'] else 'switched on'}")
        runs = [run for run, _ in zip(self._runs.newest_first(), range(RUNS_SHOWN), strict=False)]
        for run in runs:
            print(f"  {run.day}  {run.state:<8} {run.id}  {run.began[:19]} to {run.ended[:19]}")
        if not runs:
            print("  no run yet")
            return 0
        print(f"Tasks of {runs[0].id}:")
        for task in self._runs.tasks(runs[0]):
            print(f"  {task.name:<28} {task.state:<16} {task.seconds:6.0f} s  attempt {task.attempt}")
        return 0

    def trigger(self, chosen: argparse.Namespace) -> int:
        if not chosen.date:
            raise CommandError("Which day?", "make airflow-trigger DATE=2024-09-15")
        run = self._runs.trigger(chosen.date)
        print(f"Started {run.id} of {self._deployment.dag}. Next: make airflow-status, make verify DATE={chosen.date}")
        return 0

    def logs(self, chosen: argparse.Namespace) -> int:
        if not chosen.task:
            raise CommandError("Of which task?", "make airflow-logs TASK=extract_raw_data; airflow-status lists them.")
        run = self._runs.newest(chosen.date)
        for line in lines(self._client("logs"), self._deployment, run, chosen.task):
            print(line)
        return 0

    def verify(self, chosen: argparse.Namespace) -> int:
        """A day's newest run, waited for where it runs; without a day, or a run of it, one is started."""
        day = chosen.date or date.today()
        run = next((each for each in self._runs.newest_first() if each.day == str(day)), None)
        if run is None:
            run = self._runs.trigger(day)
            print(f"Started {run.id} for {day}.")
        if run.state not in ("success", "failed"):
            print(f"Waiting for {run.id}:")
            run = self._runs.wait(run, lambda line: print(line, flush=True), self._wait_seconds)
        if run.state != "success":
            failed = [task.name for task in self._runs.tasks(run) if task.state == "failed"]
            raise CommandError(
                f"The run {run.id} of {day} failed in {', '.join(failed) or 'no task'}.",
                f"make airflow-logs DATE={day} TASK={failed[0] if failed else '<task>'}",
            )
        print(f"{run.id} of {day} succeeded; comparing its metrics with Athena.")
        return _show(Verification(self._client, self._deployment).check(day))

    def _client(self, service: str) -> Any:
        return client(self._session, service)


def _show(result: Verdict) -> int:
    width = max(len(row.table) for row in result.rows)
    print(f"  {'table':<{width}}  {'run':>12}  {'Athena':>12}  partition")
    for row in result.rows:
        registered = "registered" if row.registered else "MISSING"
        registered = registered if row.expected else "no rows"
        print(f"  {row.table:<{width}}  {row.expected:>12,}  {row.found:>12,}  {registered}")
    for each in result.differences:
        print(f"DIFFERS: {each}")
    if result.differences:
        print(f"verify: {result.day} differs in {len(result.differences)} places.", file=sys.stderr)
        return 1
    print(f"verify: {result.day} is whole.")
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="ops.airflow", description=__doc__)
    parser.add_argument("command", choices=("status", "trigger", "logs", "verify"))
    parser.add_argument("--stack", required=True)
    parser.add_argument("--date", type=_day, help="YYYY-MM-DD")
    parser.add_argument("--task", default="")
    parser.add_argument("--wait", type=float, default=120, help="minutes that verify waits for a run")
    parser.add_argument("--poll", type=float, default=10, help="seconds between two looks at it")
    chosen = parser.parse_args(arguments)
    try:
        deployment = Deployment.of(Project.from_environment().stack(chosen.stack))
        return getattr(Commands(deployment, chosen.poll, chosen.wait), chosen.command)(chosen)
    except CommandError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\nStopped looking; a run that was started goes on. Next: make airflow-status", file=sys.stderr)
        return 130


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise argparse.ArgumentTypeError(f"DATE={value} isn't a day; give it as YYYY-MM-DD.") from None


if __name__ == "__main__":
    sys.exit(main())
