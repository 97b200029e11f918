"""The policies that lie in the emulator, and what else there decides: tags, boundaries, work groups.

Read from the emulator itself when first asked for, and again after a call has changed them.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

from sandbox.judge.engine import Caller, Document, Policy
from sandbox.judge.needs import World
from sandbox.mends import Call

EVERYTHING = Policy(
    "identity",
    "AdministratorAccess",
    {"Version": "2012-10-17", "Statement": [{"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}]},
)
# What begins so changes neither policies nor tags nor named queries; and what another call to a service may change.
_CHANGES_NOTHING = ("Get", "List", "Describe", "Batch", "Start", "Stop")
_CHANGES = {"iam": ("_role", "of_role"), "s3": ("_of_bucket",), "athena": ("_workgroup_of_named",)}
_CHANGES |= dict.fromkeys(("glue", "ec2", "kms"), ("tags",))


def remembered(read: Callable[["Deployed", str], Any]) -> Callable[["Deployed", str], Any]:
    """Answers by name; asks once, until a call changes what is deployed."""

    @wraps(read)
    def known(self: "Deployed", name: str) -> Any:
        of_now = self.known[read.__name__]  # an answer that a change has overtaken is forgotten with it
        if name not in of_now:
            of_now[name] = read(self, name)
        return of_now[name]

    return known


class Deployed(World):
    """clients: makes a client of the emulator itself; workgroup_of: that of a query, empty when it isn't known."""

    def __init__(self, clients: Callable[[str], Any], workgroup_of: Callable[[str], str]) -> None:
        self._iam, self._s3, self._athena = map(clients, ("iam", "s3", "athena"))
        self._glue, self._ec2, self._kms = map(clients, ("glue", "ec2", "kms"))
        self._workgroup_of = workgroup_of
        self.known: defaultdict[str, dict[str, Any]] = defaultdict(dict)

    def policies(self, caller: Caller, bucket: str = "") -> list[Policy]:
        """Those that decide on a call: the caller's, and of an S3 call the bucket's."""
        own = self.of_role(caller.role) if caller.role else [EVERYTHING]
        of_bucket = self._of_bucket(bucket) if bucket else None
        return [*own, of_bucket] if of_bucket else own

    @remembered
    def of_role(self, name: str) -> list[Policy]:
        """The role's identity policies, inline and attached, and its boundary."""
        if not self._role(name):
            return []
        found = []
        for inline in self._iam.list_role_policies(RoleName=name)["PolicyNames"]:
            document = self._iam.get_role_policy(RoleName=name, PolicyName=inline)["PolicyDocument"]
            found.append(Policy("identity", inline, _parsed(document)))
        for attached in self._iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            found.append(self._managed("identity", attached["PolicyArn"]))
        boundary = self.boundary(name)
        return [*found, self._managed("boundary", boundary)] if boundary else found

    def trust(self, role: str) -> Document | None:
        """The role's trust policy; None when there is no such role."""
        found = self._role(role)
        return _parsed(found["AssumeRolePolicyDocument"]) if found else None

    def boundary(self, role: str) -> str:
        return self._role(role).get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")

    @remembered
    def tags(self, arn: str) -> Mapping[str, str]:
        try:
            if arn.startswith("arn:aws:glue:"):
                return self._glue.get_tags(ResourceArn=arn)["Tags"]
            if arn.startswith("arn:aws:kms:"):
                found = self._kms.list_resource_tags(KeyId=arn.rpartition("/")[2])["Tags"]
                return {each["TagKey"]: each["TagValue"] for each in found}
            name = arn.rpartition("/")[2]
            found = self._ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [name]}])["Tags"]
            return {each["Key"]: each["Value"] for each in found}
        except ClientError:
            return {}

    def workgroups_of(self, payload: Mapping[str, Any]) -> list[str]:
        """Of all queries that are asked for: https://docs.aws.amazon.com/athena/latest/APIReference/API_BatchGetQueryExecution.html"""
        found = map(self._workgroup_of, _ids(payload, "QueryExecutionId"))
        named = map(self._workgroup_of_named, _ids(payload, "NamedQueryId"))
        return list(dict.fromkeys(filter(None, [*found, *named])))

    def object_is_tagged(self, bucket: str, key: str) -> bool:
        try:
            return bool(self._s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"])
        except ClientError:
            return False

    def delete(self, **which: str) -> None:
        self._s3.delete_object(**which)

    def changed_by(self, call: Call) -> None:
        """Forgets what a call may have changed."""
        if call.service == "s3":
            changes = call.method != "GET" and "/" not in call.path.partition("?")[0].strip("/")
        else:
            changes = not call.operation.startswith(_CHANGES_NOTHING)
        for kind in _CHANGES.get(call.service, ()) if changes else ():
            self.known[kind] = {}

    @remembered
    def _role(self, name: str) -> dict[str, Any]:
        """As IAM describes it; empty when there is none."""
        try:
            return self._iam.get_role(RoleName=name)["Role"]
        except ClientError:
            return {}

    def _managed(self, kind: str, arn: str) -> Policy:
        if arn == "arn:aws:iam::aws:policy/AdministratorAccess":
            return Policy(kind, EVERYTHING.name, EVERYTHING.document)
        version = self._iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = self._iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        return Policy(kind, arn.rpartition("/")[2], _parsed(document))

    @remembered
    def _of_bucket(self, name: str) -> Policy | None:
        try:
            text = self._s3.get_bucket_policy(Bucket=name)["Policy"]
        except ClientError:
            return None
        return Policy("resource", f"the policy of bucket {name}", json.loads(text))

    @remembered
    def _workgroup_of_named(self, name: str) -> str:
        try:
            return self._athena.get_named_query(NamedQueryId=name)["NamedQuery"].get("WorkGroup", "primary")
        except ClientError:
            return ""


def _ids(payload: Mapping[str, Any], name: str) -> list[str]:
    return [*filter(None, [payload.get(name)]), *(payload.get(f"{name}s") or [])]


def _parsed(document: Any) -> Document:
    return json.loads(unquote(document)) if isinstance(document, str) else document
