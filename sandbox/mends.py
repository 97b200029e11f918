"""What the emulator gets wrong in its answers, and how the front mends it, so that a second plan is empty.

Each mend wraps the calls of some operations: it may change the call, pass it on, and change the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode
from xml.sax.saxutils import escape

from sandbox.settings import ACCOUNT_ID

Forward = Callable[["Call"], Awaitable["Answer"]]


@dataclass(frozen=True)
class Call:
    service: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def operation(self) -> str:
        """The operation's name; of REST services the method and path (``PUT /environments/x``)."""
        target = next((v for k, v in self.headers.items() if k.lower() == "x-amz-target"), "")
        return target.rpartition(".")[2] or self.form().get("Action") or f"{self.method} {self.path}"

    def json(self) -> dict[str, Any]:
        return json.loads(self.body or b"{}")

    def form(self) -> dict[str, str]:
        """The fields of a query call; empty for any other."""
        text = self.body.decode("utf-8", errors="replace")
        return dict(parse_qsl(text, keep_blank_values=True)) if "Action=" in text and text[:1] != "{" else {}

    def with_json(self, payload: dict[str, Any]) -> Call:
        return replace(self, body=json.dumps(payload).encode())

    def with_form(self, fields: dict[str, str]) -> Call:
        return replace(self, body=urlencode(fields).encode())

    def also(self, operation: str, payload: dict[str, Any]) -> Call:
        """Another JSON call of the same service."""
        target = next(v for k, v in self.headers.items() if k.lower() == "x-amz-target").rpartition(".")[0]
        headers = {k: v for k, v in self.headers.items() if k.lower() != "x-amz-target"}
        return replace(self, headers={**headers, "X-Amz-Target": f"{target}.{operation}"}).with_json(payload)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return self.status < 300

    def json(self) -> dict[str, Any]:
        return json.loads(self.body)

    def with_json(self, payload: dict[str, Any]) -> Answer:
        return replace(self, body=json.dumps(payload).encode())

    def with_text(self, text: str) -> Answer:
        return replace(self, body=text.encode())

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Memory:
    """What was sent and the emulator forgets: by kind and name. It lives exactly as long as the emulator."""

    region: str
    sent: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def remember(self, kind: str, name: str, values: dict[str, Any]) -> None:
        self.sent.setdefault((kind, name), {}).update(values)

    def recall(self, kind: str, name: str) -> dict[str, Any]:
        return self.sent.get((kind, name), {})

    def forget(self, kind: str, name: str) -> None:
        self.sent.pop((kind, name), None)


Apply = Callable[[Call, Forward, Memory], Awaitable[Answer]]


@dataclass(frozen=True)
class Mend:
    service: str
    operation: str
    reason: str
    apply: Apply


class Mends:
    """The table of mends, applied one around the other in the table's order."""

    def __init__(self, region: str) -> None:
        self.memory = Memory(region)

    async def apply(self, call: Call, forward: Forward) -> Answer:
        for mend in reversed(TABLE):
            if mend.service == call.service:
                forward = _wrapped(mend, forward, self.memory)
        return await forward(call)


def _wrapped(mend: Mend, forward: Forward, memory: Memory) -> Forward:
    async def mended(call: Call) -> Answer:
        if re.fullmatch(mend.operation, call.operation):
            return await mend.apply(call, forward, memory)
        return await forward(call)

    return mended


# --- Glue ---

_CRAWLER_DEFAULTS = {
    "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
    "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"},
}


async def _crawler_defaults(call: Call, forward: Forward, _: Memory) -> Answer:
    return await forward(call.with_json({**_CRAWLER_DEFAULTS, **call.json()}))


async def _glue_tags(call: Call, forward: Forward, memory: Memory) -> Answer:
    answer = await forward(call)
    sent = call.json()
    if answer.ok and sent.get("Tags"):
        kind = {"CreateJob": "job", "CreateCrawler": "crawler"}[call.operation]
        arn = f"arn:aws:glue:{memory.region}:{ACCOUNT_ID}:{kind}/{sent['Name']}"
        await forward(call.also("TagResource", {"ResourceArn": arn, "TagsToAdd": sent["Tags"]}))
    return answer


_JOB_FORGOTTEN = ("ExecutionProperty", "ExecutionClass", "JobMode", "JobRunQueuingEnabled", "LogUri",
                  "MaintenanceWindow", "NotificationProperty")  # fmt: skip


async def _remember_job(call: Call, forward: Forward, memory: Memory) -> Answer:
    answer = await forward(call)
    sent = call.json()
    if answer.ok and call.operation == "DeleteJob":
        memory.forget("job", sent["JobName"])
    elif answer.ok:
        values = sent.get("JobUpdate", sent)
        name = sent.get("JobName") or sent["Name"]
        memory.remember("job", name, {key: values[key] for key in _JOB_FORGOTTEN if key in values})
    return answer


