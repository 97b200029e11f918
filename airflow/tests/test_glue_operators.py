"""The Glue operators and their triggers against an HTTP endpoint that answers as Glue does, call by call."""

import asyncio
import datetime
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import glue_triggers
import pytest
from airflow.sdk._shared.module_loading import import_string
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred
from glue_operators import (
    ExclusiveGlueCrawlerOperator,
    ExistingGlueJobOperator,
    RegisteringCrawlerOperator,
    RegisteringOperator,
)

RUNNING = {"Crawler": {"State": "RUNNING"}}
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


class Store(dict):
    """Airflow's store of what a task keeps from one attempt to the next."""

    def set(self, key: str, value: str) -> None:
        self[key] = value

    def delete(self, key: str) -> None:
        self.pop(key, None)


class ReplacedStore(Store):
    """As for an attempt that Airflow has declared failed."""

    def delete(self, key: str) -> None:
        raise AirflowException("Task instance not found")


class TaskInstance(SimpleNamespace):
    """Keeps what a task pushes, as Airflow does."""

    def xcom_push(self, key: str, value) -> None:
        self.pushed[key] = value


WAITING = {"poll_seconds": 0, "execution_timeout": datetime.timedelta(minutes=1)}


def sent(trigger) -> glue_triggers.GlueTrigger:
    """The trigger as the triggerer makes it from what the worker serialised."""
    path, arguments = trigger.serialize()
    return import_string(path)(**json.loads(json.dumps(arguments)))


async def first_event(trigger) -> dict:
    return (await anext(trigger.run())).payload


def carry_out(operator, store: Store | None = None):
    """Runs the operator to its end, and its triggers in between; the task's result."""
    operator.operator_extra_links = ()
    ti = TaskInstance(pushed={}, stats_tags={}, try_number=1, dag_id="d", task_id="t", run_id="r")
    context = {"ti": ti, "task_instance": ti, "task": operator, "task_state_store": Store() if store is None else store}
    method, arguments = "execute", {}
    while True:
        try:
            return getattr(operator, method)(context, **arguments)
        except TaskDeferred as deferred:
            method = deferred.method_name
            arguments = {"event": asyncio.run(first_event(sent(deferred.trigger)))}


def run_crawler() -> str:
    return carry_out(ExclusiveGlueCrawlerOperator(task_id="update", crawler_name="c", **WAITING))


def test_a_crawl_runs_to_its_end(glue):
    glue.answers = {
        "StartCrawler": [{}],
        "GetCrawler": [RUNNING, ready("SUCCEEDED")],
    }
    assert run_crawler() == "c"
    assert names(glue)[0] == "StartCrawler"


def test_a_running_crawl_is_waited_for_and_followed_by_our_own(glue):
    glue.answers = {
        "StartCrawler": ["CrawlerRunningException", "CrawlerStoppingException", {}],
        "GetCrawler": [RUNNING, ready("FAILED"), ready("CANCELLED"), RUNNING, ready("SUCCEEDED")],
    }
    assert run_crawler() == "c"
    start, look = "StartCrawler", "GetCrawler"
    assert names(glue) == [start, look, look, start, look, start, look, look]


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_an_unsuccessful_crawl_fails_with_its_message(glue, status):
    glue.answers = {"StartCrawler": [{}], "GetCrawler": [RUNNING, ready(status, "no access to s3://x")]}
    with pytest.raises(AirflowException, match=f"Glue crawler c ended {status}: no access to s3://x"):
        run_crawler()


def test_a_missing_crawler_fails_without_retries(glue):
    glue.answers = {"StartCrawler": [ABSENT]}
    with pytest.raises(AirflowFailException, match="There is no Glue crawler c; apply the stack first"):
        run_crawler()


HOME = "s3://lake/data/staging/dim_date/"
TABLE = {
    "Table": {
        "Name": "dim_date",
        "Parameters": {"classification": "parquet", "typeOfData": "file", "EXTERNAL": "TRUE"},
        "StorageDescriptor": {"Location": HOME, "Columns": [{"Name": "unique_id", "Type": "string"}]},
    }
}


def registered(location: str) -> dict:
    return {"Partition": {"Values": ["2024-09-15"], "StorageDescriptor": {"Location": location}}}


THE_DAY = registered(f"{HOME}run_date=2024-09-15")
CRAWLED = {"StartCrawler": [{}], "GetCrawler": [RUNNING, ready("SUCCEEDED")]}


