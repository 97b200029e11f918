"""What the emulator gets wrong in its answers, and how the front mends it, so that a second plan is empty.

Each mend takes the calls of some operations: it may change the call, pass it on, and change the answer.
"""

import json
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
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
    headers: Mapping[str, str]
    body: bytes

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", {name.lower(): value for name, value in self.headers.items()})

    @property
    def operation(self) -> str:
        """The operation's name; of REST services the method and path (``PUT /environments/x``)."""
        return (
            self.headers.get("x-amz-target", "").rpartition(".")[2]
            or self.form().get("Action")
            or f"{self.method} {self.path}"
        )

    def json(self) -> dict[str, Any]:
        return json.loads(self.body or b"{}")

    def form(self) -> dict[str, str]:
        """The fields of a query call; empty for any other."""
        text = self.body.decode("utf-8", errors="replace")
        return dict(parse_qsl(text, keep_blank_values=True)) if "Action=" in text and text[:1] != "{" else {}

    def with_json(self, payload: dict[str, Any]) -> "Call":
        return replace(self, body=json.dumps(payload).encode())

    def with_form(self, fields: dict[str, str]) -> "Call":
        return replace(self, body=urlencode(fields).encode())

    def also(self, operation: str, payload: dict[str, Any]) -> "Call":
        """Another JSON call of the same service."""
        target = self.headers["x-amz-target"].rpartition(".")[0]
        return replace(self, headers={**self.headers, "x-amz-target": f"{target}.{operation}"}).with_json(payload)


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

    def with_json(self, payload: dict[str, Any]) -> "Answer":
        return replace(self, body=json.dumps(payload).encode())


class Mends:
    """The mends, with what was sent and the emulator forgets, by kind and name. They live as long as the emulator."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.sent: defaultdict[tuple[str, str], dict[str, Any]] = defaultdict(dict)

    async def apply(self, call: Call, forward: Forward) -> Answer:
        for (service, operation), mended in _MENDS.items():
            if service == call.service and re.fullmatch(operation, call.operation):
                return await mended(call, forward, self)
        return await forward(call)


Mend = Callable[[Call, Forward, Mends], Awaitable[Answer]]
_MENDS: dict[tuple[str, str], Mend] = {}


def mend(service: str, operation: str) -> Callable[[Mend], Mend]:
    """Makes a function the mend of a service's operations: a regular expression of their names."""

    def added(mended: Mend) -> Mend:
        _MENDS[service, operation] = mended
        return mended

    return added


# --- Glue ---


@mend("glue", "Create(Crawler|Job)|UpdateJob")
async def _changed(call: Call, forward: Forward, memory: Mends) -> Answer:
    """Tags given at creation are dropped, and several settings of a job."""
    answer, sent = await forward(call), call.json()
    kind = "crawler" if call.operation == "CreateCrawler" else "job"
    if answer.ok and call.operation == "UpdateJob":
        memory.sent[kind, sent["JobName"]] |= sent["JobUpdate"]
    elif answer.ok:
        memory.sent[kind, sent["Name"]] = {"ExecutionProperty": {"MaxConcurrentRuns": 1}, **sent}
        if sent.get("Tags"):
            arn = f"arn:aws:glue:{memory.region}:{ACCOUNT_ID}:{kind}/{sent['Name']}"
            await forward(call.also("TagResource", {"ResourceArn": arn, "TagsToAdd": sent["Tags"]}))
    return answer


@mend("glue", "GetJobs?")
async def _told_job(call: Call, forward: Forward, memory: Mends) -> Answer:
    answer = await forward(call)
    if not answer.ok:
        return answer
    payload = answer.json()
    for job in payload.get("Jobs", [payload.get("Job")]):
        job.update({**memory.sent["job", job["Name"]], **job})
    return answer.with_json(payload)


_STORAGE_DEFAULTS = {"Compressed": False, "NumberOfBuckets": 0, "StoredAsSubDirectories": False}


