"""Every action, resource and condition of the policies is one that AWS knows."""

from __future__ import annotations

import pytest

from policies.tests import documents, reference
from policies.tests.documents import ROLES, Statement

# AWS could narrow these to a resource, and they are granted on all, because of what the reason says.
ON_ALL = {
    "ec2:DescribeVpcAttribute": "reads two settings, as DescribeVpcs does, which can't be narrowed",
}

# AWS's reference calls these dependent, and they aren't needed, because of what the reason says.
NOT_NEEDED = {
    "ecs:": "CreateFlowLogs needs them for a log format with fields of ECS, which ours has not: "
    "https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html",
    "billing:GetBillingViewData": "A budget of a billing view needs it, and ours has none: "
    "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/BudgetsServiceRolePolicy.html",
}


def problems(statement: Statement) -> list[str]:
    """What AWS would refuse, or silently never match."""
    found = []
    where = f"{statement.file}: {statement.sid}"
    used = set()
    for pattern in statement.actions:
        actions = reference.expand(pattern)
        if not actions:
            found.append(f"{where}: {pattern}: no such action")
        for action in actions:
            used |= _check_resources(where, statement, action, found)
            _check_conditions(where, statement, action, found)
    for arn in statement.resources:
        if arn != "*" and arn not in used and not any("no such action" in each for each in found):
            found.append(f"{where}: {arn}: a resource of none of the actions")
    return found


def _check_resources(where: str, statement: Statement, action: str, found: list[str]) -> set[str]:
    types = reference.resource_types(action)
    if not types:
        if statement.resources != ("*",) and not statement.but_resources and "*" not in "".join(statement.actions):
            found.append(f"{where}: {action}: has no resource type; its resource must be *")
        return set()
    if statement.resources == ("*",):
        if action not in ON_ALL:
            found.append(f"{where}: {action}: could be granted on {', '.join(sorted(types))}")
        return set()
    fitting = {arn for arn in statement.resources if any(reference.is_of_type(action, each, arn) for each in types)}
    if not fitting and not statement.but_resources and "*" not in "".join(statement.actions):
        found.append(f"{where}: {action}: none of the resources is a {' or '.join(sorted(types))}")
    return fitting


def _check_conditions(where: str, statement: Statement, action: str, found: list[str]) -> None:
    types = {
        each
        for each in reference.resource_types(action)
        if any(reference.is_of_type(action, each, arn) for arn in statement.resources)
    } or {""}
    for _, key, _ in statement.conditions:
        if not any(reference.general(key) in reference.condition_keys(action, each) for each in types):
            found.append(f"{where}: {action}: AWS compares no {key} for it, so the statement would never match")


@pytest.mark.parametrize("name", documents.names())
def test_actions_resources_and_conditions_are_known(name: str) -> None:
    found = [problem for statement in documents.statements(name) for problem in problems(statement)]
    assert found == []
    every = documents.statements(name)
    actions = {action for each in every for pattern in each.actions for action in reference.expand(pattern)}
    resources = {arn for each in every for arn in each.resources}
    conditions = {key for each in every for _, key, _ in each.conditions}
    print(
        f"\n{name}: {len(every)} statements, {len(actions)} actions, {len(resources)} resources and"
        f" {len(conditions)} condition keys are in the service authorization reference"
    )
    assert actions


@pytest.mark.parametrize("group", documents.of_groups())
def test_what_groups_are_granted_is_known(group: str) -> None:
    assert [problem for statement in documents.of_groups()[group] for problem in problems(statement)] == []


@pytest.mark.parametrize("role", ROLES)
def test_every_required_resource_is_granted(role: str) -> None:
    """Some actions touch several resources, and each must be allowed: a subnet and its VPC"""
    granted = documents.of_role(role)
    missing, checked = [], 0
    for action in sorted(
        {action for each in granted for pattern in each.actions for action in reference.expand(pattern)}
    ):
        arns = {arn for each in granted if each.grants(action) for arn in each.resources}
        if "*" in arns or any(each.grants(action) and each.but_resources for each in granted):
            continue
        for needed in reference.required_types(action):
            checked += 1
            if not any(reference.is_of_type(action, needed, arn) for arn in arns):
                missing.append(f"{action}: needs a {needed}")
    print(f"\n{role}: {checked} required resources")
    assert missing == []


@pytest.mark.parametrize("role", ROLES)
def test_every_dependent_action_is_granted(role: str) -> None:
    """CreateVpcEndpoint with private DNS also associates the VPC with a hosted zone"""
    granted = documents.of_role(role)
    missing, checked = [], 0
    for action in sorted(
        {action for each in granted for pattern in each.actions for action in reference.expand(pattern)}
    ):
        for dependent in reference.dependent_actions(action):
            checked += 1
            if dependent.startswith(tuple(NOT_NEEDED)):
                continue
            if not any(each.grants(dependent) for each in granted):
                missing.append(f"{action}: also needs {dependent}")
    print(f"\n{role}: {checked} dependent actions")
    assert missing == []


def test_objects_of_a_versioned_bucket_can_be_deleted() -> None:
    """Terraform's provider lists an object's versions to delete them"""
    granted = documents.of_role("apply")
    assert any(each.grants("s3:DeleteObjectVersion") for each in granted)
    (listing,) = [each for each in granted if each.grants("s3:ListBucketVersions")]
    assert listing.resources == ("arn:aws:s3:::acme-lake",)


def test_the_rule_on_wildcard_resources_allows_those_that_have_none() -> None:
    """The rule wildcard-resource reads its exceptions from this list."""
    folder = documents.FOLDER.parent / "src" / "main" / "resources" / "com" / "drivendata" / "platform" / "rules"
    listed = (folder / "actions-without-resources.txt").read_text().split()
    assert [each for each in listed if reference.resource_types(each) and each not in ON_ALL] == []
    every = [each for name in documents.names() for each in documents.statements(name)]
    granted = {action for each in every if each.resources == ("*",) for action in each.actions}
    assert sorted(granted) == listed, "what the policies grant on every resource"