def update_table() -> str:
    update = RegisteringCrawlerOperator(
        task_id="update",
        crawler_name="c",
        database="db",
        table="dim_date",
        partition=("run_date", "2024-09-15"),
        **WAITING,
    )
    return carry_out(update)


def test_a_missing_partition_is_registered_before_the_crawl_and_checked_after_it(glue):
    glue.answers = {**CRAWLED, "GetTable": [TABLE], "GetPartition": [ABSENT, THE_DAY], "CreatePartition": [{}]}
    assert update_table() == "c"
    made = next(body for call, body in glue.calls if call == "CreatePartition")
    assert (made["DatabaseName"], made["TableName"]) == ("db", "dim_date")
    assert made["PartitionInput"] == {
        "Values": ["2024-09-15"],
        "StorageDescriptor": {**TABLE["Table"]["StorageDescriptor"], "Location": f"{HOME}run_date=2024-09-15/"},
        "Parameters": {"classification": "parquet", "typeOfData": "file"},
    }
    order = [name for name in names(glue) if name in ("CreatePartition", "StartCrawler", "GetPartition")]
    assert order == ["GetPartition", "CreatePartition", "StartCrawler", "GetPartition"]


def test_a_registered_partition_is_left_alone(glue):
    glue.answers = {**CRAWLED, "GetTable": [TABLE], "GetPartition": [THE_DAY]}
    update_table()
    assert "CreatePartition" not in names(glue)
    assert "StartCrawler" in names(glue)


def test_a_partition_that_somebody_else_registers_meanwhile_is_fine(glue):
    glue.answers = {
        **CRAWLED,
        "GetTable": [TABLE],
        "GetPartition": [ABSENT, THE_DAY],
        "CreatePartition": ["AlreadyExistsException"],
    }
    assert update_table() == "c"


def test_a_partition_that_is_gone_after_the_crawl_fails_saying_why(glue):
    glue.answers = {**CRAWLED, "GetTable": [TABLE], "GetPartition": [ABSENT], "CreatePartition": [{}]}
    with pytest.raises(AirflowException, match=r"run_date=2024-09-15, isn't registered, although .* ended SUCCEEDED"):
        update_table()


@pytest.mark.parametrize("before", [True, False], ids=["before the crawl", "after it"])
def test_a_partition_at_another_location_fails_without_retries(glue, before):
    elsewhere = registered("s3://old-lake/run_date=2024-09-15")
    glue.answers = {**CRAWLED, "GetTable": [TABLE], "GetPartition": [elsewhere] if before else [THE_DAY, elsewhere]}
    with pytest.raises(AirflowFailException, match="is registered at s3://old-lake/run_date=2024-09-15, where this"):
        update_table()
    assert ("StartCrawler" in names(glue)) is not before


def register_day() -> str:
    return carry_out(
        RegisteringOperator(
            task_id="update", database="db", table="dim_date", partition=("run_date", "2024-09-15"), **WAITING
        )
    )


def test_a_table_without_a_crawler_is_registered_only(glue):
    glue.answers = {"GetTable": [TABLE], "GetPartition": [ABSENT], "CreatePartition": [{}]}
    assert register_day() == "dim_date"
    assert names(glue) == ["GetTable", "GetPartition", "CreatePartition"]
    made = glue.calls[-1][1]["PartitionInput"]
    assert made["StorageDescriptor"]["Location"] == f"{HOME}run_date=2024-09-15/"


def test_a_table_without_a_crawler_that_is_registered_elsewhere_fails_without_retries(glue):
    glue.answers = {"GetTable": [TABLE], "GetPartition": [registered("s3://old-lake/run_date=2024-09-15")]}
    with pytest.raises(AirflowFailException, match="is registered at s3://old-lake/run_date=2024-09-15, where this"):
        register_day()


def test_a_missing_table_fails_without_retries(glue):
    glue.answers = {"GetTable": [ABSENT]}
    with pytest.raises(AirflowFailException, match="There is no table dim_date in the Glue database db; apply the"):
        update_table()


def a_job(**options) -> ExistingGlueJobOperator:
    options = {**WAITING, **options}
    return ExistingGlueJobOperator(
        task_id="transform", job_name="j", script_args={"--run_date": "2024-09-15"}, **options
    )


def job_run(state: str, message: str = "") -> dict:
    return {"JobRun": {"Id": "jr", "JobRunState": state, "ErrorMessage": message}}


