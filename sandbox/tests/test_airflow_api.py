"""MWAA's InvokeRestApi and the make targets that use it, on a real Airflow with a DAG of two tasks."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.airflow import rest
from ops.airflow.deployment import Deployment
from ops.airflow.logs import lines
from ops.airflow.rest import RestApi
from ops.airflow.runs import Run, Runs
from ops.errors import CommandError
from ops.tests import builders
from sandbox import processes, ui
from sandbox.airflow import Airflow
from sandbox.lifecycle import Service
from sandbox.settings import CREDENTIALS, ROOT
from sandbox.tests.conftest import REGION, Sandbox, awaited

ENVIRONMENT, DAG, DAY = "tiny_airflow", "tiny_pipeline", date(2024, 9, 15)
DEPLOYMENT = Deployment("tiny", REGION, ENVIRONMENT, DAG, "dags/", "lake", "tiny_db", "tiny")
TINY = """
from airflow.sdk import DAG, Param, task

with DAG("tiny_pipeline", schedule=None, params={"run_date": Param(None, type=["null", "string"])}):
    @task
    def first(*, params):
        print("the day is", params["run_date"])

    @task
    def second(*, params):
        if params["run_date"] == "2024-09-16":
            raise ValueError("this day is broken")

    first() >> second()
"""
BACKEND = """{"output": {"dag": {"value": "tiny_pipeline"}, "bucket": {"value": "lake"},
"database": {"value": "tiny_db"}, "workgroup": {"value": "tiny"}}, "provider": {"aws": [{"region": "eu-central-1"}]},
"resource": {"aws_mwaa_environment": {"airflow": {"name": "tiny_airflow", "dag_s3_path": "dags/"}}}}"""


@pytest.fixture(scope="module")
def api(sandbox: Sandbox) -> Iterator[RestApi]:
    """A running Airflow behind the front, started as sandbox-ui starts it."""
    settings = dataclasses.replace(sandbox.settings, ui_port=processes.free_port())
    airflow = Airflow(settings, Service(settings, REGION, "test", os.getpid()), "tiny")
    airflow.finish_migration(airflow.begin_migration())
    airflow.dags.mkdir(parents=True, exist_ok=True)
    (airflow.dags / "tiny.py").write_text(TINY)
    sandbox.logs.create_log_group(logGroupName=f"airflow-{ENVIRONMENT}-Task")
    bucket = "arn:aws:s3:::lake"
    sandbox.client("mwaa").create_environment(
        Name=ENVIRONMENT,
        DagS3Path="dags",
        ExecutionRoleArn="arn:aws:iam::000000000000:role/glue",
        SourceBucketArn=bucket,
        NetworkConfiguration={"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
        AirflowVersion="3.0.6",
        EnvironmentClass="mw1.small",
    )
    ui.launch(settings, airflow, {**airflow.environment, **CREDENTIALS, "AIRFLOW_ENV_NAME": ENVIRONMENT}, DAG)
    yield RestApi(sandbox.client("mwaa"), DEPLOYMENT, pause_seconds=0.1)
    processes.stop(settings.home, role="ui")
    (settings.home / "ui.json").unlink()


def test_the_airflow_of_another_deployment_isnt_taken_for_ones_own(sandbox: Sandbox, api: RestApi) -> None:
    assert "(user admin, password" in ui.address(sandbox.settings, "tiny")
    assert ui.address(sandbox.settings) == ui.address(sandbox.settings, "tiny")
    assert ui.address(sandbox.settings, "lead-data") == ""


@pytest.fixture(scope="module")
def runs(api: RestApi) -> Runs:
    return Runs(api, poll_seconds=1)


def test_a_day_is_run_followed_and_found_again(runs: Runs) -> None:
    told: list[str] = []
    run = runs.wait(runs.trigger(DAY), told.append, most_seconds=120)
    assert (run.state, run.day) == ("success", str(DAY))
    assert runs.newest(DAY).id == runs.newest().id == run.id
    assert [(task.name, task.state, task.attempt) for task in runs.tasks(run)] == [
        ("first", "success", 1),
        ("second", "success", 1),
    ]
    assert [line.split()[:2] for line in told if "success" in line] == [["first", "success"], ["second", "success"]]


def test_a_tasks_log_comes_from_cloudwatch(sandbox: Sandbox, runs: Runs) -> None:
    run = runs.newest(DAY)
    log = arrived(sandbox, run, "first")
    assert log[0].startswith(f"--- dag_id={DAG}/run_id={run.id}/task_id=first/attempt=1")
    assert any("the day is 2024-09-15" in line for line in log)


def test_a_task_without_a_log_is_told(sandbox: Sandbox, runs: Runs) -> None:
    with pytest.raises(CommandError, match=r"The task third of the run .* has no log"):
        list(lines(sandbox.logs, DEPLOYMENT, runs.newest(DAY), "third"))


def test_the_commands_tell_what_failed(sandbox: Sandbox, api: RestApi, tmp_path: Path) -> None:
    failed = command(sandbox, tmp_path, "verify", "--date", "2024-09-16")
    assert failed.returncode == 1
    assert "second                       failed" in failed.stdout
    assert "failed in second" in failed.stderr
    assert "make airflow-logs DATE=2024-09-16 TASK=second" in failed.stderr
    arrived(sandbox, Runs(api).newest(date(2024, 9, 16)), "second")
    log = command(sandbox, tmp_path, "airflow-logs", "--task", "second", "--date", "2024-09-16")
    assert "this day is broken" in log.stdout
    status = command(sandbox, tmp_path, "airflow-status")
    assert status.returncode == 0, status.stderr
    assert f"DAG {DAG}: switched on" in status.stdout
    assert "2024-09-16  failed" in status.stdout
    assert "scheduler healthy" in status.stdout


def test_a_dag_that_is_switched_off_is_not_triggered(sandbox: Sandbox, api: RestApi, runs: Runs) -> None:
    mwaa = sandbox.client("mwaa")
    switch = {"Name": ENVIRONMENT, "Path": f"/dags/{DAG}", "Method": "PATCH"}
    mwaa.invoke_rest_api(**switch, Body={"is_paused": True})
    try:
        with pytest.raises(CommandError, match="is switched off") as raised:
            runs.trigger(DAY)
        assert "aws mwaa invoke-rest-api --method PATCH" in raised.value.next_step
    finally:
        mwaa.invoke_rest_api(**switch, Body={"is_paused": False})


def test_a_run_that_takes_too_long_is_left_to_itself(runs: Runs) -> None:
    with pytest.raises(CommandError, match="it goes on"):
        runs.wait(runs.trigger(date(2024, 9, 14)), lambda _: None, most_seconds=0)


def test_a_day_in_the_future(runs: Runs) -> None:
    with pytest.raises(CommandError, match="lies in the future"):
        runs.trigger(date(2999, 1, 1))


def test_a_day_without_a_run(runs: Runs) -> None:
    with pytest.raises(CommandError, match="has no run of 2020-01-01"):
        runs.newest(date(2020, 1, 1))


def test_an_unknown_dag(api: RestApi) -> None:
    other = dataclasses.replace(api, deployment=dataclasses.replace(DEPLOYMENT, dag="another"))
    with pytest.raises(CommandError, match="doesn't know the DAG another"):
        Runs(other).trigger(DAY)


def test_a_path_that_mwaa_would_not_take(sandbox: Sandbox, api: RestApi) -> None:
    path = "/dags/" + "x" * 60
    with pytest.raises(CommandError, match="at most 64 characters"):
        api.get(path)
    # The sandbox refuses it as AWS does, should the command not.
    mwaa = sandbox.client("mwaa")
    mwaa.meta.service_model.shape_for("RestApiPath").metadata["max"] = 1000
    with pytest.raises(ClientError, match="ValidationException"):
        mwaa.invoke_rest_api(Name=ENVIRONMENT, Path=path, Method="GET")


def test_an_environment_that_is_not_there(api: RestApi) -> None:
    other = dataclasses.replace(api, deployment=dataclasses.replace(DEPLOYMENT, environment="another"))
    with pytest.raises(CommandError, match="There is no Airflow environment 'another'"):
        other.get("/version")


def test_airflows_refusals_keep_its_words(api: RestApi) -> None:
    with pytest.raises(rest.RestApiError, match="Airflow refuses the call") as raised:
        api.post(f"/dags/{DAG}/dagRuns", {"conf": {}})
    assert raised.value.status == 422


def arrived(sandbox: Sandbox, run: Run, task: str) -> list[str]:
    """A task's log, which comes after the task's end."""

    def there() -> list[str]:
        with suppress(CommandError):
            return list(lines(sandbox.logs, DEPLOYMENT, run, task))
        return []

    return awaited(there, f"the log of {task}", pause=0.5)


def command(sandbox: Sandbox, folder: Path, name: str, *options: str) -> subprocess.CompletedProcess[str]:
    stack = folder / "stacks" / "tiny"
    if not stack.exists():
        builders.stack(folder, BACKEND, "tiny")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    aws: dict[str, Any] = {**CREDENTIALS, "AWS_ENDPOINT_URL": sandbox.settings.endpoint, "NO_PROXY": "127.0.0.1"}
    return subprocess.run(
        [sys.executable, "-m", "ops", name, "--stack", "tiny", "--poll", "1", *options],
        cwd=ROOT,
        env={**kept, **aws, "STACKS_DIR": str(folder / "stacks")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
