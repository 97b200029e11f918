"""What the airflow commands need no Airflow for: names, refusals, and AWS's answers that can't be provoked here.

The rest runs on a real Airflow: sandbox/tests/test_airflow_api.py and test_verify.py.
"""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from ops.airflow import commands
from ops.airflow.deployment import Deployment
from ops.airflow.rest import ATTEMPTS, RestApi, RestApiError
from ops.airflow.runs import TIMEZONE, Run, Runs
from ops.clients import clients
from ops.errors import CommandError
from ops.project import ROOT
from ops.tests import builders

DEPLOYMENT = Deployment("small", "eu-central-1", "small_airflow", "small_dag", "dags/", "lake", "small_db", "small")


@pytest.fixture
def mwaa() -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    config = Config(retries={"total_max_attempts": 1, "mode": "standard"})
    return boto3.client("mwaa", region_name="eu-central-1", config=config, **keys)


def test_a_deployments_names_come_from_its_stack(tmp_path: Path) -> None:
    stack = builders.stack(tmp_path, (ROOT / "main.tf.json.snapshot").read_text(), "driven-data")
    assert Deployment.of(stack) == Deployment(
        stack="driven-data",
        region="eu-central-1",
        environment="driven_data_airflow_environment",
        dag="driven_data_pipeline",
        dags="dags/",
        bucket="driven-data-bucket",
        database="driven_data_db",
        workgroup="driven_data",
    )


def test_a_stack_without_an_airflow_environment(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has 0 Airflow environments"):
        Deployment.of(builders.stack(tmp_path, "{}"))


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerException", "RestApiServerException"])
def test_a_passing_failure_is_tried_again(mwaa: Any, code: str) -> None:
    with Stubber(mwaa) as stubbed:
        stubbed.add_client_error("invoke_rest_api", code)
        stubbed.add_response("invoke_rest_api", {"RestApiStatusCode": 200, "RestApiResponse": {"is_paused": False}})
        assert RestApi(mwaa, DEPLOYMENT, pause_seconds=0).get("/dags/small_dag") == {"is_paused": False}
        stubbed.assert_no_pending_responses()


def test_a_lasting_failure_of_the_web_server_is_told(mwaa: Any) -> None:
    with Stubber(mwaa) as stubbed:
        for _ in range(ATTEMPTS):
            stubbed.add_client_error("invoke_rest_api", "RestApiServerException", "timed out")
        with pytest.raises(RestApiError, match="web server doesn't answer") as raised:
            RestApi(mwaa, DEPLOYMENT, pause_seconds=0).get("/dags")
        assert "airflow-small_airflow-WebServer" in raised.value.next_step


def test_missing_permissions_are_named(mwaa: Any) -> None:
    with Stubber(mwaa) as stubbed:
        stubbed.add_client_error("invoke_rest_api", "AccessDeniedException", "no")
        stubbed.add_client_error("get_environment", "AccessDeniedException", "no")
        api = RestApi(mwaa, DEPLOYMENT, pause_seconds=0)
        with pytest.raises(CommandError, match="may not call airflow:InvokeRestApi") as raised:
            api.get("/dags")
        assert "arn:aws:airflow:eu-central-1:<account>:role/small_airflow/" in raised.value.next_step
        with pytest.raises(CommandError, match="may not call airflow:GetEnvironment"):
            api.environment()


def test_an_aws_that_cannot_be_reached_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    config = Config(retries={"total_max_attempts": 1}, inject_host_prefix=False)
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "eu-central-1"}
    nowhere = boto3.client("mwaa", endpoint_url="http://127.0.0.1:9", config=config, **keys)
    with pytest.raises(CommandError, match="MWAA in eu-central-1 can't be reached"):
        RestApi(nowhere, DEPLOYMENT, pause_seconds=0).get("/dags")


@pytest.mark.parametrize(
    ("answer", "day"),
    [
        ({"conf": {"run_date": "2024-09-01"}, "logical_date": "2024-09-15T04:00:00Z"}, "2024-09-01"),
        ({"conf": {}, "logical_date": "2024-09-15T04:00:00Z"}, "2024-09-15"),
        ({"conf": None, "logical_date": None, "run_after": "2024-09-14T22:30:00Z"}, "2024-09-15"),
    ],
)
def test_a_runs_day_is_the_dags_own(answer: dict[str, Any], day: str) -> None:
    assert Run.of({"dag_run_id": "x", "state": "success", **answer}).day == day


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["verify", "--date", "2024-13-01"], "DATE=2024-13-01 isn't a day"),
        (["airflow-trigger", "--date", ""], "make airflow-trigger DATE="),
        (["airflow-logs", "--task", ""], "Of which task?"),
    ],
)
def test_what_is_missing_or_wrong_is_said(tmp_path: Path, options: list[str], message: str) -> None:
    builders.stack(tmp_path, (ROOT / "main.tf.json.snapshot").read_text(), "small")
    command = [sys.executable, "-m", "ops", *options, "--stack", "small"]
    env = {"STACKS_DIR": str(tmp_path / "stacks"), "PATH": "/usr/bin:/bin", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_profile_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobodys")
    with pytest.raises(CommandError, match=r"no AWS credentials.*nobodys"):
        clients("eu-central-1")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])  # at any time one has another day
def test_today_is_the_dags(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, zone: str) -> None:
    def trigger(_: Runs, day: date) -> None:
        raise CommandError(str(day), "")

    monkeypatch.setattr(Runs, "newest_first", lambda _: iter([]))
    monkeypatch.setattr(Runs, "trigger", trigger)
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        with pytest.raises(CommandError, match=str(datetime.now(TIMEZONE).date())):
            stack = builders.stack(tmp_path, (ROOT / "main.tf.json.snapshot").read_text())
            commands.verify(stack, None, wait=0, poll=0)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_unknown_place_is_refused() -> None:
    done = subprocess.run(["make", "-n", "verify", "ON=moon"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "ON=moon is no place: aws (the default) or sandbox" in done.stderr