async def _recall_job(call: Call, forward: Forward, memory: Memory) -> Answer:
    answer = await forward(call)
    if not answer.ok:
        return answer
    payload = answer.json()
    for job in payload.get("Jobs", [payload.get("Job")]):
        job.update({"ExecutionProperty": {"MaxConcurrentRuns": 1}, **memory.recall("job", job["Name"])})
    return answer.with_json(payload)


_STORAGE_DEFAULTS = {"Compressed": False, "NumberOfBuckets": 0, "StoredAsSubDirectories": False}


async def _catalog_entries(call: Call, forward: Forward, _: Memory) -> Answer:
    """Glue leaves out what was never given and tells a storage's defaults; Trino fails over the emulator's way."""

    def told(value: Any) -> Any:
        if isinstance(value, list):
            return [told(each) for each in value]
        if not isinstance(value, dict):
            return value
        kept = {k: told(v) for k, v in value.items() if v is not None and (k, v) != ("Description", "")}
        if "StorageDescriptor" in kept:
            kept["StorageDescriptor"] = {**_STORAGE_DEFAULTS, **kept["StorageDescriptor"]}
        return kept

    answer = await forward(call)
    return answer.with_json(told(answer.json())) if answer.ok else answer


# --- MWAA ---


async def _mwaa_environment(call: Call, forward: Forward, memory: Memory) -> Answer:
    answer = await forward(call)
    name = unquote(call.path.partition("?")[0].rpartition("/")[2])
    if not answer.ok:
        return answer
    if call.method in ("PUT", "PATCH"):
        memory.remember("environment", name, call.json())
    elif call.method == "DELETE":
        memory.forget("environment", name)
    elif call.method == "GET" and name != "environments":
        payload = answer.json()
        missing = {k: v for k, v in memory.recall("environment", name).items() if k not in payload["Environment"]}
        payload["Environment"].update(missing)
        return answer.with_json(payload)
    return answer


# --- EC2 ---


async def _default_vpc_filter(call: Call, forward: Forward, _: Memory) -> Answer:
    fields = call.form()
    renamed = {k: "is-default" if re.fullmatch(r"Filter\.\d+\.Name", k) and v == "isDefault" else v
               for k, v in fields.items()}  # fmt: skip
    return await forward(call if renamed == fields else call.with_form(renamed))


async def _egress_rule(call: Call, forward: Forward, _: Memory) -> Answer:
    """A new group has AWS's rule that allows everything out. Declared again, it must take its own text and tags."""
    kept = {k: v for k, v in call.form().items() if not k.startswith("TagSpecification")}
    await forward(call.with_form({**kept, "Action": "RevokeSecurityGroupEgress"}))
    return await forward(call)


_ENDPOINT_ID = re.compile(r"<vpcEndpointId>(vpce-\w+)</vpcEndpointId>")


async def _remember_endpoint(call: Call, forward: Forward, memory: Memory) -> Answer:
    answer = await forward(call)
    fields = call.form()
    made = _ENDPOINT_ID.search(answer.text) if call.operation == "CreateVpcEndpoint" else None
    name = made[1] if made else fields.get("VpcEndpointId", "")
    if answer.ok and name:
        known = memory.recall("endpoint", name).get("groups", [])
        added = _members(fields, "SecurityGroupId") + _members(fields, "AddSecurityGroupId")
        groups = [g for g in dict.fromkeys([*known, *added]) if g not in _members(fields, "RemoveSecurityGroupId")]
        memory.remember("endpoint", name, {"groups": groups})
        if "PrivateDnsEnabled" in fields:
            memory.remember("endpoint", name, {"private_dns": fields["PrivateDnsEnabled"]})
        if "PolicyDocument" in fields or "ResetPolicy" in fields:
            memory.remember("endpoint", name, {"policy": fields.get("PolicyDocument", "")})
    return answer


async def _recall_endpoint(call: Call, forward: Forward, memory: Memory) -> Answer:
    def told(found: re.Match[str]) -> str:
        known = memory.recall("endpoint", found[1])
        groups = "".join(f"<item><groupId>{group}</groupId></item>" for group in known.get("groups", []))
        private_dns = known.get("private_dns", "false")
        policy = f"<policyDocument>{escape(known['policy'])}</policyDocument>" if known.get("policy") else ""
        return f"{found[0]}<privateDnsEnabled>{private_dns}</privateDnsEnabled><groupSet>{groups}</groupSet>{policy}"

    answer = await forward(call)
    return answer.with_text(_ENDPOINT_ID.sub(told, answer.text))


_FLOW_LOG_ID = re.compile(r"<flowLogId>(fl-\w+)</flowLogId>")


async def _remember_flow_log(call: Call, forward: Forward, memory: Memory) -> Answer:
    # Tags are taken for "flow-log" alone, which AWS calls "vpc-flow-log".
    fields = {key: "flow-log" if value == "vpc-flow-log" else value for key, value in call.form().items()}
    answer = await forward(call.with_form(fields))
    for name in re.findall(r"<item>(fl-\w+)</item>", answer.text):
        memory.remember("flow log", name, {"interval": call.form().get("MaxAggregationInterval", "600")})
    return answer