def test_a_job_is_started_with_its_arguments_and_never_rewritten(glue):
    glue.answers = {
        "StartJobRun": [{"JobRunId": "jr"}],
        "GetJobRun": [job_run("RUNNING"), job_run("SUCCEEDED")],
    }
    assert carry_out(a_job()) == "jr"
    assert names(glue) == ["StartJobRun", "GetJobRun", "GetJobRun"]
    started = next(body for call, body in glue.calls if call == "StartJobRun")
    assert started == {"JobName": "j", "Arguments": {"--run_date": "2024-09-15"}}


@pytest.mark.parametrize(("state", "told"), [("FAILED", True), ("TIMEOUT", True), ("ERROR", False)])
def test_a_failure_says_whether_glue_has_told_it(glue, state, told):
    glue.answers = {"StartJobRun": [{"JobRunId": "jr"}], "GetJobRun": [job_run(state)]}
    with pytest.raises(AirflowException, match=f"run jr, ended {state}") as failed:
        carry_out(a_job())
    assert failed.value.told_by_glue is told


def test_a_failed_job_shows_its_own_error(glue):
    glue.answers = {
        "StartJobRun": [{"JobRunId": "jr"}],
        "GetJobRun": [job_run("FAILED", "12 of 100 rows are bad; allowed are 5 %")],
    }
    with pytest.raises(AirflowException, match="job j, run jr, ended FAILED: 12 of 100 rows are bad"):
        carry_out(a_job())


@pytest.mark.parametrize(
    ("message", "final"),
    [
        ("RawFileRefused: s3://lake/x.csv has no header line", True),
        ("TooManyBadRows: 12 of 100 rows are bad", True),
        ("BadArguments: --run_date 15.09.2024", True),
        ("Error Category: UNCLASSIFIED_ERROR; TooManyBadRows: 12 of 100 rows are bad", True),
        ("Error Category: QUERY_ERROR; Failed Line Number: 77; RawFileRefused: s3://lake/x.csv", True),
        ("driven_data.errors.BadArguments: --run_date", True),
        ("DayIsLocked: another run holds the day, after a RawFileRefused: x", False),
        ("RawFileRefusedTwice: no such class", False),
        ("Py4JJavaError: An error occurred while calling o1", False),
        ("", False),
    ],
)
def test_errors_that_a_retry_cannot_mend_are_not_retried(glue, message, final):
    glue.answers = {
        "StartJobRun": [{"JobRunId": "jr"}],
        "GetJobRun": [job_run("FAILED", message)],
    }
    with pytest.raises(AirflowException) as failure:
        carry_out(a_job())
    assert isinstance(failure.value, AirflowFailException) is final
    assert (message or "no error message") in str(failure.value)


def test_a_missing_job_fails_and_is_not_created(glue):
    glue.answers = {"StartJobRun": [ABSENT]}
    with pytest.raises(AirflowFailException, match="There is no Glue job j in eu-central-1"):
        carry_out(a_job())
    assert names(glue) == ["StartJobRun"]


@pytest.mark.parametrize("state", ["STARTING", "RUNNING", "WAITING", "SUCCEEDED"])
def test_a_run_whose_end_no_attempt_has_seen_is_taken_up(glue, state):
    glue.answers = {"GetJobRun": [job_run(state), job_run("SUCCEEDED")]}
    store = Store(glue_job_run_id="earlier")
    assert carry_out(a_job(), store) == "earlier"
    assert store == {}, "its end is seen, so a cleared task runs its job again"


def test_a_failure_that_no_attempt_has_seen_fails_the_next_one(glue):
    glue.answers = {"GetJobRun": [job_run("FAILED", "TooManyBadRows: 12 of 100 rows are bad")]}
    store = Store(glue_job_run_id="earlier")
    with pytest.raises(AirflowFailException, match="run earlier, ended FAILED: TooManyBadRows: 12 of 100"):
        carry_out(a_job(), store)
    assert store == {}


def test_a_run_whose_end_an_attempt_has_seen_is_followed_by_another(glue):
    glue.answers = {
        "StartJobRun": [{"JobRunId": "one"}, {"JobRunId": "another"}],
        "GetJobRun": [job_run("FAILED", "no space"), job_run("SUCCEEDED")],
    }
    store = Store()
    with pytest.raises(AirflowException, match="run one, ended FAILED: no space"):
        carry_out(a_job(), store)
    assert carry_out(a_job(), store) == "another"


