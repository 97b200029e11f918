"""What the emulator gets wrong in its answers, and how the front mends it, so that a second plan is empty.

Each mend wraps the calls of some operations: it may change the call, pass it on, and change the answer.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
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
    sent: defaultdict[tuple[str, str], dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))


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


async def _glue_tags(call: Call, forward: Forward, memory: Memory) -> Answer:
    answer = await forward(call)
    sent = call.json()
    if answer.ok and sent.get("Tags"):
        kind = {"CreateJob": "job", "CreateCrawler": "crawler"}[call.operation]
        arn = f"arn:aws:glue:{memory.region}:{ACCOUNT_ID}:{kind}/{sent['Name']}"
        await forward(call.also("TagResource", {"ResourceArn": arn, "TagsToAdd": sent["Tags"]}))
    return answer


async def _job_settings(call: Call, forward: Forward, memory: Memory) -> Answer:
    answer = await forward(call)
    if not answer.ok:
        return answer
    sent = call.json()
    if call.operation == "CreateJob":
        memory.sent["job", sent["Name"]] = {"ExecutionProperty": {"MaxConcurrentRuns": 1}, **sent}
        return answer
    if call.operation == "UpdateJob":
        memory.sent["job", sent["JobName"]] |= sent["JobUpdate"]
        return answer
    payload = answer.json()
    for job in payload.get("Jobs", [payload.get("Job")]):
        job.update({**memory.sent["job", job["Name"]], **job})
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
    if answer.ok and call.method == "PUT":
        memory.sent["environment", name] = call.json()
    elif answer.ok and call.method == "PATCH":
        memory.sent["environment", name] |= call.json()
    elif answer.ok and call.method == "GET" and name != "environments":
        return answer.with_json({"Environment": memory.sent["environment", name] | answer.json()["Environment"]})
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


def _told(kind: str, named: str, parts: Callable[[dict[str, Any]], str]) -> Apply:
    """Adds what the emulator leaves out behind each name of an answer. parts: XML, of what was remembered."""

    async def apply(call: Call, forward: Forward, memory: Memory) -> Answer:
        answer = await forward(call)
        return answer.with_text(re.sub(named, lambda found: found[0] + parts(memory.sent[kind, found[1]]), answer.text))

    return apply


_ENDPOINT_ID = r"<vpcEndpointId>(vpce-\w+)</vpcEndpointId>"


async def _remember_endpoint(call: Call, forward: Forward, memory: Memory) -> Answer:
    answer = await forward(call)
    fields = call.form()
    made = re.search(_ENDPOINT_ID, answer.text) if call.operation == "CreateVpcEndpoint" else None
    name = made[1] if made else fields.get("VpcEndpointId", "")
    if answer.ok and name:
        known = memory.sent["endpoint", name]
        added = _members(fields, "SecurityGroupId") + _members(fields, "AddSecurityGroupId")
        groups = dict.fromkeys([*known.get("groups", []), *added])
        known["groups"] = [group for group in groups if group not in _members(fields, "RemoveSecurityGroupId")]
        if "PrivateDnsEnabled" in fields:
            known["private_dns"] = fields["PrivateDnsEnabled"]
        if "PolicyDocument" in fields or "ResetPolicy" in fields:
            known["policy"] = fields.get("PolicyDocument", "")
    return answer


def _endpoint_parts(known: dict[str, Any]) -> str:
    groups = "".join(f"<item><groupId>{group}</groupId></item>" for group in known.get("groups", []))
    private_dns = known.get("private_dns", "false")
    policy = f"<policyDocument>{escape(known['policy'])}</policyDocument>" if known.get("policy") else ""
    return f"<privateDnsEnabled>{private_dns}</privateDnsEnabled><groupSet>{groups}</groupSet>{policy}"


async def _remember_flow_log(call: Call, forward: Forward, memory: Memory) -> Answer:
    # Tags are taken for "flow-log" alone, which AWS calls "vpc-flow-log".
    fields = {key: "flow-log" if value == "vpc-flow-log" else value for key, value in call.form().items()}
    answer = await forward(call.with_form(fields))
    for name in re.findall(r"<item>(fl-\w+)</item>", answer.text):
        memory.sent["flow log", name] = fields
    return answer


def _flow_log_parts(sent: dict[str, Any]) -> str:
    return f"<maxAggregationInterval>{sent.get('MaxAggregationInterval', '600')}</maxAggregationInterval>"


def _members(fields: dict[str, str], name: str, part: str = "") -> list[str]:
    """A query call's list: name.1, name.2 and so on; of structures the part, such as ``.Name``."""
    return [value for key, value in fields.items() if re.fullmatch(rf"{name}\.\d+{part}", key)]


