"""What a run tells: its metrics, the alarm of a late day on each day of two years, and its failures."""

import json
import os
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace

import boto3
import pytest
import telling
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from conftest import ROOT
from driven_data_pipeline import START_OF_RUN, TIMEZONE
from glue_operators import ended

STACK = json.loads((ROOT / "main.tf.json.snapshot").read_text(encoding="utf-8"))["resource"]
JUDGEMENT = {
    "run_date": "2024-09-15",
    "raw_rows": 200,
    "clean_rows": 196,
    "quarantined_rows": 4,
    "reasons": {"iban:checksum": 3, "row:columns": 1},
}
BEGAN = datetime(2024, 9, 15, 7, 0, tzinfo=TIMEZONE)


def metrics(now: datetime, **judgement) -> dict:
    """By name, and reason if there is one; those of DayComplete are the moments."""
    found = {}
    for each in telling.day_metrics({**JUDGEMENT, **judgement}, 5_000, BEGAN, now, "08:00"):
        if each["MetricName"] == "DayComplete":
            found.setdefault("DayComplete", []).append(each["Timestamp"])
        else:
            reason = "".join(f" {dimension['Value']}" for dimension in each.get("Dimensions", []))
            found[each["MetricName"] + reason] = each["Value"]
    return found


def test_a_run_gives_its_numbers():
    given = metrics(datetime(2024, 9, 16, 3, 0, tzinfo=TIMEZONE))
    assert given == {
        "LastCompleteDay": 20240915,
        "RawRows": 200,
        "CleanRows": 196,
        "QuarantinedRows": 4,
        "QuarantinedRows iban:checksum": 3,
        "QuarantinedRows row:columns": 1,
        "QuarantinedShare": 2.0,
        "RawBytes": 5_000,
        "RunSeconds": 20 * 3600,
    }


def test_a_raw_file_that_has_expired_has_no_size():
    """The day that is told is run again from the gate on; its tables are there still."""
    names = [each["MetricName"] for each in telling.day_metrics(JUDGEMENT, None, BEGAN, BEGAN, "08:00")]
    assert "RawRows" in names and "RawBytes" not in names


def test_a_day_without_rows_has_none_in_quarantine():
    assert metrics(BEGAN, raw_rows=0, clean_rows=0, quarantined_rows=0, reasons={})["QuarantinedShare"] == 0


def test_another_days_run_doesnt_say_that_today_is_complete():
    assert "DayComplete" in metrics(datetime(2024, 9, 15, 7, 30, tzinfo=TIMEZONE))
    assert "DayComplete" not in metrics(datetime(2024, 9, 16, 7, 30, tzinfo=TIMEZONE))


# --- the alarm of a late day ---

ALARM = STACK["aws_cloudwatch_metric_alarm"]["day_late"]
SCHEDULE = STACK["aws_scheduler_schedule"]["deadline"]


def clock(day: date) -> datetime:
    """When the schedule says 0: its cron expression in its own time zone, as EventBridge Scheduler takes them."""
    minute, hour, *rest = SCHEDULE["schedule_expression"].removeprefix("cron(").removesuffix(")").split()
    assert rest == ["*", "*", "?", "*"]
    assert SCHEDULE["schedule_expression_timezone"] == TIMEZONE.key
    return datetime.combine(day, time(int(hour), int(minute)), TIMEZONE)


def run(day: date, ended: datetime) -> list[datetime]:
    """When a run of the day that ends at this moment says 1."""
    judgement = {**JUDGEMENT, "run_date": day.isoformat()}
    given = telling.day_metrics(judgement, 1, ended, ended, "08:00")
    moments = [each["Timestamp"] for each in given if each["MetricName"] == "DayComplete"]
    assert all(each["Value"] == 1 for each in given if each["MetricName"] == "DayComplete")
    assert all(moment.timestamp() - ended.timestamp() <= 2 * 3600 for moment in moments)
    return moments


def state(zeros: list[datetime], ones: list[datetime], now: datetime) -> str:
    """The alarm's, by its own settings: each minute with a value is compared, the others keep the state."""
    assert (ALARM["metric_name"], ALARM["namespace"]) == ("DayComplete", "DrivenData/driven-data")
    assert (ALARM["statistic"], ALARM["period"], ALARM["evaluation_periods"]) == ("Maximum", 60, 1)
    assert (ALARM["comparison_operator"], ALARM["threshold"]) == ("LessThanThreshold", 1)
    assert ALARM["treat_missing_data"] == "ignore"
    minutes: dict[int, int] = {}
    for value, moments in ((0, zeros), (1, ones)):
        for moment in moments:
            minute = int(moment.timestamp()) // 60
            minutes[minute] = max(value, minutes.get(minute, 0))
    past = [minute for minute in minutes if minute * 60 <= now.timestamp()]
    return "ALARM" if past and minutes[max(past)] < ALARM["threshold"] else "OK"


