"""Which actions on which resources a request needs, by AWS's service authorization reference.

Actions are mostly named like the operation; MiniStack's table says where not (S3, REST). On which resources Glue, EC2
and Athena judge is said here, each for the operations that the stack, the provider and the pipeline use:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from ministack.core import iam_actions

from sandbox.judge.engine import Need
from sandbox.mends import Call
from sandbox.settings import ACCOUNT_ID

_CBOR = re.compile(r"/service/\w+/operation/(\w+)")


class World:
    """What of the deployed resources decides about a request: for the administrator, whom this one is for, nothing."""

    def tags(self, arn: str) -> Mapping[str, str]:
        return {}

    def boundary(self, role: str) -> str:
        return ""

    def workgroups_of(self, payload: Mapping[str, Any]) -> list[str]:
        return []

    def object_is_tagged(self, bucket: str, key: str) -> bool:
        return False


class Unknown(Exception):
    """The sandbox can't tell what a call needs."""


def of(call: Call, region: str, world: World) -> list[Need]:
    """All of them must be allowed. Raises Unknown."""
    path, _, query = call.path.partition("?")
    fields = {} if call.service == "s3" else call.form()
    form = {**parse_qs(query, keep_blank_values=True), **{name: [value] for name, value in fields.items()}}
    request = (call.service, call.method, path, call.headers, call.body, form)
    if cbor := _CBOR.match(path):
        action = f"{iam_actions.SERVICE_TO_IAM_NAMESPACE.get(call.service, call.service)}:{cbor[1]}"
    else:
        action = iam_actions.extract_iam_action(*request)
    if call.service == "s3":
        return list(_s3(call, path, form, action, world))
    if not action:
        raise Unknown(f"{call.service} {call.method} {path}")
    arn, given = _Arn(region), fields or (call.json() if call.body[:1] == b"{" else {})
    context = iam_actions.request_tag_context(call.service, action, call.body, form)
    if call.service == "airflow":
        return list(_airflow(call, path, given, action, context, arn))
    if judged := _BY_SERVICE.get(call.service):
        return list(judged(given, action, context, arn, world))
    resource = iam_actions.extract_resource_arn(*request, region, ACCOUNT_ID)
    if call.service == "monitoring" and given.get("Namespace"):
        context = {**context, "cloudwatch:namespace": given["Namespace"]}
    if action == "events:PutEvents":
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
        sources = [entry.get("Source", "") for entry in given.get("Entries", [])]
        return [Need(action, resource, {**context, "events:source": source}) for source in sources]
    if call.service == "kms" and resource != "*":
        context = {**context, **_tags(resource, world)}
    return [Need(action, resource, context)]


def bucket_of(call: Call) -> str:
    """The bucket of an S3 call; empty for any other."""
    return call.path.partition("?")[0].strip("/").partition("/")[0] if call.service == "s3" else ""


def deletes_several(call: Call) -> bool:
    """Whether it is S3's DeleteObjects."""
    path, _, query = call.path.partition("?")
    named = query.replace("=", "&").split("&")
    return call.service == "s3" and call.method == "POST" and "/" not in path.strip("/") and "delete" in named


def deleted(call: Call) -> Iterator[dict[str, str]]:
    """Of a DeleteObjects each object's key, and its version where one is named."""
    bucket = bucket_of(call)
    for target, version in iam_actions._s3_batch_delete_targets(bucket, call.body):
        key = target.removeprefix(f"arn:aws:s3:::{bucket}/")
        yield {"Key": key, **({"VersionId": version} if version else {})}


class _Arn:
    def __init__(self, region: str) -> None:
        self._region = region

    def __call__(self, service: str, resource: str, region: bool = True) -> str:
        return f"arn:aws:{service}:{self._region if region else ''}:{ACCOUNT_ID}:{resource}"

    def role(self, name: str) -> str:
        """A role given by its name or its ARN."""
        return name if name.startswith("arn:") else self("iam", f"role/{name}", region=False)


