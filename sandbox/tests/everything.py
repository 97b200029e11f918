"""Everything that a deployment tells: logs, events, messages, metrics, errors and files; and a search in it."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

from sandbox import aws
from sandbox.tests.conftest import Sandbox
from sandbox.told import Inbox

# What a lake holds or a program brings along: everything else beneath the sandbox's folder was written about a run.
_DATA = ("emulator/s3", "spark/tmp", "spark/warehouse", "runs/files", "spark-jars", "trino")


def make_rules(sandbox: Sandbox, resources: dict[str, Any]) -> str:
    """A stack's topic, and the rules that tell it of failures, by the API calls that Terraform makes of them."""
    events = sandbox.client("events")
    topic = sandbox.client("sns").create_topic(Name=resources["aws_sns_topic"]["alerts"]["name"])["TopicArn"]
    for name, rule in resources["aws_cloudwatch_event_rule"].items():
        transformer = resources["aws_cloudwatch_event_target"][name]["input_transformer"]
        made = {"InputPathsMap": transformer["input_paths"], "InputTemplate": transformer["input_template"]}
        events.put_rule(Name=rule["name"], EventPattern=rule["event_pattern"])
        events.put_targets(Rule=rule["name"], Targets=[{"Id": "alerts", "Arn": topic, "InputTransformer": made}])
    return topic


class Everything:
    """Listens from its making on, until it is closed. Places are named so that a reader finds them."""

    _RULE, _QUEUE = "every-event", "every-event"

    def __init__(self, sandbox: Sandbox, resources: dict[str, Any], bucket: str) -> None:
        self._sandbox, self._resources, self._bucket = sandbox, resources, bucket
        self._events, self._sqs = sandbox.client("events"), sandbox.client("sqs")
        self._topic = make_rules(sandbox, resources)
        self._queue = self._sqs.create_queue(QueueName=self._QUEUE)["QueueUrl"]
        wanted = ["QueueArn"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=wanted)["Attributes"]["QueueArn"]
        self._events.put_rule(Name=self._RULE, EventPattern=json.dumps({"source": [{"prefix": ""}]}))
        self._events.put_targets(Rule=self._RULE, Targets=[{"Id": "queue", "Arn": arn}])
        self.inbox = Inbox(sandbox.settings.endpoint, "eu-central-1")
        self.inbox.subscribe()
        self.inbox.take()
        self._kept: dict[str, bytes] = {}
        # The front runs in this process; as a service it logs into its own file.
        self._service = logging.FileHandler(sandbox.settings.logs / "service.log")
        self._level = logging.getLogger().level
        logging.getLogger().addHandler(self._service)
        logging.getLogger().setLevel(logging.INFO)

    def close(self) -> None:
        """Takes the rules away again: other tests' jobs bear the same names."""
        logging.getLogger().removeHandler(self._service)
        logging.getLogger().setLevel(self._level)
        for rule in self._resources["aws_cloudwatch_event_rule"].values():
            self._remove(rule["name"], "alerts")
        self._remove(self._RULE, "queue")
        self._sandbox.client("sns").delete_topic(TopicArn=self._topic)

    def _remove(self, rule: str, target: str) -> None:
        self._events.remove_targets(Rule=rule, Ids=[target])
        self._events.delete_rule(Name=rule)

    def places(self) -> dict[str, bytes]:
        """What was told so far, by place."""
        for parts in (self._taken_events(), self._taken_messages()):
            self._kept |= dict(parts)
        found = dict(self._kept)
        for parts in (self._logs(), self._metrics(), self._runs(), self._objects(), self._files()):
            found |= dict(parts)
        return found

    def _taken_events(self) -> Iterator[tuple[str, bytes]]:
        receive = {"QueueUrl": self._queue, "MaxNumberOfMessages": 10}
        while found := self._sqs.receive_message(**receive).get("Messages"):
            for each in found:
                event = json.loads(each["Body"])
                yield f"event {event['id']} {event['detail-type']}", each["Body"].encode()
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=each["ReceiptHandle"])

    def _taken_messages(self) -> Iterator[tuple[str, bytes]]:
        for number, each in enumerate(self.inbox.take(), len(self._kept)):
            yield f"message {number} on {each.topic}", f"{each.subject}\n{each.text}".encode()

    def _logs(self) -> Iterator[tuple[str, bytes]]:
        for page in self._sandbox.logs.get_paginator("describe_log_groups").paginate():
            for group in page["logGroups"]:
                lines: dict[str, list[str]] = {}
                pages = self._sandbox.logs.get_paginator("filter_log_events").paginate(
                    logGroupName=group["logGroupName"]
                )
                for each in (each for part in pages for each in part["events"]):
                    lines.setdefault(each["logStreamName"], []).append(each["message"])
                for stream, messages in lines.items():
                    yield f"log {group['logGroupName']} {stream}", "\n".join(messages).encode()

    def _metrics(self) -> Iterator[tuple[str, bytes]]:
        for page in self._sandbox.client("cloudwatch").get_paginator("list_metrics").paginate():
            for each in page["Metrics"]:
                name = f"metric {each['Namespace']} {each['MetricName']} {each['Dimensions']}"
                yield name, name.encode()

    def _runs(self) -> Iterator[tuple[str, bytes]]:
        glue = self._sandbox.glue
        for name in glue.get_paginator("get_jobs").paginate().build_full_result()["Jobs"]:
            for run in glue.get_job_runs(JobName=name["Name"])["JobRuns"]:
                yield f"job run {run['JobName']} {run['Id']}", json.dumps(run, default=str).encode()
        for each in glue.get_crawlers()["Crawlers"]:
            yield f"crawler {each['Name']}", json.dumps(each, default=str).encode()

    def _objects(self) -> Iterator[tuple[str, bytes]]:
        """Those of the bucket that tell of a day, beside its data."""
        s3 = self._sandbox.s3
        for key in (each["Key"] for each in aws.objects(s3, self._bucket, "data/metrics/")):
            yield f"object {key}", s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()

    def _files(self) -> Iterator[tuple[str, bytes]]:
        home = self._sandbox.settings.home
        for file in home.rglob("*"):
            path = file.relative_to(home).as_posix()
            if file.is_file() and not path.startswith(_DATA):
                yield f"file {path}", file.read_bytes()


def search(places: dict[str, bytes], values: Iterable[str]) -> list[tuple[str, str]]:
    """Where one of the values stands, in any case of its letters, as it is or encoded as logs and URLs encode text."""
    wanted = {value: [form.lower() for form in _forms(value)] for value in values}
    found = []
    for place, content in places.items():
        lower = content.lower()
        found += [(place, value) for value, forms in wanted.items() if any(form in lower for form in forms)]
    return sorted(found)


def _forms(value: str) -> set[bytes]:
    raw = value.encode()
    texts = {quote(value), quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], ascii(value)[1:-1]}
    # Within a longer text it begins at the first, second or third of three bytes; the characters that it has alone.
    within = {
        base64.b64encode(bytes(lead) + raw)[skipped : (lead + len(raw)) * 8 // 6]
        for lead, skipped in enumerate((0, 2, 3))
    }
    return {raw, raw.hex().encode(), *(text.encode() for text in texts), *within}