YEARS = [date(2024, 1, 1) + timedelta(days=number) for number in range(731)]


@pytest.mark.parametrize("late", range(0, 11, 5), ids=lambda minutes: f"clock {minutes} min late")
def test_the_day_is_late_exactly_when_it_isnt_complete_by_then(late):
    hours = set()
    for day in YEARS:
        due = clock(day)
        hours.add(due.utcoffset())
        said = [due + timedelta(minutes=late)]
        after = due + timedelta(minutes=late + 1)
        for minutes in (1, 20, 59):  # in time, from the run's start on
            ended = datetime.combine(day, START_OF_RUN, TIMEZONE) + timedelta(minutes=minutes)
            for now in (ended, due, after, due + timedelta(hours=9)):
                assert state(said, run(day, ended), now) == "OK", (day, ended, now)
        assert state(said, [], due - timedelta(minutes=1)) == "OK"
        assert state(said, [], after) == "ALARM", f"{day}: no run"
        ended = due + timedelta(minutes=40)
        ones = run(day, ended)
        assert state(said, ones, after) == "ALARM", f"{day}: late"
        assert state(said, ones, ended) == "OK", f"{day}: complete in the end"
        by_hand = datetime.combine(day, time(4, 0), TIMEZONE)
        assert run(day, by_hand) == [by_hand], "CloudWatch would refuse the whole call"
        # The day before, run late in this day's night, isn't this day.
        assert run(day - timedelta(days=1), datetime.combine(day, time(6, 30), TIMEZONE)) == []
    assert hours == {timedelta(hours=2), timedelta(hours=3)}


def test_the_clock_gives_up_before_a_run_in_time_is_silent_again():
    most = SCHEDULE["target"]["retry_policy"]["maximum_event_age_in_seconds"]
    assert most < telling.COVERED_MINUTES * 60
    given = json.loads(SCHEDULE["target"]["input"])
    assert given == {"Namespace": ALARM["namespace"], "MetricData": [{"MetricName": "DayComplete", "Value": 0}]}


# --- the dashboard ---

# Namespaces, metrics and dimensions as AWS's pages have them.
OF_AWS = {
    # https://docs.aws.amazon.com/mwaa/latest/userguide/access-metrics-cw.html
    ("AmazonMWAA", "SchedulerHeartbeat", ("Function", "Environment")),
    ("AmazonMWAA", "QueuedTasks", ("Function", "Environment")),
    # https://docs.aws.amazon.com/mwaa/latest/userguide/accessing-metrics-cw-container-queue-db.html
    ("AWS/MWAA", "CPUUtilization", ("Cluster", "Environment")),
}
# https://docs.aws.amazon.com/athena/latest/ug/query-metrics-viewing.html
OF_ATHENA = '{AWS/Athena,QueryState,QueryType,WorkGroup} MetricName="ProcessedBytes" WorkGroup="driven_data"'


def published() -> set[tuple]:
    given = telling.day_metrics(JUDGEMENT, 1, BEGAN, BEGAN, "08:00")
    names = [(each["MetricName"], tuple(one["Name"] for one in each.get("Dimensions", []))) for each in given]
    return {("DrivenData/driven-data", name, dimensions) for name, dimensions in names}


def test_every_metric_of_the_dashboard_and_of_the_alarms_is_there():
    known = {(space, name, tuple(sorted(dimensions))) for space, name, dimensions in published() | OF_AWS}
    shown, searches = set(), []
    for widget in json.loads(STACK["aws_cloudwatch_dashboard"]["day"]["dashboard_body"])["widgets"]:
        for metric in widget["properties"].get("metrics", []):
            if isinstance(metric[0], dict):
                searches.append(metric[0]["expression"])
            else:
                shown.add((metric[0], metric[1], tuple(sorted(metric[2::2]))))
    for alarm in STACK["aws_cloudwatch_metric_alarm"].values():
        shown.add((alarm["namespace"], alarm["metric_name"], tuple(sorted(alarm.get("dimensions", {})))))
    assert shown - known == set()
    assert {name for space, name, _ in published()} - {name for _, name, _ in shown} == set(), "published for nobody"
    by_reason = '{DrivenData/driven-data,Reason} MetricName="QuarantinedRows"'
    assert searches == [f"SEARCH('{terms}', 'Sum', 86400)" for terms in (by_reason, OF_ATHENA)]


# --- what is really sent ---


