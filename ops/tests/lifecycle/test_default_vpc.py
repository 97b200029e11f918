"""The account's default VPC, and the workflows' roles: what was applied is what is planned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ops.tests.front import Front
from ops.tests.lifecycle.networks import unexpected_changes

BOUNDARY = "arn:aws:iam::000000000000:policy/west_data/west_data_execution_boundary"


def test_plan_after_apply_is_empty(front: Front, synthesised: Path, tmp_path: Path) -> None:
    """default VPC with workflows' roles: apply, then an empty plan"""
    assert unexpected_changes(front, synthesised / "west-data", tmp_path) == []


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
