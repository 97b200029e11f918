"""The messages that the synthesised stack's rules, alarms and topic make of a failing job, a late day and bad rows."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from sandbox.dashboard import Dashboards
from sandbox.settings import ROOT
from sandbox.tests.conftest import Sandbox, awaited
from sandbox.tests.everything import make_rules
from sandbox.told import Inbox, Message

STACK = json.loads((ROOT / "main.tf.json.snapshot").read_text())["resource"]
RUNBOOK = "docs/runbook.md"


@pytest.fixture(scope="module")
def inbox(sandbox: Sandbox) -> Inbox:
    """Topic, rules, targets and alarms as the stack has them, made by the API calls that Terraform makes of them."""
    topic = make_rules(sandbox, STACK)
    cloudwatch = sandbox.client("cloudwatch")
    for name in ("day_late", "rows_quarantined"):
        alarm = STACK["aws_cloudwatch_metric_alarm"][name]
        cloudwatch.put_metric_alarm(
            AlarmName=alarm["alarm_name"],
            AlarmDescription=alarm["alarm_description"],
            AlarmActions=[topic],
            OKActions=[topic] if "ok_actions" in alarm else [],
            Namespace=alarm["namespace"],
            MetricName=alarm["metric_name"],
            Statistic=alarm["statistic"],
            Period=alarm["period"],
            EvaluationPeriods=alarm["evaluation_periods"],
            ComparisonOperator=alarm["comparison_operator"],
            Threshold=alarm["threshold"],
            TreatMissingData=alarm["treat_missing_data"],
        )
    found = Inbox(sandbox.settings.endpoint, "eu-central-1")
    found.subscribe()
    found.take()
    return found


def arrived(inbox: Inbox) -> Message:
    (message,) = awaited(inbox.take, "a message", 10)
    assert message.topic == "driven_data_alerts"
    return message


def put(sandbox: Sandbox, name: str, value: float) -> None:
    sandbox.client("cloudwatch").put_metric_data(
        Namespace="DrivenData/driven-data", MetricData=[{"MetricName": name, "Value": value}]
    )


def test_a_failing_job(sandbox: Sandbox, inbox: Inbox) -> None:
    run = sandbox.run(sandbox.job("judge_raw_data", "raise ValueError('2024-09-15: no header')"))
    assert arrived(inbox).text == (
        '"The Glue job judge_raw_data ended FAILED."\n'
        f'"JobName:judge_raw_data and JobRunId:{run["Id"]} failed to execute with exception '
        'ValueError: 2024-09-15: no header"\n'
        f'"Its run: {run["Id"]}. Unless another try can\'t help, Airflow starts it again by itself."\n'
        f'"What to do: {RUNBOOK}#a-glue-job-failed"'
    )


def test_other_jobs_and_good_runs_arent_told(sandbox: Sandbox, inbox: Inbox) -> None:
    sandbox.run(sandbox.job("somebody_elses", "raise ValueError('x')"))
    sandbox.run(sandbox.job("trusted_data", "print('well')"))
    assert inbox.take() == []


def test_a_failing_crawler(sandbox: Sandbox, inbox: Inbox) -> None:
    sandbox.glue.create_crawler(
        Name="raw_driven_data",
        Role="arn:aws:iam::000000000000:role/absent",
        DatabaseName="absent",
        Targets={"S3Targets": [{"Path": "s3://lake/none/"}]},
    )
    sandbox.glue.start_crawler(Name="raw_driven_data")
    text = arrived(inbox).text.splitlines()
    assert text[0].startswith('"The Glue crawler raw_driven_data failed at 2')
    assert "absent" in text[1]
    assert text[-1] == f'"What to do: {RUNBOOK}#a-crawler-failed"'


def test_a_failing_task(sandbox: Sandbox, inbox: Inbox) -> None:
    detail = {"day": "2024-09-15", "task": "reconcile_counts", "error": "raw 5 != clean 4", "run": "manual__1"}
    entry = {"Source": "DrivenData/driven-data", "DetailType": "Task Failed", "Detail": json.dumps(detail)}
    sandbox.client("events").put_events(Entries=[entry])
    assert arrived(inbox).text.splitlines()[:2] == [
        '"The day 2024-09-15 isn\'t complete: the task reconcile_counts failed."',
        '"raw 5 != clean 4"',
    ]


def test_a_late_day_and_its_end(sandbox: Sandbox, inbox: Inbox) -> None:
    said: dict[str, Any] = json.loads(STACK["aws_scheduler_schedule"]["deadline"]["target"]["input"])
    sandbox.client("cloudwatch").put_metric_data(**said)
    late = arrived(inbox)
    assert late.subject.startswith('ALARM: "driven_data_day_late"')
    assert late.text.startswith(
        "The day's data isn't complete at 08:00 (Europe/Bucharest): its run failed, is late, or"
    )
    assert f"{RUNBOOK}#the-day-is-late" in late.text
    put(sandbox, "DayComplete", 1)
    assert arrived(inbox).subject.startswith('OK: "driven_data_day_late"')


def test_a_day_with_too_many_bad_rows(sandbox: Sandbox, inbox: Inbox) -> None:
    put(sandbox, "QuarantinedShare", 1.9)
    assert inbox.take() == []
    put(sandbox, "QuarantinedShare", 2.5)
    told = arrived(inbox)
    assert told.subject.startswith('ALARM: "driven_data_rows_quarantined"')
    assert told.text.startswith("More than 2 % of the newest run's rows are in quarantine.")


def test_the_dashboard_shows_a_days_metrics(sandbox: Sandbox, inbox: Inbox) -> None:
    cloudwatch, dashboard = sandbox.client("cloudwatch"), STACK["aws_cloudwatch_dashboard"]["day"]
    arn = "arn:aws:cloudwatch:eu-central-1:000000000000:alarm:"
    body = re.sub(
        r"\$\{aws_cloudwatch_metric_alarm\.(\w+)\.arn\}", rf"{arn}driven_data_\1", dashboard["dashboard_body"]
    )
    cloudwatch.put_dashboard(DashboardName=dashboard["dashboard_name"], DashboardBody=body)
    put(sandbox, "RawRows", 250)
    put(sandbox, "LastCompleteDay", 20240917)
    for reason, rows in (("iban:iban", 3), ("row:columns", 2)):
        metric = {"MetricName": "QuarantinedRows", "Value": rows, "Dimensions": [{"Name": "Reason", "Value": reason}]}
        cloudwatch.put_metric_data(Namespace="DrivenData/driven-data", MetricData=[metric])
    tiles = Dashboards(sandbox.settings.endpoint, "eu-central-1").tiles(dashboard["dashboard_name"])
    assert len(tiles) == len(json.loads(body)["widgets"])
    shown = {tile.title: dict(tile.values) for tile in tiles}
    assert {"driven_data_day_late", "driven_data_rows_quarantined"} <= {*shown["Alarms"]}
    assert shown["Last complete day"] == {"LastCompleteDay": "20,240,917"}
    assert shown["Rows"] == {"RawRows": "250", "CleanRows": "no data", "QuarantinedRows": "no data"}
    by_reason = shown["Quarantined by reason (a row may have several)"]
    assert by_reason == {"QuarantinedRows iban:iban": "3", "QuarantinedRows row:columns": "2"}
    assert [(tile.x, tile.y) for tile in tiles[:4]] == [(0, 0), (8, 0), (16, 0), (0, 6)]


def test_only_glue_itself_sends_its_events(sandbox: Sandbox) -> None:
    entry = {"Source": "aws.glue", "DetailType": "Glue Job State Change", "Detail": "{}"}
    answer = sandbox.client("events").put_events(Entries=[entry])
    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
