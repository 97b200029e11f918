"""What the deployed topics tell: a queue is subscribed to each beside its e-mail addresses, which get nothing here."""

import json
from dataclasses import dataclass
from typing import Any

from sandbox import aws

QUEUE = "sandbox-told"


@dataclass(frozen=True)
class Message:
    topic: str
    subject: str
    text: str


class Inbox:
    def __init__(self, endpoint: str, region: str) -> None:
        self._sns, self._sqs = (aws.client(name, endpoint, region) for name in ("sns", "sqs"))
        self._url = self._sqs.create_queue(QueueName=QUEUE)["QueueUrl"]

    def subscribe(self) -> None:
        """To every topic there is; once is enough for each."""
        told = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        queue = told["Attributes"]["QueueArn"]
        for page in self._sns.get_paginator("list_topics").paginate():
            for topic in page["Topics"]:
                self._sns.subscribe(TopicArn=topic["TopicArn"], Protocol="sqs", Endpoint=queue)

    def take(self) -> list[Message]:
        """What came since the last time, oldest first."""
        taken: list[Message] = []
        while found := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            for each in found:
                taken.append(_message(json.loads(each["Body"])))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=each["ReceiptHandle"])
        return taken


def _message(notification: dict[str, Any]) -> Message:
    text = notification["Message"]
    if text.startswith("{"):  # an alarm's; its e-mail shows the description too
        alarm = json.loads(text)
        text = f"{alarm['AlarmDescription']}\n{alarm['NewStateReason']}"
    return Message(notification["TopicArn"].rpartition(":")[2], notification.get("Subject", ""), text)
