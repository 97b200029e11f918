"""What a run tells outside of Airflow: its metrics in CloudWatch, and what failed as an event in EventBridge.

The stack's rules, alarms and dashboard (src/.../monitoring) make messages and pictures of them; docs/monitoring.md has
both. A deployment without `monitoring` tells nothing.
"""

import json
import logging
from datetime import datetime, time, timedelta
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.sdk.exceptions import AirflowFailException
from botocore.config import Config

log = logging.getLogger(__name__)

# Telling is never worth a run: a service that doesn't answer is given up soon.
CLIENT = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})
# A message by e-mail has room for much more; an event has 256 KB.
MOST_OF_AN_ERROR = 2_000
# The schedule's 0 may come so many minutes late (Deadline.java gives up after ten).
COVERED_MINUTES = 15
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
MOST_AHEAD = timedelta(hours=2)


def day_metrics(
    judgement: dict[str, Any], raw_bytes: int | None, began: datetime, now: datetime, complete_by: str
) -> list[dict[str, Any]]:
    """
    The metrics of a run whose counts are reconciled, as PutMetricData takes them.

    raw_bytes: None of a raw file that has expired; began: when the run began; now: in the DAG's time zone, as
    complete_by ("08:00") is.
    """

    def metric(name: str, value: float, unit: str, moment: datetime = now, **dimensions: str) -> dict[str, Any]:
        named = [{"Name": dimension, "Value": of} for dimension, of in dimensions.items()]
        return {"MetricName": name, "Value": value, "Unit": unit, "Timestamp": moment, "Dimensions": named}

    raw, quarantined = judgement["raw_rows"], judgement["quarantined_rows"]
    complete = _complete(now, complete_by) if judgement["run_date"] == now.date().isoformat() else []
    return [
        metric("LastCompleteDay", int(judgement["run_date"].replace("-", "")), "None"),
        metric("RawRows", raw, "Count"),
        metric("CleanRows", judgement["clean_rows"], "Count"),
        metric("QuarantinedRows", quarantined, "Count"),
        metric("QuarantinedShare", 100 * quarantined / raw if raw else 0.0, "Percent"),
        *([] if raw_bytes is None else [metric("RawBytes", raw_bytes, "Bytes")]),
        metric("RunSeconds", (now - began).total_seconds(), "Seconds"),
        *(metric("QuarantinedRows", rows, "Count", Reason=reason) for reason, rows in judgement["reasons"].items()),
        *(metric("DayComplete", 1, "None", moment) for moment in complete),
    ]


def _complete(now: datetime, complete_by: str) -> list[datetime]:
    """
    The minutes for which the run says that its day is complete.

    When the day is due, the clock says 0 (Deadline.java). A run in time has said 1 for that minute before, and for
    those in which the clock may come late; one that comes later says 1 at once.
    """
    due = datetime.combine(now.date(), time.fromisoformat(complete_by), now.tzinfo)
    covered = [due + timedelta(minutes=minute) for minute in range(COVERED_MINUTES)]
    return [moment for moment in covered if now < moment <= now + MOST_AHEAD] or [now]


def publish(namespace: str, metrics: list[dict[str, Any]]) -> None:
    """Gives the metrics to CloudWatch. A failure is logged: the alarm of a late day then tells of it."""
    try:
        _client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=metrics)
    except Exception:
        log.exception("The run's metrics aren't in CloudWatch, so it will be told as late; the day itself is in order")


def tell_failure(namespace: str, day: str, context: Any) -> None:
    """Tells that a task failed for good, unless an event of Glue's has just told it."""
    error, task = context.get("exception"), context["task"]
    last = isinstance(error, AirflowFailException) or not task.retries
    if last and getattr(error, "told_by_glue", False):
        log.info("Glue has told this failure by an event of its own")
        return
    text = f"{type(error).__name__}: {error}" if error else "no error message; see the task's log"
    _tell(namespace, {"day": day, "task": task.task_id, "error": text, "run": context["run_id"]})


def tell_timeout(namespace: str, day: str, context: Any) -> None:
    """Tells that a run took longer than it may; a run's other failures are its tasks', which have told them."""
    if context.get("reason") == "timed_out":
        text = "The run took longer than it may (dagrun_timeout), and what was left of it was skipped."
        _tell(namespace, {"day": day, "task": "(all)", "error": text, "run": context["run_id"]})


def _tell(namespace: str, detail: dict[str, str]) -> None:
    # The rule puts the text between quotes, line by line.
    error = detail["error"].replace('"', "'")
    short = error if len(error) <= MOST_OF_AN_ERROR else f"{error[:MOST_OF_AN_ERROR]}…"
    entry = {"Source": namespace, "DetailType": "Task Failed", "Detail": json.dumps({**detail, "error": short})}
    try:
        answer = _client("events").put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            log.error("EventBridge didn't take the event of this failure: %s", answer["Entries"])
    except Exception:
        log.exception("The failure couldn't be told")


def _client(service: str) -> Any:
    return AwsBaseHook(client_type=service, config=CLIENT).conn