@pytest.mark.parametrize("state", ["SUCCEEDED", "FAILED", "STOPPED"])
def test_an_attempt_that_airflow_has_replaced_starts_nothing_and_leaves_its_run_to_the_next(glue, state):
    glue.answers = {"GetJobRun": [job_run(state)]}
    store = ReplacedStore(glue_job_run_id="earlier")
    with pytest.raises(AirflowException, match="Task instance not found"):
        carry_out(a_job(), store)
    assert "StartJobRun" not in names(glue)
    assert store == {"glue_job_run_id": "earlier"}


def test_an_earlier_run_that_glue_forgot_is_not_taken_up(glue):
    glue.answers = {"StartJobRun": [{"JobRunId": "another"}], "GetJobRun": [ABSENT, job_run("SUCCEEDED")]}
    assert carry_out(a_job(), Store(glue_job_run_id="earlier")) == "another"


def test_a_run_that_clearing_stopped_is_followed_by_another(glue):
    glue.answers = {
        "StartJobRun": [{"JobRunId": "another"}],
        "GetJobRun": [job_run("STOPPING"), job_run("STOPPING"), job_run("STOPPED"), job_run("SUCCEEDED")],
    }
    assert carry_out(a_job(), Store(glue_job_run_id="earlier")) == "another"
    assert names(glue) == ["GetJobRun"] * 3 + ["StartJobRun", "GetJobRun"]


def test_a_run_that_somebody_stopped_fails_the_task(glue):
    glue.answers = {"StartJobRun": [{"JobRunId": "jr"}], "GetJobRun": [job_run("STOPPED")]}
    with pytest.raises(AirflowException, match="job j, run jr, ended STOPPED: no error message"):
        carry_out(a_job())
    assert names(glue).count("StartJobRun") == 1


def test_a_run_beyond_the_tasks_time_is_stopped(glue):
    glue.answers = {
        "StartJobRun": [{"JobRunId": "jr"}],
        "GetJobRun": [job_run("RUNNING")],
        "BatchStopJobRun": [{"SuccessfulSubmissions": [{"JobName": "j", "JobRunId": "jr"}]}],
    }
    with pytest.raises(AirflowException, match=r"job j, run jr, didn't end within 0:00:00\.2.*, and was stopped"):
        carry_out(a_job(execution_timeout=datetime.timedelta(seconds=0.2), poll_seconds=0.05))
    assert glue.calls[-1] == ("BatchStopJobRun", {"JobName": "j", "JobRunIds": ["jr"]})


def test_a_crawl_beyond_the_tasks_time_fails(glue):
    glue.answers = {"StartCrawler": [{}], "GetCrawler": [RUNNING]}
    crawler = ExclusiveGlueCrawlerOperator(
        task_id="update", crawler_name="c", poll_seconds=0.05, execution_timeout=datetime.timedelta(seconds=0.2)
    )
    with pytest.raises(AirflowException, match=r"crawler c wasn't ready within 0:00:00\.2.*; it runs on"):
        carry_out(crawler)


def test_a_throttled_look_is_made_again(glue):
    glue.answers = {
        "StartJobRun": [{"JobRunId": "jr"}],
        "GetJobRun": ["ThrottlingException", job_run("SUCCEEDED")],
    }
    assert carry_out(a_job()) == "jr"
    assert names(glue) == ["StartJobRun", "GetJobRun", "GetJobRun"]


def test_killing_a_task_that_starts_its_run_stops_the_run(glue):
    glue.answers = {
        "StartJobRun": [{"JobRunId": "jr"}],
        "BatchStopJobRun": [{"SuccessfulSubmissions": [{"JobName": "j", "JobRunId": "jr"}]}],
    }
    job = a_job()
    job.on_kill()
    with pytest.raises(TaskDeferred):
        job.execute({"ti": TaskInstance(pushed={}), "task_state_store": Store()})
    job.on_kill()
    assert names(glue) == ["StartJobRun", "BatchStopJobRun"]


def test_killing_a_task_that_waits_stops_its_run(glue):
    glue.answers = {"BatchStopJobRun": [{"SuccessfulSubmissions": [{"JobName": "j", "JobRunId": "jr"}]}]}
    waiting = {"deadline": time.time() + 60, "poll_seconds": 1, "aws_conn_id": "aws_default", "region_name": None}
    trigger = glue_triggers.JobRunTrigger(job_name="j", run_id="jr", taken_up=False, **waiting)
    asyncio.run(sent(trigger).on_kill())
    assert glue.calls == [("BatchStopJobRun", {"JobName": "j", "JobRunIds": ["jr"]})]