# --- CloudWatch ---


async def _remember_alarm(call: Call, forward: Forward, memory: Memory) -> Answer:
    answer = await forward(call)
    fields = call.form()
    if answer.ok and fields:  # not of a client that speaks JSON, which is told all
        memory.sent["alarm", fields["AlarmName"]] = fields
    tags = {key: value for key, value in fields.items() if key.startswith("Tags.")}
    if answer.ok and tags:
        arn = f"arn:aws:cloudwatch:{memory.region}:{ACCOUNT_ID}:alarm:{fields['AlarmName']}"
        version = {"Version": fields["Version"]} if "Version" in fields else {}
        await forward(call.with_form({"Action": "TagResource", **version, "ResourceARN": arn, **tags}))
    return answer


_ALARM_VALUES = ("AlarmDescription", "ActionsEnabled", "Statistic", "Period", "TreatMissingData")


def _alarm_parts(sent: dict[str, Any]) -> str:
    parts = [f"<{name}>{escape(sent[name])}</{name}>" for name in _ALARM_VALUES if name in sent]
    for name in ("AlarmActions", "OKActions"):
        members = "".join(f"<member>{arn}</member>" for arn in _members(sent, f"{name}.member"))
        parts.append(f"<{name}>{members}</{name}>")
    names, values = (_members(sent, "Dimensions.member", part) for part in (".Name", ".Value"))
    dimensions = "".join(
        f"<member><Name>{name}</Name><Value>{escape(value)}</Value></member>"
        for name, value in zip(names, values, strict=True)
    )
    return f"{''.join(parts)}<Dimensions>{dimensions}</Dimensions>"


TABLE: tuple[Mend, ...] = (
    Mend("glue", "CreateJob|CreateCrawler", "tags given at creation are dropped", _glue_tags),
    Mend("glue", "CreateJob|UpdateJob|GetJobs?", "several settings of a job are dropped", _job_settings),
    Mend(
        "glue", "GetTables?|(Batch)?GetPartitions?", "what was never given is null, empty or missing", _catalog_entries
    ),
    Mend("airflow", r"\w+ /environments.*", "most settings of an environment are dropped", _mwaa_environment),
    Mend("ec2", "AuthorizeSecurityGroupEgress", "a rule like the group's first one loses text and tags", _egress_rule),
    Mend("ec2", "(Create|Modify)VpcEndpoint", "groups, private DNS and policy are dropped", _remember_endpoint),
    Mend(
        "ec2",
        "DescribeVpcEndpoints",
        "groups, private DNS and policy are dropped",
        _told("endpoint", _ENDPOINT_ID, _endpoint_parts),
    ),
    Mend("ec2", "CreateFlowLogs", "tags and the aggregation interval are dropped", _remember_flow_log),
    Mend(
        "ec2",
        "DescribeFlowLogs",
        "the aggregation interval is dropped",
        _told("flow log", r"<flowLogId>(fl-\w+)</flowLogId>", _flow_log_parts),
    ),
    Mend("monitoring", "PutMetricAlarm", "tags given at creation are dropped", _remember_alarm),
    Mend(
        "monitoring",
        "DescribeAlarms",
        "most of an alarm is left out of its description",
        _told("alarm", r"<AlarmName>([^<]+)</AlarmName>", _alarm_parts),
    ),
    Mend("ec2", "DescribeVpcs", "the filter isDefault is ignored; only is-default is known", _default_vpc_filter),
)
