"""``make airflow-status``, ``-trigger``, ``-logs`` and ``verify``.

Whatever AWS the environment leads to is asked: a real account by default, the sandbox where its endpoint and
credentials are set (``ON=sandbox`` does that).
"""

import datetime
import sys
from itertools import islice

from ops.airflow import logs as task_logs
from ops.airflow.deployment import Deployment
from ops.airflow.rest import RestApi
from ops.airflow.runs import Runs, today
from ops.airflow.verify import Verdict, Verification
from ops.clients import clients
from ops.errors import CommandError
from ops.project import Stack

RUNS_SHOWN = 5


def _api(deployment: Deployment) -> RestApi:
    return RestApi(clients(deployment.region)("mwaa"), deployment)


def status(stack: Stack) -> None:
    deployment = Deployment.of(stack)
    api = _api(deployment)
    environment, history = api.environment(), Runs(api)
    print(
        f"{environment['Name']}: {environment['Status']}, Airflow {environment['AirflowVersion']}, "
        f"{environment['EnvironmentClass']}, web server {environment.get('WebserverAccessMode', '?')}"
    )
    health = api.get("/monitor/health")
    print("  " + ", ".join(f"{part} {each.get('status')}" for part, each in sorted(health.items()) if each))
    for each in api.get("/importErrors").get("import_errors", []):
        last = (each.get("stack_trace") or "").strip().rpartition("\n")[2]
        print(f"  import error in {each.get('filename')}: {last}")
    dag = history.dag()
    print(f"DAG {dag['dag_id']}: {'switched off' if dag['is_paused'] else 'switched on'}")
    runs = list(islice(history.newest_first(), RUNS_SHOWN))
    for run in runs:
        print(f"  {run.day}  {run.state:<8} {run.id}  {run.began[:19]} to {run.ended[:19]}")
    if not runs:
        print("  no run yet")
        return
    print(f"Tasks of {runs[0].id}:")
    for task in history.tasks(runs[0]):
        print(f"  {task.name:<28} {task.state:<16} {task.seconds:6.0f} s  attempt {task.attempt}")


def trigger(stack: Stack, date: datetime.date | None) -> None:
    if not date:
        raise CommandError("Which day?", "make airflow-trigger DATE=2024-09-15")
    deployment = Deployment.of(stack)
    run = Runs(_api(deployment)).trigger(date)
    print(f"Started {run.id} of {deployment.dag}. Next: make airflow-status, make verify DATE={date}")


def logs(stack: Stack, date: datetime.date | None, task: str) -> None:
    if not task:
        raise CommandError("Of which task?", "make airflow-logs TASK=extract_raw_data; airflow-status lists them.")
    deployment = Deployment.of(stack)
    run = Runs(_api(deployment)).newest(date)
    for line in task_logs.lines(clients(deployment.region)("logs"), deployment, run, task):
        print(line)


def verify(stack: Stack, date: datetime.date | None, wait: float, poll: float) -> int:
    """A day's newest run, waited for where it runs; without a day, or a run of it, one is started."""
    day, deployment = date or today(), Deployment.of(stack)
    runs = Runs(_api(deployment), poll)
    run = next((each for each in runs.newest_first() if each.day == str(day)), None)
    if run is None:
        run = runs.trigger(day)
        print(f"Started {run.id} for {day}.")
    if run.state not in ("success", "failed"):
        print(f"Waiting for {run.id}:")
        run = runs.wait(run, lambda line: print(line, flush=True), wait * 60)
    if run.state != "success":
        failed = [task.name for task in runs.tasks(run) if task.state == "failed"]
        raise CommandError(
            f"The run {run.id} of {day} failed in {', '.join(failed) or 'no task'}.",
            f"make airflow-logs DATE={day} TASK={failed[0] if failed else '<task>'}",
        )
    print(f"{run.id} of {day} succeeded; comparing its metrics with Athena.")
    return _show(Verification(clients(deployment.region), deployment).check(day))


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