async def _recall_flow_log(call: Call, forward: Forward, memory: Memory) -> Answer:
    def told(found: re.Match[str]) -> str:
        interval = memory.recall("flow log", found[1]).get("interval", "600")
        return f"{found[0]}<maxAggregationInterval>{interval}</maxAggregationInterval>"

    answer = await forward(call)
    return answer.with_text(_FLOW_LOG_ID.sub(told, answer.text))


def _members(fields: dict[str, str], name: str, part: str = "") -> list[str]:
    """A query call's list: name.1, name.2 and so on; of structures the part, such as ``.Name``."""
    return [value for key, value in fields.items() if re.fullmatch(rf"{name}\.\d+{part}", key)]


# --- CloudWatch ---


async def _alarm_tags(call: Call, forward: Forward, memory: Memory) -> Answer:
    answer = await forward(call)
    fields = call.form()
    tags = {k: v for k, v in fields.items() if k.startswith("Tags.")}
    if answer.ok and tags:
        arn = f"arn:aws:cloudwatch:{memory.region}:{ACCOUNT_ID}:alarm:{fields['AlarmName']}"
        version = {"Version": fields["Version"]} if "Version" in fields else {}
        await forward(call.with_form({"Action": "TagResource", **version, "ResourceARN": arn, **tags}))
    return answer


async def _remember_alarm(call: Call, forward: Forward, memory: Memory) -> Answer:
    answer = await forward(call)
    fields = call.form()
    if answer.ok and fields:  # not to a client that speaks JSON, which gets all
        memory.forget("alarm", fields["AlarmName"])
        memory.remember("alarm", fields["AlarmName"], fields)
    return answer


_ALARM_NAME = re.compile(r"<AlarmName>([^<]+)</AlarmName>")
_ALARM_VALUES = ("AlarmDescription", "ActionsEnabled", "Statistic", "Period", "TreatMissingData")


async def _recall_alarms(call: Call, forward: Forward, memory: Memory) -> Answer:
    def told(found: re.Match[str]) -> str:
        sent = memory.recall("alarm", found[1])
        parts = [f"<{name}>{escape(sent[name])}</{name}>" for name in _ALARM_VALUES if name in sent]
        for name in ("AlarmActions", "OKActions"):
            parts.append(
                f"<{name}>{''.join(f'<member>{arn}</member>' for arn in _members(sent, f'{name}.member'))}</{name}>"
            )
        pairs = zip(
            _members(sent, "Dimensions.member", ".Name"), _members(sent, "Dimensions.member", ".Value"), strict=True
        )
        dimensions = "".join(
            f"<member><Name>{name}</Name><Value>{escape(value)}</Value></member>" for name, value in pairs
        )
        return f"{found[0]}{''.join(parts)}<Dimensions>{dimensions}</Dimensions>"

    answer = await forward(call)
    return answer.with_text(_ALARM_NAME.sub(told, answer.text))


TABLE: tuple[Mend, ...] = (
    Mend("glue", "CreateCrawler", "its defaults aren't filled in, and the provider reads them", _crawler_defaults),
    Mend("glue", "CreateJob|CreateCrawler", "tags given at creation are dropped", _glue_tags),
    Mend("glue", "CreateJob|UpdateJob|DeleteJob", "several settings of a job are dropped", _remember_job),
    Mend("glue", "GetJobs?", "several settings of a job are dropped", _recall_job),
    Mend(
        "glue", "GetTables?|(Batch)?GetPartitions?", "what was never given is null, empty or missing", _catalog_entries
    ),
    Mend("airflow", r"\w+ /environments.*", "most settings of an environment are dropped", _mwaa_environment),
    Mend("ec2", "AuthorizeSecurityGroupEgress", "a rule like the group's first one loses text and tags", _egress_rule),
    Mend("ec2", "(Create|Modify)VpcEndpoint", "groups, private DNS and policy are dropped", _remember_endpoint),
    Mend("ec2", "DescribeVpcEndpoints", "groups, private DNS and policy are dropped", _recall_endpoint),
    Mend("ec2", "CreateFlowLogs", "tags and the aggregation interval are dropped", _remember_flow_log),
    Mend("ec2", "DescribeFlowLogs", "the aggregation interval is dropped", _recall_flow_log),
    Mend("monitoring", "PutMetricAlarm", "tags given at creation are dropped", _alarm_tags),
    Mend("monitoring", "PutMetricAlarm", "most of an alarm is left out of its description", _remember_alarm),
    Mend("monitoring", "DescribeAlarms", "most of an alarm is left out of its description", _recall_alarms),
    Mend("ec2", "DescribeVpcs", "the filter isDefault is ignored; only is-default is known", _default_vpc_filter),
)
