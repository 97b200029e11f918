"""Which actions on which resources a request needs, as the service authorization reference has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox.judge import needs
from sandbox.judge.engine import Need
from sandbox.mends import Call

ACCOUNT, REGION = "000000000000", "eu-central-1"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Emulated(needs.World):
    """What lies deployed."""

    def tags(self, arn: str) -> Mapping[str, str]:
        return {"deployment": "ours"} if arn.endswith(("vpc-1", "sg-1", "job/j", "crawler/c")) else {}

    def boundary(self, role: str) -> str:
        return "arn:b" if role == "bound" else ""

    def workgroups_of(self, payload: Mapping[str, Any]) -> list[str]:
        if "QueryExecutionIds" in payload:
            return ["wg", "theirs"]
        return ["wg"] if payload.get("NamedQueryId") == "n" or payload.get("QueryExecutionId") == "q" else []


def form(service: str, **fields: str) -> Call:
    return Call(service, "POST", "/", FORM, urlencode(fields).encode())


def target(service: str, operation: str, **fields: Any) -> Call:
    return Call(service, "POST", "/", {"X-Amz-Target": f"X.{operation}"}, json.dumps(fields).encode())


def rest(service: str, method: str, path: str, **fields: Any) -> Call:
    return Call(service, method, path, {}, json.dumps(fields).encode() if fields else b"")


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{'' if service == 'iam' else REGION}:{ACCOUNT}:{resource}"


OURS = {"aws:ResourceTag/deployment": "ours"}
TAGGED = {"TagSpecification.1.Tag.1.Key": "deployment", "TagSpecification.1.Tag.1.Value": "ours"}
CARRIES = {"aws:RequestTag/deployment": "ours", "aws:TagKeys": ["deployment"]}


def need(action: str, resource: str, context: Mapping[str, Any] | None = None) -> Need:
    """Of a resource of the action's own service."""
    return Need(action, resource if resource == "*" else arn(action.partition(":")[0], resource), context or {})


def glue(operation: str, *resources: str, **fields: Any) -> tuple[Call, list[Need]]:
    return target("glue", operation, **fields), [need(f"glue:{operation}", each) for each in resources]