def _tags(resource: str, world: World) -> dict[str, str]:
    return {f"aws:ResourceTag/{name}": value for name, value in world.tags(resource).items()}


def _passing(role: str | None, service: str, arn: _Arn) -> Iterator[Need]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"""
    if role:
        yield Need("iam:PassRole", arn.role(role), {"iam:PassedToService": service})


# --- S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html ---

_CONTROL = re.compile(r"/v20180820/(configuration/publicAccessBlock|tags/(?P<arn>.+))")


def _s3(call: Call, path: str, query: dict[str, list[str]], action: str | None, world: World) -> Iterator[Need]:
    control = _CONTROL.fullmatch(path)
    if control and control["arn"]:
        tags = {"GET": "ListTagsForResource", "DELETE": "UntagResource"}.get(call.method, "TagResource")
        yield Need(f"s3:{tags}", unquote(control["arn"]))
        return
    if control:
        yield Need(f"s3:{'Get' if call.method == 'GET' else 'Put'}AccountPublicAccessBlock", "*")
        return
    if not action:
        raise Unknown(f"s3 {call.method} {call.path}")
    bucket, _, key = path.lstrip("/").partition("/")
    key = unquote(key)
    if not bucket:
        yield Need(action, "*")
        return
    if deletes_several(call):
        for each in deleted(call):
            action = "s3:DeleteObjectVersion" if "VersionId" in each else "s3:DeleteObject"
            yield Need(action, f"arn:aws:s3:::{bucket}/{each['Key']}")
        return
    context = {f"s3:{name}": query[name][0] for name in ("prefix", "delimiter", "max-keys") if name in query}
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
    keys, headers = ("x-amz-server-side-encryption", "if-match", "if-none-match"), call.headers
    context |= {f"s3:{name}": headers[name] for name in keys if name in headers}
    target = f"arn:aws:s3:::{bucket}" + (f"/{key}" if key else "")
    yield Need(action, target, context)
    if action != "s3:PutObject":
        return
    tagged = "x-amz-tagging" in headers
    if source := iam_actions._s3_source_object(headers):
        yield Need("s3:GetObjectVersion" if source[1] else "s3:GetObject", source[0])
        whole = "uploadId" not in query and headers.get("x-amz-tagging-directive", "COPY") == "COPY"
        if whole and world.object_is_tagged(*source[0].removeprefix("arn:aws:s3:::").split("/", 1)):
            # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
            yield Need("s3:GetObjectVersionTagging" if source[1] else "s3:GetObjectTagging", source[0])
            tagged = True
    if tagged:
        yield Need("s3:PutObjectTagging", target)


# --- Glue: https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html ---


def _glue(p: dict[str, Any], action: str, context: dict[str, Any], arn: _Arn, world: World) -> Iterator[Need]:
    operation = action.partition(":")[2]
    for resource in _glue_resources(p, operation, arn):
        tags = {}
        if re.search(":(job|crawler|trigger|workflow)/", resource) and not operation.startswith("Create"):
            tags = _tags(resource, world)
        yield Need(action, resource, {**context, **tags})
    role = p.get("Role") or p.get("JobUpdate", {}).get("Role")
    if role and re.fullmatch("(Create|Update)(Job|Crawler)", operation):
        yield from _passing(role, "glue.amazonaws.com", arn)


def _glue_resources(p: dict[str, Any], operation: str, arn: _Arn) -> list[str]:
    if "ResourceArn" in p:
        return [p["ResourceArn"]]
    if "Classifier" in operation or "SecurityConfiguration" in operation:
        return ["*"]
    if "Crawler" in operation:  # neither making one nor listing them has a resource
        name = p.get("Name") or p.get("CrawlerName")
        return ["*"] if operation == "CreateCrawler" or not name else [arn("glue", f"crawler/{name}")]
    if "Job" in operation:
        name = p.get("JobName") or p.get("Name")
        return [arn("glue", f"job/{name}")] if name else ["*"]
    catalog = arn("glue", "catalog")
    if "Database" in operation:
        name = p.get("Name") or p.get("DatabaseInput", {}).get("Name")
        return [catalog, arn("glue", f"database/{name}")] if name else [catalog]
    database = p.get("DatabaseName")
    if not database:
        return [catalog]
    # An operation on a table needs what the table lies in as well. A list of tables is judged by its database: which
    # tables AWS compares besides isn't documented.
    of_database = [catalog, arn("glue", f"database/{database}")]
    table = p.get("TableName") or p.get("TableInput", {}).get("Name")
    if operation in ("GetTable", "DeleteTable", "GetTableVersions"):
        table = p.get("Name") or table
    tables = [table] if table else p.get("TablesToDelete", [])
    return of_database + [arn("glue", f"table/{database}/{each}") for each in tables]


# --- Athena, Airflow, CloudWatch Logs, Budgets ---


def _athena(p: dict[str, Any], action: str, context: dict[str, Any], arn: _Arn, world: World) -> Iterator[Need]:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html"""
    operation = action.partition(":")[2]
    if operation in ("ListWorkGroups", "ListDataCatalogs", "ListEngineVersions"):
        resources = ["*"]
    elif "DataCatalog" in operation or "CatalogName" in p:
        resources = [arn("athena", f"datacatalog/{p.get('CatalogName') or p.get('Name')}")]
    else:
        name = p.get("Name") if "WorkGroup" in operation else ""
        groups = world.workgroups_of(p) or [p.get("WorkGroup") or name or "primary"]
        resources = [arn("athena", f"workgroup/{group}") for group in groups]
    for resource in [p["ResourceARN"]] if "ResourceARN" in p else resources:
        yield Need(action, resource, context)


