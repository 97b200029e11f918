"""A task's log, from CloudWatch, where MWAA writes it: Airflow's own API has it too, under a path too long for MWAA."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.airflow.deployment import Deployment
from ops.airflow.runs import Run
from ops.errors import CommandError


def lines(client: Any, deployment: Deployment, run: Run, task: str) -> Iterator[str]:
    """The log of each attempt, oldest first, with a heading. client: boto3's logs client."""
    group = f"airflow-{deployment.environment}-Task"
    prefix = f"dag_id={deployment.dag}/run_id={run.id}/task_id={task}/".replace(":", "_")
    try:
        pages = client.get_paginator("describe_log_streams").paginate(logGroupName=group, logStreamNamePrefix=prefix)
        streams = sorted(stream["logStreamName"] for page in pages for stream in page["logStreams"])
        for stream in streams:
            yield f"--- {stream}"
            pages = client.get_paginator("filter_log_events").paginate(logGroupName=group, logStreamNames=[stream])
            yield from (_readable(event) for page in pages for event in page["events"])
    except (ClientError, BotoCoreError) as error:
        raise CommandError(
            f"The log group {group} can't be read: {error}",
            "it needs logs:DescribeLogStreams and logs:FilterLogEvents, and orchestration's task logs switched on.",
        ) from error
    if not streams:
        raise CommandError(
            f"The task {task} of the run {run.id} ({run.state}) has no log (looked for {prefix}… in {group}).",
            "see 'make airflow-status' for the tasks and their states; a log comes some seconds after its task.",
        )


def _readable(logged: dict[str, Any]) -> str:
    """One line of Airflow 3, which writes JSON; any other one as it is."""
    moment = datetime.fromtimestamp(logged["timestamp"] / 1000, UTC)
    try:
        event = json.loads(logged["message"])
        text = event["event"]
    except (ValueError, KeyError, TypeError):
        return logged["message"].rstrip("\n")
    line = f"{moment:%Y-%m-%d %H:%M:%S} {str(event.get('level', '')).upper():<7} {text}"
    for error in event.get("error_detail") or []:
        line += f"\n    {error.get('exc_type')}: {error.get('exc_value')}"
    return line
