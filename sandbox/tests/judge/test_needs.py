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

    def workgroup_of(self, payload: Mapping[str, Any]) -> str:
        return "wg" if payload.get("NamedQueryId") == "n" or payload.get("QueryExecutionId") == "q" else ""


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


def glue(operation: str, *resources: str, **fields: Any) -> tuple[Call, list[Need]]:
    return target("glue", operation, **fields), [
        Need(f"glue:{operation}", arn("glue", each) if each != "*" else each) for each in resources
    ]


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
    (target("glue", "StartJobRun", JobName="j"), [Need("glue:StartJobRun", arn("glue", "job/j"), OURS)]),
    (target("glue", "StartCrawler", Name="c"), [Need("glue:StartCrawler", arn("glue", "crawler/c"), OURS)]),
    (
        target("glue", "CreateCrawler", Name="c", Role="r", Tags={"deployment": "ours"}),
        [
            Need("glue:CreateCrawler", "*", CARRIES),
            Need("iam:PassRole", arn("iam", "role/r"), {"iam:PassedToService": "glue.amazonaws.com"}),
        ],
    ),
    # Athena
    (target("athena", "GetWorkGroup", WorkGroup="w"), [Need("athena:GetWorkGroup", arn("athena", "workgroup/w"))]),
    (target("athena", "CreateWorkGroup", Name="w"), [Need("athena:CreateWorkGroup", arn("athena", "workgroup/w"))]),
    (
        target("athena", "GetNamedQuery", NamedQueryId="n"),
        [Need("athena:GetNamedQuery", arn("athena", "workgroup/wg"))],
    ),
    (
        target("athena", "GetQueryResults", QueryExecutionId="q"),
        [Need("athena:GetQueryResults", arn("athena", "workgroup/wg"))],
    ),
    (target("athena", "ListWorkGroups"), [Need("athena:ListWorkGroups", "*")]),
    # Airflow
    (rest("airflow", "GET", "/environments/e"), [Need("airflow:GetEnvironment", arn("airflow", "environment/e"))]),
    (rest("airflow", "POST", "/restapi/e"), [Need("airflow:InvokeRestApi", arn("airflow", "role/e/Admin"))]),
    (
        rest("airflow", "PUT", "/environments/e", ExecutionRoleArn=arn("iam", "role/r")),
        [
            Need("airflow:CreateEnvironment", arn("airflow", "environment/e")),
            Need("iam:PassRole", arn("iam", "role/r"), {"iam:PassedToService": "airflow.amazonaws.com"}),
        ],
    ),
    # CloudWatch
    (
        target("logs", "PutLogEvents", logGroupName="/g", logStreamName="s"),
        [Need("logs:PutLogEvents", arn("logs", "log-group:/g:log-stream:s"))],
    ),
    (target("logs", "DescribeLogGroups", logGroupNamePrefix="/g"), [Need("logs:DescribeLogGroups", "*")]),
    (
        form("monitoring", Action="PutMetricData", Namespace="Glue"),
        [Need("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "Glue"})],
    ),
    (
        target("events", "PutEvents", Entries=[{"Source": "a"}, {"Source": "b"}]),
        [Need("events:PutEvents", arn("events", "event-bus/default"), {"events:source": source}) for source in "ab"],
    ),
    # IAM
    (
        form("iam", Action="PutRolePolicy", RoleName="bound", PolicyName="p"),
        [Need("iam:PutRolePolicy", arn("iam", "role/bound"), {"iam:PermissionsBoundary": "arn:b"})],
    ),
    (
        form("iam", Action="CreatePolicy", PolicyName="p", Path="/acme/"),
        [Need("iam:CreatePolicy", arn("iam", "policy/acme/p"))],
    ),
    (
        form("iam", Action="AttachRolePolicy", RoleName="r", PolicyArn="arn:p"),
        [Need("iam:AttachRolePolicy", arn("iam", "role/r"), {"iam:PolicyARN": "arn:p"})],
    ),
    # EC2: what is made, what it is made in, and the tags that it gets in the same call
    (form("ec2", Action="DescribeVpcs"), [Need("ec2:DescribeVpcs", "*")]),
    (
        form("ec2", Action="CreateSubnet", VpcId="vpc-1", **TAGGED),
        [
            Need("ec2:CreateSubnet", arn("ec2", "vpc/vpc-1"), OURS),
            Need("ec2:CreateSubnet", arn("ec2", "subnet/*"), CARRIES),
            Need("ec2:CreateTags", arn("ec2", "subnet/*"), {**CARRIES, "ec2:CreateAction": "CreateSubnet"}),
        ],
    ),
    (
        form("ec2", Action="AuthorizeSecurityGroupIngress", GroupId="sg-1"),
        [
            Need("ec2:AuthorizeSecurityGroupIngress", arn("ec2", "security-group/sg-1"), OURS),
            Need("ec2:AuthorizeSecurityGroupIngress", arn("ec2", "security-group-rule/*")),
        ],
    ),
    (
        form("ec2", Action="CreateTags", **{"ResourceId.1": "sg-1", "Tag.1.Key": "deployment", "Tag.1.Value": "ours"}),
        [Need("ec2:CreateTags", arn("ec2", "security-group/sg-1"), {**CARRIES, **OURS})],
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