def _airflow(
    call: Call, path: str, p: dict[str, Any], action: str, context: dict[str, Any], arn: _Arn
) -> Iterator[Need]:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmanagedworkflowsforapacheairflow.html"""
    name = unquote(path.rstrip("/").rpartition("/")[2])
    if action == "airflow:InvokeRestApi":  # signed in as the sandbox's one user, who has Airflow's role Admin
        resource = arn("airflow", f"role/{name}/Admin")
    elif path.startswith("/tags/"):
        resource = unquote(path.removeprefix("/tags/"))
    else:
        resource = "*" if action == "airflow:ListEnvironments" else arn("airflow", f"environment/{name}")
    yield Need(action, resource, context)
    if call.method in ("PUT", "PATCH"):
        yield from _passing(p.get("ExecutionRoleArn"), "airflow.amazonaws.com", arn)


def _logs(p: dict[str, Any], action: str, context: dict[str, Any], arn: _Arn, _: World) -> Iterator[Need]:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html"""
    group, stream = p.get("logGroupName"), p.get("logStreamName")
    resource = arn("logs", f"log-group:{group}" + (f":log-stream:{stream}" if stream else "")) if group else "*"
    yield Need(action, p.get("resourceArn") or p.get("logGroupIdentifier") or resource, context)


def _budgets(p: dict[str, Any], action: str, context: dict[str, Any], arn: _Arn, _: World) -> Iterator[Need]:
    """Two actions stand for all operations but those on tags.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbudgets.html
    """
    if "ResourceARN" not in p:
        action = f"budgets:{'View' if action.startswith('budgets:Describe') else 'Modify'}Budget"
    name = p.get("BudgetName") or p.get("Budget", {}).get("BudgetName", "*")
    yield Need(action, p.get("ResourceARN") or arn("budgets", f"budget/{name}", region=False), context)


# --- IAM ---

_IAM_KINDS = {"RoleName": "role", "UserName": "user", "GroupName": "group", "InstanceProfileName": "instance-profile"}