@mend("glue", "GetTables?|(Batch)?GetPartitions?")
async def _catalog_entries(call: Call, forward: Forward, _: Mends) -> Answer:
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


@mend("airflow", r"\w+ /environments.*")
async def _mwaa_environment(call: Call, forward: Forward, memory: Mends) -> Answer:
    """Most settings of an environment are dropped."""
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


@mend("ec2", "DescribeVpcs")
async def _default_vpc_filter(call: Call, forward: Forward, _: Mends) -> Answer:
    """The filter isDefault is ignored; only is-default is known."""
    fields = call.form()
    return await forward(call.with_form({k: "is-default" if v == "isDefault" else v for k, v in fields.items()}))


@mend("ec2", "AuthorizeSecurityGroupEgress")
async def _egress_rule(call: Call, forward: Forward, _: Mends) -> Answer:
    """A new group has AWS's rule that allows everything out. Declared again, it must take its own text and tags."""
    kept = {k: v for k, v in call.form().items() if not k.startswith("TagSpecification")}
    await forward(call.with_form({**kept, "Action": "RevokeSecurityGroupEgress"}))
    return await forward(call)


def _told(kind: str, named: str, parts: Callable[[dict[str, Any]], str]) -> Mend:
    """Adds what the emulator leaves out behind each name of an answer. parts: XML, of what was remembered."""

    async def apply(call: Call, forward: Forward, memory: Mends) -> Answer:
        answer = await forward(call)
        told = re.sub(named, lambda found: found[0] + parts(memory.sent[kind, found[1]]), answer.body.decode())
        return replace(answer, body=told.encode())

    return apply


_ENDPOINT_ID = r"<vpcEndpointId>(vpce-\w+)</vpcEndpointId>"


@mend("ec2", "(Create|Modify)VpcEndpoint")
async def _remember_endpoint(call: Call, forward: Forward, memory: Mends) -> Answer:
    """Groups, private DNS and policy are dropped."""
    answer = await forward(call)
    fields = call.form()
    made = re.search(_ENDPOINT_ID, answer.body.decode()) if call.operation == "CreateVpcEndpoint" else None
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


mend("ec2", "DescribeVpcEndpoints")(_told("endpoint", _ENDPOINT_ID, _endpoint_parts))


@mend("ec2", "CreateFlowLogs")
async def _remember_flow_log(call: Call, forward: Forward, memory: Mends) -> Answer:
    """The aggregation interval is dropped; and tags are taken for "flow-log", which AWS calls "vpc-flow-log"."""
    fields = {key: "flow-log" if value == "vpc-flow-log" else value for key, value in call.form().items()}
    answer = await forward(call.with_form(fields))
    for name in re.findall(r"<item>(fl-\w+)</item>", answer.body.decode()):
        memory.sent["flow log", name] = fields
    return answer


def _flow_log_parts(sent: dict[str, Any]) -> str:
    return f"<maxAggregationInterval>{sent.get('MaxAggregationInterval', '600')}</maxAggregationInterval>"


mend("ec2", "DescribeFlowLogs")(_told("flow log", r"<flowLogId>(fl-\w+)</flowLogId>", _flow_log_parts))


def _members(fields: dict[str, str], name: str, part: str = "") -> list[str]:
    """A query call's list: name.1, name.2 and so on; of structures the part, such as ``.Name``."""
    return [value for key, value in fields.items() if re.fullmatch(rf"{name}\.\d+{part}", key)]


# --- CloudWatch ---


@mend("monitoring", "PutMetricAlarm")
async def _remember_alarm(call: Call, forward: Forward, memory: Mends) -> Answer:
    """Most of an alarm is left out of its description in XML."""
    answer = await forward(call)
    if answer.ok and (fields := call.form()):
        memory.sent["alarm", fields["AlarmName"]] = fields
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


mend("monitoring", "DescribeAlarms")(_told("alarm", r"<AlarmName>([^<]+)</AlarmName>", _alarm_parts))
