"""Tasks that wait for Glue on a real Airflow: scheduler, workers and triggerer. Glue is an HTTP endpoint with jobs that
run until the test ends them."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import SOURCES, WORK

SECONDS = 300  # on a busy machine; 30 suffice on an idle one
WORKER_SLOTS = 2
JOBS = ("good", "refused", "cleared", "killed", "late")
DAG = f"""
import datetime
import os
import time
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.sdk import DAG
from glue_operators import ExclusiveGlueCrawlerOperator, ExistingGlueJobOperator

# On a busy machine Airflow loses attempts (apache/airflow#72716), each of which is a retry less.
WAITING = dict(poll_seconds=0.5, execution_timeout=datetime.timedelta(minutes=5), retries=20,
               retry_delay=datetime.timedelta(seconds=1))
with DAG("waiting", schedule=None):
    for name in {JOBS}:
        ExistingGlueJobOperator(task_id=name, job_name=name, script_args={{}}, **WAITING)
    ExclusiveGlueCrawlerOperator(task_id="crawler", crawler_name="crawler", **WAITING)
class Raced(ExistingGlueJobOperator):  # the scheduler hears that its worker was given back when it is awake again
    def execute(self, context):
        if context["ti"].try_number == 1 and os.fork() == 0:
            time.sleep(6)  # holds the attempt's sockets, for whose end the executor waits
            os._exit(0)
        super().execute(context)

    def execute_complete(self, context, event):
        if context["ti"].try_number == 1:
            time.sleep(10)
        return super().execute_complete(context, event)

with DAG("raced", schedule=None):
    Raced(task_id="raced", job_name="raced", script_args={{}}, **WAITING)
with DAG("holding", schedule=None):  # as the provider's operator waits unless told otherwise
    for number in range({WORKER_SLOTS + 2}):
        GlueJobOperator(task_id=f"held{{number}}", job_name=f"held{{number}}", job_poll_interval=0.5)
"""

# Each attempt of a task is a fork of the scheduler; what that has imported, no attempt imports again.
LOCAL_SETTINGS = """
import sys
if "scheduler" in sys.argv:
    import airflow.providers.amazon.aws.operators.glue
