"""``make sandbox-ui``: Airflow's own web UI on the sandbox, with the DAG unpaused and triggerable."""

from __future__ import annotations

import json
import secrets
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from sandbox import processes
from sandbox.errors import SandboxError
from sandbox.options import Options
from sandbox.report import Report
from sandbox.run import Pipeline
from sandbox.settings import Settings

READY_SECONDS = 180
USER = "admin"


def start(settings: Settings, options: Options) -> None:
    """Brings the stack up if need be, starts Airflow and prints where it is. Raises SandboxError."""
    running = address(settings)
    if running:
        print(f"Airflow's UI is running already: {running}")
        return
    processes.stop(settings.home, role="ui")  # half of one that has died
    processes.check_port_free(settings.ui_port, "UI_PORT")
    report = Report(4)
    pipeline = Pipeline(settings, options, report)
    pipeline.bring_up()
    with report.step("Start Airflow") as step:
        password = _password(pipeline.airflow.home)
        env = {**pipeline.env, **_ui_settings(settings, pipeline.airflow.home), processes.ROLE: "ui"}
        log = settings.logs / "airflow-ui.log"
        log.unlink(missing_ok=True)
        program = pipeline.airflow.program
        process = processes.start([program, "standalone"], settings.home, log, role="ui", env=env)
        url = f"http://127.0.0.1:{settings.ui_port}"
        record = {"pid": process.pid, "url": url, "password": password}
        (settings.home / "ui.json").write_text(json.dumps(record))
        _await_healthy(process, url, log, settings)
        _unpause(program, pipeline.outputs["dag"], env)
        step.summary = f"log {log}"
    report.line(f"\nAirflow: {url}/dags/{pipeline.outputs['dag']}   user {USER}, password {password}")
    report.line(
        "Trigger the DAG there; rows, seed, source_key and run_date are its parameters. Stop: make sandbox-down."
    )


def address(settings: Settings) -> str:
    """The running UI's URL and login, empty when there is none."""
    try:
        record = json.loads((settings.home / "ui.json").read_text())
    except (FileNotFoundError, ValueError):
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
        "AIRFLOW__API_AUTH__JWT_SECRET": _kept_secret(home),
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",  # nothing runs that nobody has triggered
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(processes.free_port()),
        "AIRFLOW__TRIGGERER__CAPACITY": "100",
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(processes.free_port()),
    }


def _password(home: Path) -> str:
    file = home / "passwords.json"
    if not file.is_file():
        file.touch(mode=0o600)
        file.write_text(json.dumps({USER: secrets.token_urlsafe(9)}))
    return json.loads(file.read_text())[USER]


def _kept_secret(home: Path) -> str:
    file = home / "jwt_secret"
    if not file.is_file():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text()


def _await_healthy(process: subprocess.Popen[bytes], url: str, log: Path, settings: Settings) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _healthy(url):
            return
        time.sleep(0.5)
    how = "ended" if process.poll() is not None else f"wasn't healthy within {READY_SECONDS} s"
    processes.stop(settings.home, role="ui")
    tail = "\n".join(f"    {line}" for line in log.read_text(errors="replace").splitlines()[-15:])
    raise SandboxError(f"Airflow {how}. The end of {log}:\n{tail}", "mend that and run 'make sandbox-ui' again.")


def _healthy(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/api/v2/monitor/health", timeout=5) as response:
            health = json.loads(response.read())
    except (urllib.error.URLError, OSError, ValueError):
        return False
    parts = ("metadatabase", "scheduler", "dag_processor", "triggerer")  # without the last, tasks wait for ever
    return all(health.get(part, {}).get("status") == "healthy" for part in parts)


def _unpause(program: Path, dag: str, env: dict[str, str]) -> None:
    """Waits until the DAG processor has read the DAG, then unpauses it."""
    for _ in range(30):
        done = subprocess.run(
            [program, "dags", "unpause", "-y", dag], env=env, capture_output=True, text=True, check=False
        )
        if done.returncode == 0 and "No " not in done.stdout:
            return
        time.sleep(1)
    raise SandboxError(
        f"Airflow doesn't know the DAG {dag}: {(done.stdout + done.stderr).strip()[-500:]}", "see its log."
    )
