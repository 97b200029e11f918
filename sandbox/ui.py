"""``make sandbox-ui``: Airflow's own web UI on the sandbox, with the DAG unpaused and triggerable."""

import json
import secrets
import time
from pathlib import Path
from typing import Any

import urllib3

from ops.errors import CommandError
from sandbox import processes
from sandbox.airflow import Airflow
from sandbox.airflow_api import AirflowApi
from sandbox.aws import AwsError
from sandbox.options import Options
from sandbox.report import Report
from sandbox.run import Pipeline
from sandbox.settings import ACCOUNT_ID, Settings

READY_SECONDS = 180
USER = "admin"


def start(settings: Settings, options: Options) -> None:
    """Brings the stack up if need be, starts Airflow and prints where it is. Raises CommandError."""
    if running := address(settings, options.deployment):
        print(f"Airflow's UI is running already: {running}")
        return
    processes.stop(settings.home, role="ui")  # another deployment's, or half of one that has died
    processes.check_port_free(settings.ui_port, "UI_PORT")
    report = Report(4)
    pipeline = Pipeline(settings, options, report)
    pipeline.bring_up()
    with report.step("Start Airflow") as step:
        record = launch(settings, pipeline.airflow, pipeline.env, pipeline.deployed.dag)
        step.summary = f"log {_log(settings)}"
    report.line(f"\nAirflow: {record['url']}/dags/{pipeline.deployed.dag}   user {USER}, password {record['password']}")
    report.line(
        "Trigger the DAG there; rows, seed, source_key and run_date are its parameters. Stop: make sandbox-down."
    )


def launch(settings: Settings, airflow: Airflow, env: dict[str, str], dag: str) -> dict[str, Any]:
    """Starts Airflow with its DAG switched on; returns the record of where it is. Raises CommandError.

    env: what it is run with; AIRFLOW_ENV_NAME is the MWAA environment that it stands for.
    """
    environment = env["AIRFLOW_ENV_NAME"]
    url, password = f"http://127.0.0.1:{settings.ui_port}", _password(airflow.home)
    env = {**env, **_ui_settings(settings, airflow.home), **_task_logs(environment, airflow.service.region)}
    process = processes.start([airflow.program, "standalone"], settings.home, _log(settings), role="ui", env=env)
    record = {"url": url, "user": USER, "password": password, "environment": environment}
    record["deployment"] = airflow.deployment
    (settings.home / "ui.json").write_text(json.dumps(record))
    try:
        next_step = "mend that and run 'make sandbox-ui' again."
        processes.await_ready(process, _log(settings), "Airflow", lambda: _healthy(url), READY_SECONDS, next_step, 0.5)
    except CommandError:
        processes.stop(settings.home, role="ui")
        raise
    _switch_on(AirflowApi(settings.home / "ui.json"), environment, dag)
    return record


def _log(settings: Settings) -> Path:
    return settings.logs / "airflow-ui.log"


def address(settings: Settings, deployment: str = "") -> str:
    """The running UI's URL and login, empty when there is none; deployment: the one that it has to be of."""
    try:
        record = json.loads((settings.home / "ui.json").read_text())
    except (FileNotFoundError, ValueError):
        return ""
    if deployment not in ("", record.get("deployment")):
        return ""
    if not processes.ours(settings.home, "ui") or not _healthy(record["url"]):
        return ""
    return f"{record['url']} (user {USER}, password {record['password']})"


def _ui_settings(settings: Settings, home: Path) -> dict[str, str]:
    """Loopback only, and few processes: Airflow's defaults start dozens."""
    url = f"http://127.0.0.1:{settings.ui_port}"
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(settings.ui_port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",  # nothing runs that nobody has triggered
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(processes.free_port()),
        "AIRFLOW__TRIGGERER__CAPACITY": "100",
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(processes.free_port()),
    }


def _task_logs(environment: str, region: str) -> dict[str, str]:
    """Tasks log into CloudWatch, into the group that MWAA gives them."""
    group = f"arn:aws:logs:{region}:{ACCOUNT_ID}:log-group:airflow-{environment}-Task"
    return {
        "AIRFLOW__LOGGING__REMOTE_LOGGING": "True",
        "AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID": "aws_default",
        "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER": f"cloudwatch://{group}",
    }


def _password(home: Path) -> str:
    file = home / "passwords.json"
    if not file.is_file():
        file.touch(mode=0o600)
        file.write_text(json.dumps({USER: secrets.token_urlsafe(9)}))
    return json.loads(file.read_text())[USER]


def _healthy(url: str) -> bool:
    try:
        health = urllib3.request("GET", f"{url}/api/v2/monitor/health", timeout=5, retries=False).json()
    except (urllib3.exceptions.HTTPError, ValueError):
        return False
    parts = ("metadatabase", "scheduler", "dag_processor", "triggerer")  # without the last, tasks wait for ever
    return all(health.get(part, {}).get("status") == "healthy" for part in parts)


def _switch_on(api: AirflowApi, environment: str, dag: str) -> None:
    """Waits until the DAG processor has read the DAG, and switches it on where it isn't."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            api.invoke({"Name": environment, "Method": "PATCH", "Path": f"/dags/{dag}", "Body": {"is_paused": False}})
            return
        except AwsError as error:
            if time.monotonic() > deadline:
                raise CommandError(
                    f"Airflow doesn't know the DAG {dag}: {error}: {error.more}", "see its log."
                ) from error
        time.sleep(1)
