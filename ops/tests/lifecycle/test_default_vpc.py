"""The account's default VPC, and the workflows' roles: what was applied is what is planned, and the roles suffice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.tests.front import Front, Workspace
from ops.tests.lifecycle.networks import unexpected_changes
from sandbox.judge.sessions import Assumer

BOUNDARY = "arn:aws:iam::000000000000:policy/west_data/west_data_execution_boundary"


ISSUER = "token.actions.githubusercontent.com"
STACK = "west-data"


@pytest.fixture(scope="module")
def front(provider: Path) -> Iterator[Front]:
    with Front(provider, judged=True) as running:
        yield running


def test_plan_after_apply_is_empty(front: Front, synthesised: Path, tmp_path: Path) -> None:
    """default VPC with workflows' roles: apply, then an empty plan"""
    assert unexpected_changes(front, synthesised / "west-data", tmp_path, whole=True) == []


def test_roles(front: Front) -> None:
    """the roles have their boundary, their policies and their trust"""
    iam = front.client("iam")
    for name in ("west_data_airflow", "west_data_glue"):
        role = iam.get_role(RoleName=name)["Role"]
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
    attached = {name: _attached(iam, f"west_data_{name}") for name in ("plan", "apply")}
    assert attached["plan"] < attached["apply"]
    documents = {arn: _document(iam, arn) for arn in attached["apply"]}
    assert all(len(json.dumps(document, separators=(",", ":"))) <= 6144 for document in documents.values())
    sids = {statement["Sid"]: statement for document in documents.values() for statement in document["Statement"]}
    assert sids["ChangeServiceRoles"]["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}
    (vpc,) = [each for each in front.client("ec2").describe_vpcs()["Vpcs"] if each["IsDefault"]]
    shared = sids["UseSharedNetwork"]["Resource"]
    assert shared[0] == f"arn:aws:ec2:eu-central-1:000000000000:vpc/{vpc['VpcId']}"
    trust = iam.get_role(RoleName="west_data_apply")["Role"]["AssumeRolePolicyDocument"]
    equal = trust["Statement"][0]["Condition"]["StringEquals"]
    issuer = "token.actions.githubusercontent.com"
    assert equal[f"{issuer}:sub"] == ["repo:octo-org@123456/octo-repo@456789:environment:west-data"]
    assert equal[f"{issuer}:ref"] == "refs/heads/main"


def _attached(iam: Any, role: str) -> set[str]:
    return {each["PolicyArn"] for each in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]}


def _document(iam: Any, arn: str) -> dict[str, Any]:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def test_the_workflows_roles_may_do_what_the_workflows_do(front: Front, synthesised: Path, tmp_path: Path) -> None:
    """what an administrator has applied, the plan role plans again and the apply role changes: nothing is refused"""
    west = Workspace(tmp_path, front)
    west.add_synthesised(synthesised / STACK)
    subject = "repo:octo-org@123456/octo-repo@456789"
    planning = _assumed(front, "plan", sub=f"{subject}:ref:refs/heads/main")
    applying = _assumed(front, "apply", sub=f"{subject}:environment:{STACK}", ref="refs/heads/main")
    # As plan.yml does: a plan takes no lock, which its role couldn't write.
    assert "no changes" in west.run("plan", STACK, TF_CLI_ARGS_plan="-lock=false", **planning)
    for change in (_changed, _less, lambda document: document):
        document = change(json.loads((synthesised / STACK / "cdk.tf.json").read_text()))
        west.add(STACK, document)
        west.run("plan", STACK, TF_CLI_ARGS_plan="-lock=false", **planning)
        assert len(west.planned(STACK)) > 2
        west.run("plan", STACK, **applying)
        west.run("apply", STACK, **applying)
    assert front.judge.refusals() == []


def test_the_plan_role_changes_nothing(front: Front, synthesised: Path, tmp_path: Path) -> None:
    """an apply with the plan role ends at the state's lock, which it may not write"""
    west = Workspace(tmp_path, front)
    west.add_synthesised(synthesised / STACK)
    west.add(STACK, _changed(json.loads((synthesised / STACK / "cdk.tf.json").read_text())))
    planning = _assumed(front, "plan", sub="repo:octo-org@123456/octo-repo@456789:pull_request")
    west.run("plan", STACK, TF_CLI_ARGS_plan="-lock=false", **planning)
    assert "Error acquiring the state lock" in west.run("apply", STACK, expect=1, **planning)
    caller, lock = (
        "assumed-role/west_data_plan/GitHubActions",
        "west-data-terraform-state/west-data/terraform.tfstate.tflock",
    )
    refused = f'{caller} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::{lock}"'
    assert any(refused in each["message"] for each in front.judge.refusals())


def _assumed(front: Front, role: str, **claims: str) -> dict[str, str]:
    """What a command acts with that has assumed a workflow's role with GitHub's token."""
    provider = f"arn:aws:iam::000000000000:oidc-provider/{ISSUER}"
    by = Assumer(provider=provider, claims={"aud": "sts.amazonaws.com", **claims})
    return front.judge.assume(f"west_data_{role}", "GitHubActions", by).environment


def _changed(document: dict[str, Any]) -> dict[str, Any]:
    """Every kind of part that workflows change is changed."""
    resources = document["resource"]
    for job in resources["aws_glue_job"].values():
        job["timeout"] += 1
    for kind in ("aws_glue_crawler", "aws_glue_catalog_database", "aws_athena_workgroup"):
        for each in resources[kind].values():
            each["description"] = "Changed"
    # The emulator knows no tags of Airflow environments.
    for kind in ("aws_glue_job", "aws_glue_crawler", "aws_athena_workgroup", "aws_s3_bucket"):
        for each in resources[kind].values():
            each["tags"] = {"changed": "yes"}
    for group in resources["aws_cloudwatch_log_group"].values():
        group["retention_in_days"] = 60
    for environment in resources["aws_mwaa_environment"].values():
        environment["max_workers"] = 5
    for name in ("airflow", "glue"):
        role, policy = resources["aws_iam_role"][name], resources["aws_iam_role_policy"][name]
        role["description"], role["tags"] = "Changed", {"changed": "yes"}
        written = json.loads(policy["policy"])
        policy["policy"] = json.dumps({**written, "Statement": written["Statement"][:-1]})
    return document


def _less(document: dict[str, Any]) -> dict[str, Any]:
    """A dataset's job and crawler are gone, and a saved query."""
    resources = document["resource"]
    for kind in ("aws_glue_job", "aws_glue_crawler"):
        del resources[kind]["dim_address"]
    resources["aws_athena_named_query"].pop("missing_values")
    return document