def client(service: str):
    return boto3.client(service, endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"])


def test_the_metrics_reach_cloudwatch(s3):
    now = datetime.now(TIMEZONE)
    given = telling.day_metrics({**JUDGEMENT, "run_date": now.date().isoformat()}, 5_000, now, now, "08:00")
    telling.publish("DrivenData/test", given)
    found = client("cloudwatch").list_metrics(Namespace="DrivenData/test")["Metrics"]
    names = {(each["MetricName"], *(one["Value"] for one in each["Dimensions"])) for each in found}
    assert {("RawRows",), ("DayComplete",), ("QuarantinedRows",), ("QuarantinedRows", "iban:checksum")} <= names


def test_a_run_goes_on_when_cloudwatch_refuses(s3, monkeypatch, caplog):
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", "http://127.0.0.1:9")
    telling.publish("DrivenData/test", [{"MetricName": "RawRows", "Value": 1}])
    assert "it will be told as late" in caplog.text


@pytest.fixture
def told(s3):
    """The events that a rule of ours catches, through a queue."""
    events, sqs = client("events"), client("sqs")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    sqs.purge_queue(QueueUrl=url)
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = STACK["aws_cloudwatch_event_rule"]["task_failed"]["event_pattern"]
    events.put_rule(Name="told", EventPattern=pattern)
    events.put_targets(Rule="told", Targets=[{"Id": "told", "Arn": arn}])

    def take() -> list[dict]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(each["Body"])["detail"] for each in found]

    return take


def failing(dag, error: Exception | None, retries: int = 3) -> dict:
    """The context that Airflow gives to the callback of a task that failed for good."""
    return {
        "exception": error,
        "task": SimpleNamespace(task_id="judge_raw_data", retries=retries),
        "run_id": "scheduled__1",
        "params": {"run_date": "2024-09-15"},
        "dag_run": None,
    }


def tell(dag, context: dict) -> None:
    (callback,) = dag.get_task("judge_raw_data").on_failure_callback
    callback(context)


def test_every_task_and_the_run_tell_their_failures(dag):
    assert all(task.on_failure_callback for task in dag.tasks)
    assert dag.has_on_failure_callback


def test_a_failure_is_told_with_day_task_and_error(dag, told):
    tell(dag, failing(dag, AirflowFailException('The counts don\'t reconcile:\n- "raw" 5 != 4')))
    assert told() == [
        {
            "day": "2024-09-15",
            "task": "judge_raw_data",
            "error": "AirflowFailException: The counts don't reconcile:\n- 'raw' 5 != 4",
            "run": "scheduled__1",
        }
    ]


JOB = "Glue job judge_raw_data, run jr_1,"


@pytest.mark.parametrize(
    ("error", "retries", "expected"),
    [
        (ended(JOB, "FAILED", "RawFileRefused: 2024-09-15: no header", AirflowFailException), 3, 0),
        (ended(JOB, "TIMEOUT", "Job timed out."), 0, 0),
        (ended("Glue crawler raw", "FAILED", "denied"), 0, 0),
        (ended(JOB, "FAILED", "OutOfMemory"), 3, 1),
        (ended(JOB, "STOPPED", "no error message"), 0, 1),
        (AirflowException("Glue job judge_raw_data, run jr_1, didn't end within 1:00:00"), 0, 1),
        (ValueError("x"), 0, 1),
        (None, 3, 1),
    ],
    ids=["permanent", "timeout", "crawler", "given up", "stopped", "overdue", "other", "no error"],
)
def test_what_glue_has_told_isnt_told_again(dag, told, error, retries, expected):
    tell(dag, failing(dag, error, retries))
    assert len(told()) == expected


def test_a_long_error_is_cut(dag, told):
    tell(dag, failing(dag, ValueError("x" * 5_000)))
    assert told()[0]["error"] == "ValueError: " + "x" * (telling.MOST_OF_AN_ERROR - 12) + "…"


def test_a_run_that_took_too_long_is_told_and_one_whose_task_failed_isnt(dag, told):
    for reason in ("task_failure", "timed_out"):
        dag.on_failure_callback({**failing(dag, None), "reason": reason})
    dag.on_failure_callback({"dag": dag, "run_id": "r", "reason": "timed_out"})
    event, bare = told()
    assert (event["day"], event["task"], event["run"]) == ("2024-09-15", "(all)", "scheduled__1")
    assert (bare["day"], bare["run"]) == ("of the run below", "r")
    assert "took longer than it may" in event["error"]


def test_a_failure_that_cant_be_told_is_logged(s3, dag, monkeypatch, caplog):
    monkeypatch.setenv("AWS_ENDPOINT_URL_EVENTBRIDGE", "http://127.0.0.1:9")
    tell(dag, failing(dag, ValueError("x")))
    assert "couldn't be told" in caplog.text