"""


class Glue:
    """Jobs and a crawler that are under way until they are ended; from then on they end at once, in the same way.

    Airflow may declare an attempt failed that has succeeded (apache/airflow#72716); the next then runs the job again.
    """

    def __init__(self) -> None:
        self.runs: dict[str, dict] = {}
        self.stopped: list[str] = []
        self.ends: dict[str, dict] = {}
        self.crawler = {"State": "READY"}
        self.crawls_end = False

    def answer(self, call: str, sent: dict) -> dict:
        if call == "GetJob":
            return {"Job": {"Name": sent["JobName"]}}
        if call == "StartJobRun":
            run_id = f"{sent['JobName']}-{sum(run['JobName'] == sent['JobName'] for run in self.runs.values()) + 1}"
            known = self.ends.get(sent["JobName"], {"JobRunState": "RUNNING"})
            self.runs[run_id] = {"Id": run_id, "JobName": sent["JobName"], **known}
            return {"JobRunId": run_id}
        if call == "GetJobRun":
            return {"JobRun": self.runs[sent["RunId"]]}
        if call == "BatchStopJobRun":
            for run_id in sent["JobRunIds"]:
                self.stopped.append(run_id)
                self.runs[run_id]["JobRunState"] = "STOPPED"
            return {"SuccessfulSubmissions": []}
        if call == "StartCrawler":
            self.crawler = {"State": "RUNNING"}
            if self.crawls_end:
                self.end_crawl()
            return {}
        if call == "GetCrawler":
            return {"Crawler": self.crawler}
        raise ValueError(f"{call}: nobody should call this")

    def end(self, run_id: str, state: str, message: str = "") -> None:
        run = self.runs[run_id]
        self.ends[run["JobName"]] = {"JobRunState": state, "ErrorMessage": message}
        run |= self.ends[run["JobName"]]

    def end_crawl(self) -> None:
        self.crawls_end = True
        self.crawler = {"State": "READY", "LastCrawl": {"Status": "SUCCEEDED"}}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def glue() -> Iterator[Glue]:
    state = Glue()

    class JobRunsHandler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            call = self.headers["X-Amz-Target"].rpartition(".")[2]
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            content = json.dumps(state.answer(call, sent)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), JobRunsHandler)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    server.server_close()


class Airflow:
    """The REST API of an Airflow of our own."""

    def __init__(self, url: str, home: Path, process: subprocess.Popen):
        self.url, self.home, self.process = url, home, process
        self.token = ""

    def call(self, method: str, path: str, body: dict | None = None) -> dict:
        request = urllib.request.Request(
            self.url + path, method=method, data=None if body is None else json.dumps(body).encode()
        )
        request.add_header("Content-Type", "application/json")
        request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or b"{}")

    def wait(self, what: str, wanted: Callable[[], object]) -> None:
        deadline = time.monotonic() + SECONDS
        while not self._true(wanted):
            if time.monotonic() > deadline or self.process.poll() is not None:
                log = (self.home / "log").read_text(errors="replace")[-4000:]
                pytest.fail(f"Airflow: not {what} within {SECONDS} s. The end of its log:\n{log}")
            time.sleep(0.2)

    @staticmethod
    def _true(wanted: Callable[[], object]) -> bool:
        try:
            return bool(wanted())
        except OSError:
            return False

    def states(self, dag: str = "waiting") -> dict[str, str]:
        tasks = self.call("GET", f"/api/v2/dags/{dag}/dagRuns/one/taskInstances")["task_instances"]
        return {task["task_id"]: task["state"] for task in tasks}

    def log(self, task: str, attempt: int) -> str:
        path = f"/api/v2/dags/waiting/dagRuns/one/taskInstances/{task}/logs/{attempt}?full_content=true"
        return json.dumps(self.call("GET", path))


@pytest.fixture(scope="module")
def airflow(glue) -> Iterator[Airflow]:
    home = WORK / "standalone"
    dags = home / "dags"
    dags.mkdir(parents=True)
    shutil.copy(SOURCES / "glue_operators.py", dags)
    (dags / ".airflowignore").write_text("glue_operators.py\n")
    (dags / "waiting.py").write_text(DAG)
    (home / "config").mkdir()
    (home / "config" / "airflow_local_settings.py").write_text(LOCAL_SETTINGS)
    (home / "passwords.json").write_text(json.dumps({"admin": "admin"}))
    url = f"http://127.0.0.1:{free_port()}"
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "AWS_ENDPOINT_URL_GLUE": glue.url,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(WORKER_SLOTS),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": url.rpartition(":")[2],
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": str(SECONDS),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [Path(sys.executable).parent / "airflow", "standalone"],
            env=env,
            cwd=home,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    started = Airflow(url, home, process)

    def sign_in() -> bool:
        started.token = started.call("POST", "/auth/token", {"username": "admin", "password": "admin"})["access_token"]
        return True

    try:
        started.wait("signed in", sign_in)
        started.wait("aware of the DAGs", lambda: started.call("GET", "/api/v2/dags")["total_entries"] == 3)
        started.call("POST", "/api/v2/dags/waiting/dagRuns", {"dag_run_id": "one", "logical_date": None})
        yield started
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def test_waiting_tasks_hold_no_worker_and_the_rest_goes_on(airflow, glue):
    """Six tasks wait at once where two workers are, and none of the two is taken."""
    airflow.wait("all waiting", lambda: set(airflow.states().values()) == {"deferred"})
    assert sorted(glue.runs) == sorted(f"{name}-1" for name in JOBS)
    assert glue.crawler == {"State": "RUNNING"}
    assert len(airflow.states()) == 6 > WORKER_SLOTS
    pool = airflow.call("GET", "/api/v2/pools/default_pool")
    assert (pool["running_slots"], pool["queued_slots"], pool["deferred_slots"]) == (0, 0, 6)


def test_tasks_end_as_their_jobs_and_crawlers_do(airflow, glue):
    airflow.wait("all waiting", lambda: set(airflow.states().values()) == {"deferred"})
    glue.end("good-1", "SUCCEEDED")
    glue.end("refused-1", "FAILED", "TooManyBadRows: 12 of 100 rows are bad")
    glue.end_crawl()
    airflow.wait(
        "ended",
        lambda: [airflow.states()[name] for name in ("good", "crawler", "refused")] == ["success", "success", "failed"],
    )
    message = "Glue job refused, run refused-1, ended FAILED: TooManyBadRows: 12 of 100 rows"
    airflow.wait("told why", lambda: message in airflow.log("refused", 1))
    assert "refused-2" not in glue.runs, "tried again in vain"


def test_clearing_a_waiting_task_stops_its_run_and_starts_another(airflow, glue):
    airflow.wait("waiting", lambda: airflow.states()["cleared"] == "deferred" and "cleared-1" in glue.runs)
    airflow.call(
        "POST",
        "/api/v2/dags/waiting/clearTaskInstances",
        {"dry_run": False, "dag_run_id": "one", "task_ids": ["cleared"], "only_failed": False},
    )
    airflow.wait("run again", lambda: "cleared-2" in glue.runs)
    assert glue.stopped == ["cleared-1"]
    glue.end("cleared-2", "SUCCEEDED")
    airflow.wait("ended", lambda: airflow.states()["cleared"] == "success")


def test_clearing_a_task_that_succeeded_runs_its_job_again(airflow, glue):
    airflow.wait("ended", lambda: airflow.states()["good"] == "success")
    airflow.call(
        "POST",
        "/api/v2/dags/waiting/clearTaskInstances",
        {"dry_run": False, "dag_run_id": "one", "task_ids": ["good"], "only_failed": False},
    )
    airflow.wait("run again", lambda: "good-2" in glue.runs)
    glue.end("good-2", "SUCCEEDED")
    airflow.wait("ended", lambda: airflow.states()["good"] == "success")


def test_killing_a_waiting_task_stops_its_run(airflow, glue):
    airflow.wait("waiting", lambda: airflow.states()["killed"] == "deferred")
    airflow.call("PATCH", "/api/v2/dags/waiting/dagRuns/one/taskInstances/killed", {"new_state": "failed"})
    airflow.wait("stopped", lambda: "killed-1" in glue.stopped)
    assert airflow.states()["killed"] == "failed"
    assert "killed-2" not in glue.runs


def test_a_run_is_not_repeated_when_airflow_gives_up_the_attempt_that_wakes(airflow, glue):
    """https://github.com/apache/airflow/issues/72716"""
    airflow.call("POST", "/api/v2/dags/raced/dagRuns", {"dag_run_id": "one", "logical_date": None})
    airflow.wait("started", lambda: "raced-1" in glue.runs)
    glue.end("raced-1", "SUCCEEDED")
    airflow.wait("ended", lambda: airflow.states("raced")["raced"] in ("success", "failed"))
    (task,) = airflow.call("GET", "/api/v2/dags/raced/dagRuns/one/taskInstances")["task_instances"]
    assert task["state"] == "success"
    assert task["try_number"] >= 2, "without a second attempt this shows nothing"
    assert "raced-2" not in glue.runs


def test_waiting_in_the_worker_would_hold_every_worker(airflow, glue):
    """What deferring saves, counted in the same way: as many tasks wait as there are workers, the others queue."""
    airflow.wait("idle", lambda: "deferred" not in airflow.states().values() or glue.end("late-1", "SUCCEEDED"))
    airflow.call("POST", "/api/v2/dags/holding/dagRuns", {"dag_run_id": "one", "logical_date": None})
    held = [f"held{number}-1" for number in range(WORKER_SLOTS)]
    airflow.wait("full", lambda: sum(run.startswith("held") for run in glue.runs) >= len(held))
    time.sleep(3)  # long enough for the others to start, if they could
    under_way = [run for run in glue.runs if run.startswith("held")]
    assert len(under_way) == WORKER_SLOTS
    assert list(airflow.states("holding").values()).count("running") == WORKER_SLOTS
    for run_id in under_way:
        glue.end(run_id, "SUCCEEDED")