def _iam(p: dict[str, str], action: str, context: dict[str, Any], arn: _Arn, world: World) -> Iterator[Need]:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html"""
    for name, kind in _IAM_KINDS.items():
        if name in p:
            boundary = world.boundary(p[name]) if kind == "role" else ""
            boundary = p.get("PermissionsBoundary", boundary)
            keys = {"iam:PermissionsBoundary": boundary} if boundary else {}
            if "PolicyArn" in p:
                keys["iam:PolicyARN"] = p["PolicyArn"]
            yield Need(action, arn("iam", f"{kind}{p.get('Path', '/')}{p[name]}", region=False), {**context, **keys})
            return
    resource = p.get("PolicyArn") or p.get("OpenIDConnectProviderArn") or p.get("SAMLProviderArn")
    if not resource and "PolicyName" in p:
        resource = arn("iam", f"policy{p.get('Path', '/')}{p['PolicyName']}", region=False)
    if not resource and "Url" in p:
        resource = arn("iam", f"oidc-provider/{p['Url'].removeprefix('https://')}", region=False)
    yield Need(action, resource or "*", context)


# --- EC2: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html ---

# By parameter: the kind of resource that it names, and what the ids of such begin with.
_EC2_KINDS = {
    "VpcId": ("vpc", "vpc"),
    "SubnetId": ("subnet", "subnet"),
    "GroupId": ("security-group", "sg"),
    "SecurityGroupId": ("security-group", "sg"),
    "RouteTableId": ("route-table", "rtb"),
    "InternetGatewayId": ("internet-gateway", "igw"),
    "NatGatewayId": ("natgateway", "nat"),
    "AllocationId": ("elastic-ip", "eipalloc"),
    "VpcEndpointId": ("vpc-endpoint", "vpce"),
    "NetworkInterfaceId": ("network-interface", "eni"),
    "SecurityGroupRuleId": ("security-group-rule", "sgr"),
    "NetworkAclId": ("network-acl", "acl"),
}
_EC2_PREFIXES = {prefix: kind for kind, prefix in _EC2_KINDS.values()}
# Of a call that makes something; MiniStack's table knows the tags of CreateTags alone.
_EC2_TAG = r"TagSpecification\.\d+\.Tag\.\d+\.Key"


def _ec2_made(operation: str) -> str:
    """The kind of resource that an operation makes, empty for none: CreateVpc makes what a VpcId names."""
    if operation.startswith("AuthorizeSecurityGroup"):
        return "security-group-rule"
    named = "AllocationId" if operation == "AllocateAddress" else f"{operation.removeprefix('Create')}Id"
    return _EC2_KINDS.get(named, ("",))[0]


def _ec2(p: dict[str, str], action: str, context: dict[str, Any], arn: _Arn, world: World) -> Iterator[Need]:
    operation = action.partition(":")[2]
    if operation.startswith("Describe"):
        yield Need(action, "*")
        return
    given = {p[name]: p.get(f"{name[:-4]}.Value", "") for name in p if re.fullmatch(_EC2_TAG, name)}
    if given:
        context = {**{f"aws:RequestTag/{key}": value for key, value in given.items()}, "aws:TagKeys": list(given)}
    if operation in ("CreateTags", "DeleteTags"):
        named = [(_EC2_PREFIXES.get(v.rpartition("-")[0], "*"), v) for k, v in p.items() if k.startswith("ResourceId")]
    else:
        plain = [(re.sub(r"\.\d+$", "", name), value) for name, value in p.items()]
        named = [(_EC2_KINDS[name][0], value) for name, value in plain if name in _EC2_KINDS]
    for kind, name in named:
        resource = arn("ec2", f"{kind}/{name}")
        tags = _tags(resource, world)
        yield Need(action, resource, {**context, **tags} if operation in ("CreateTags", "DeleteTags") else tags)
    made = _ec2_made(operation)
    if made:
        yield Need(action, arn("ec2", f"{made}/*"), context)
    if made and context:
        yield Need("ec2:CreateTags", arn("ec2", f"{made}/*"), {**context, "ec2:CreateAction": operation})
    if not named and not made:
        yield Need(action, "*", context)


_BY_SERVICE = {"glue": _glue, "athena": _athena, "ec2": _ec2, "iam": _iam, "logs": _logs, "budgets": _budgets}