CASES: list[tuple[Call, list[Need]]] = [
    # Glue
    glue("GetDatabase", "catalog", "database/d", Name="d"),
    glue("GetTable", "catalog", "database/d", "table/d/t", DatabaseName="d", Name="t"),
    glue("UpdateTable", "catalog", "database/d", "table/d/t", DatabaseName="d", TableInput={"Name": "t"}),
    glue("GetTables", "catalog", "database/d", DatabaseName="d"),
    glue("BatchCreatePartition", "catalog", "database/d", "table/d/t", DatabaseName="d", TableName="t"),
    glue("GetJobs", "*"),
    glue("GetClassifier", "*", Name="x"),
    glue("CreateSecurityConfiguration", "*", Name="x", EncryptionConfiguration={}),
    glue("GetCrawlerMetrics", "*", CrawlerNameList=["x"]),
    glue("GetTags", "job/x", ResourceArn=arn("glue", "job/x")),
    (target("glue", "StartJobRun", JobName="j"), [need("glue:StartJobRun", "job/j", OURS)]),
    (target("glue", "StartCrawler", Name="c"), [need("glue:StartCrawler", "crawler/c", OURS)]),
    (
        target("glue", "CreateCrawler", Name="c", Role="r", Tags={"deployment": "ours"}),
        [
            Need("glue:CreateCrawler", "*", CARRIES),
            need("iam:PassRole", "role/r", {"iam:PassedToService": "glue.amazonaws.com"}),
        ],
    ),
    # Athena
    (target("athena", "GetWorkGroup", WorkGroup="w"), [need("athena:GetWorkGroup", "workgroup/w")]),
    (target("athena", "CreateWorkGroup", Name="w"), [need("athena:CreateWorkGroup", "workgroup/w")]),
    (target("athena", "GetNamedQuery", NamedQueryId="n"), [need("athena:GetNamedQuery", "workgroup/wg")]),
    (target("athena", "GetQueryResults", QueryExecutionId="q"), [need("athena:GetQueryResults", "workgroup/wg")]),
    (
        target("athena", "BatchGetQueryExecution", QueryExecutionIds=["q", "t"]),
        [need("athena:BatchGetQueryExecution", f"workgroup/{each}") for each in ("wg", "theirs")],
    ),
    (target("athena", "ListWorkGroups"), [Need("athena:ListWorkGroups", "*")]),
    # Airflow
    (rest("airflow", "GET", "/environments/e"), [need("airflow:GetEnvironment", "environment/e")]),
    (rest("airflow", "POST", "/restapi/e"), [need("airflow:InvokeRestApi", "role/e/Admin")]),
    (
        rest("airflow", "PUT", "/environments/e", ExecutionRoleArn=arn("iam", "role/r")),
        [
            need("airflow:CreateEnvironment", "environment/e"),
            need("iam:PassRole", "role/r", {"iam:PassedToService": "airflow.amazonaws.com"}),
        ],
    ),
    # CloudWatch
    (
        target("logs", "PutLogEvents", logGroupName="/g", logStreamName="s"),
        [need("logs:PutLogEvents", "log-group:/g:log-stream:s")],
    ),
    (target("logs", "DescribeLogGroups", logGroupNamePrefix="/g"), [Need("logs:DescribeLogGroups", "*")]),
    (
        form("monitoring", Action="PutMetricData", Namespace="Glue"),
        [Need("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "Glue"})],
    ),
    (
        target("events", "PutEvents", Entries=[{"Source": "a"}, {"Source": "b"}]),
        [need("events:PutEvents", "event-bus/default", {"events:source": source}) for source in "ab"],
    ),
    # IAM
    (
        form("iam", Action="PutRolePolicy", RoleName="bound", PolicyName="p"),
        [need("iam:PutRolePolicy", "role/bound", {"iam:PermissionsBoundary": "arn:b"})],
    ),
    (form("iam", Action="CreatePolicy", PolicyName="p", Path="/acme/"), [need("iam:CreatePolicy", "policy/acme/p")]),
    (
        form("iam", Action="AttachRolePolicy", RoleName="r", PolicyArn="arn:p"),
        [need("iam:AttachRolePolicy", "role/r", {"iam:PolicyARN": "arn:p"})],
    ),
    # EC2: what is made, what it is made in, and the tags that it gets in the same call
    (form("ec2", Action="DescribeVpcs"), [Need("ec2:DescribeVpcs", "*")]),
    (
        form("ec2", Action="CreateSubnet", VpcId="vpc-1", **TAGGED),
        [
            need("ec2:CreateSubnet", "vpc/vpc-1", OURS),
            need("ec2:CreateSubnet", "subnet/*", CARRIES),
            need("ec2:CreateTags", "subnet/*", {**CARRIES, "ec2:CreateAction": "CreateSubnet"}),
        ],
    ),
    (
        form("ec2", Action="AuthorizeSecurityGroupIngress", GroupId="sg-1"),
        [
            need("ec2:AuthorizeSecurityGroupIngress", "security-group/sg-1", OURS),
            need("ec2:AuthorizeSecurityGroupIngress", "security-group-rule/*"),
        ],
    ),
    (
        form("ec2", Action="CreateTags", **{"ResourceId.1": "sg-1", "Tag.1.Key": "deployment", "Tag.1.Value": "ours"}),
        [need("ec2:CreateTags", "security-group/sg-1", {**CARRIES, **OURS})],
    ),
    # Budgets
    (
        target("budgets", "DescribeBudget", BudgetName="b"),
        [Need("budgets:ViewBudget", f"arn:aws:budgets::{ACCOUNT}:budget/b")],
    ),
    (
        target("budgets", "CreateBudget", Budget={"BudgetName": "b"}),
        [Need("budgets:ModifyBudget", f"arn:aws:budgets::{ACCOUNT}:budget/b")],
    ),
    # S3
    (rest("s3", "GET", "/"), [Need("s3:ListAllMyBuckets", "*")]),
    (rest("s3", "HEAD", "/b"), [Need("s3:ListBucket", "arn:aws:s3:::b")]),
    (rest("s3", "GET", "/b?location"), [Need("s3:GetBucketLocation", "arn:aws:s3:::b")]),
    (rest("s3", "GET", "/b?versions="), [Need("s3:ListBucketVersions", "arn:aws:s3:::b")]),
    (rest("s3", "PUT", "/b?encryption"), [Need("s3:PutEncryptionConfiguration", "arn:aws:s3:::b")]),
    (rest("s3", "DELETE", "/b/k%20x?versionId=1"), [Need("s3:DeleteObjectVersion", "arn:aws:s3:::b/k x")]),
    (rest("s3", "POST", "/b/k?uploads"), [Need("s3:PutObject", "arn:aws:s3:::b/k")]),
    (rest("s3", "DELETE", "/b/k?uploadId=1"), [Need("s3:AbortMultipartUpload", "arn:aws:s3:::b/k")]),
    (rest("s3", "GET", "/b/k?tagging"), [Need("s3:GetObjectTagging", "arn:aws:s3:::b/k")]),
    (rest("s3", "GET", "/v20180820/configuration/publicAccessBlock"), [Need("s3:GetAccountPublicAccessBlock", "*")]),
]


@pytest.mark.parametrize(("call", "expected"), CASES, ids=lambda part: getattr(part, "operation", ""))
def test_needs(call: Call, expected: list[Need]) -> None:
    found = [(need.action, need.resource, _lower(need.context)) for need in needs.of(call, REGION, Emulated())]
    assert found == [(need.action, need.resource, _lower(need.context)) for need in expected]


@pytest.mark.parametrize("call", [rest("airflow", "GET", "/unheard/of"), rest("s3", "PATCH", "/b/k")])
def test_an_unknown_call_isnt_guessed(call: Call) -> None:
    with pytest.raises(needs.Unknown):
        needs.of(call, REGION, Emulated())


def _lower(context: Mapping[str, Any]) -> dict[str, Any]:
    """Condition keys don't mind the case."""
    return {key.lower(): value for key, value in context.items()}
