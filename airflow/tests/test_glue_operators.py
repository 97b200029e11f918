"""The Glue operators against an HTTP endpoint that answers as Glue does, call by call."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from glue_operators import ExclusiveGlueCrawlerOperator, ExistingGlueJobOperator

RUNNING = {"Crawler": {"State": "RUNNING"}}
METRICS = {
    "CrawlerMetricsList": [
        {
            "LastRuntimeSeconds": 1.0,
            "MedianRuntimeSeconds": 1.0,
            "TablesCreated": 0,
            "TablesUpdated": 1,
            "TablesDeleted": 0,
        }
    ]
}
ABSENT = "EntityNotFoundException"


def ready(status: str, message: str = "") -> dict:
    return {"Crawler": {"State": "READY", "LastCrawl": {"Status": status, "ErrorMessage": message}}}


@pytest.fixture
def glue(monkeypatch):
    """answers: a list for each call, its last entry repeats; a str is an error code. calls: those made."""
    state = SimpleNamespace(answers={}, calls=[])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            call = self.headers["X-Amz-Target"].rpartition(".")[2]
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.calls.append((call, body))
            left = state.answers.get(call, ["AccessDeniedException"])
            answer = left.pop(0) if len(left) > 1 else left[0]
            failed = isinstance(answer, str)
            content = json.dumps({"__type": answer, "message": answer} if failed else answer).encode()
            self.send_response(400 if failed else 200)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_GLUE", f"http://127.0.0.1:{server.server_port}")
    yield state
    server.shutdown()
    server.server_close()


def names(glue) -> list[str]:
    return [call for call, _ in glue.calls]


def run_crawler() -> str:
    return ExclusiveGlueCrawlerOperator(task_id="update", crawler_name="c", poll_interval=0).execute({})


def test_a_crawl_runs_to_its_end(glue):
    glue.answers = {
        "StartCrawler": [{}],
        "GetCrawler": [RUNNING, ready("SUCCEEDED")],
        "GetCrawlerMetrics": [METRICS],
    }
    assert run_crawler() == "c"
    assert names(glue)[0] == "StartCrawler"


def test_a_running_crawl_is_waited_for_and_followed_by_our_own(glue):
    glue.answers = {
        "StartCrawler": ["CrawlerRunningException", "CrawlerRunningException", {}],
        "GetCrawler": [RUNNING, ready("SUCCEEDED")],
        "GetCrawlerMetrics": [METRICS],
    }
    run_crawler()
    assert names(glue)[:4] == ["StartCrawler"] * 3 + ["GetCrawler"]


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_an_unsuccessful_crawl_fails_with_its_message(glue, status):
    glue.answers = {"StartCrawler": [{}], "GetCrawler": [RUNNING, ready(status, "no access to s3://x")]}
    with pytest.raises(AirflowException, match=f"Glue crawler c ended {status}: no access to s3://x"):
        run_crawler()


def test_a_missing_crawler_fails_without_retries(glue):
    glue.answers = {"StartCrawler": [ABSENT]}
    with pytest.raises(AirflowFailException, match="There is no Glue crawler c; apply the stack first"):
        run_crawler()


class Store(dict):
    """Airflow's store of what a task keeps from one attempt to the next."""

    def set(self, key: str, value: str) -> None:
        self[key] = value


def run_job(store: Store) -> None:
    job = ExistingGlueJobOperator(
        task_id="transform", job_name="j", script_args={"--run_date": "2024-09-15"}, job_poll_interval=0
    )
    job.operator_extra_links = ()
    ti = SimpleNamespace(xcom_push=lambda **_: None, stats_tags={}, try_number=1, dag_id="d", task_id="t", run_id="r")
    job.execute({"ti": ti, "task_instance": ti, "task_state_store": store, "task": job})


def job_run(state: str, message: str = "") -> dict:
    return {"JobRun": {"Id": "jr", "JobRunState": state, "ErrorMessage": message}}


def test_a_job_is_started_with_its_arguments_and_never_rewritten(glue):
    glue.answers = {
        "GetJob": [{"Job": {"Name": "j"}}],
        "StartJobRun": [{"JobRunId": "jr"}],
        "GetJobRun": [job_run("RUNNING"), job_run("SUCCEEDED")],
    }
    run_job(Store())
    assert set(names(glue)) == {"GetJob", "StartJobRun", "GetJobRun"}
    started = next(body for call, body in glue.calls if call == "StartJobRun")
    assert started == {"JobName": "j", "Arguments": {"--run_date": "2024-09-15"}}


def test_a_failed_job_shows_its_own_error(glue):
    glue.answers = {
        "GetJob": [{"Job": {"Name": "j"}}],
        "StartJobRun": [{"JobRunId": "jr"}],
        "GetJobRun": [job_run("FAILED", "12 of 100 rows are bad; allowed are 5 %")],
    }
    with pytest.raises(AirflowException, match="job j, run jr, ended FAILED: 12 of 100 rows are bad"):
        run_job(Store())


def test_a_missing_job_fails_and_is_not_created(glue):
    glue.answers = {"GetJob": [ABSENT]}
    with pytest.raises(AirflowFailException, match="There is no Glue job j in eu-central-1"):
        run_job(Store())
    assert set(names(glue)) == {"GetJob"}


@pytest.mark.parametrize(("earlier", "starts"), [("SUCCEEDED", 1), ("FAILED", 1), ("RUNNING", 0)])
def test_only_a_running_earlier_run_is_taken_up(glue, earlier, starts):
    glue.answers = {
        "GetJob": [{"Job": {"Name": "j"}}],
        "StartJobRun": [{"JobRunId": "jr"}],
        "GetJobRun": [job_run(earlier), job_run("SUCCEEDED")],
    }
    run_job(Store(glue_job_run_id="earlier"))
    assert names(glue).count("StartJobRun") == starts
