"""The boundary of the execution roles holds exactly what their policies grant: no less, or a run fails; no more."""

from __future__ import annotations

import pytest

from policies.tests import documents, reference
from policies.tests.documents import Statement, matches

BOUNDARY = documents.statements("execution-boundary")
GROUP_BOUNDARY = documents.statements("group-boundary")
EXECUTION = {name: documents.statements(name) for name in ("airflow-policy", "glue-policy", "deadline-policy")}


def _within(action: str, arn: str, statement: Statement, ours: Statement) -> bool:
    """Whether a statement of the boundary allows a grant of ours."""
    if not statement.grants(action):
        return False
    if ours.but_resources or statement.but_resources:
        return ours.but_resources == statement.but_resources and set(statement.conditions) <= set(ours.conditions)
    return any(matches(pattern, arn) for pattern in statement.resources)


@pytest.mark.parametrize("name", EXECUTION)
def test_boundary_covers_what_is_granted(name: str) -> None:
    outside, checked = [], 0
    for ours in EXECUTION[name]:
        for action in (each for pattern in ours.actions for each in reference.expand(pattern)):
            for arn in ours.resources or ours.but_resources:
                checked += 1
                if not any(_within(action, arn, each, ours) for each in BOUNDARY):
                    outside.append(f"{ours.sid}: {action} on {arn}: beyond policies/execution-boundary.json")
    print(f"\n{name}: {checked} grants within the boundary")
    assert outside == []


def test_groups_boundary_covers_what_is_granted_to_them_and_holds_nothing_else() -> None:
    """By action and kind of resource: the sample's names aren't those of the deployment."""
    granted = [each for statements in documents.of_groups().values() for each in statements]
    assert granted

    def actions(statements: list[Statement]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for each in statements:
            for action in each.actions:
                found.setdefault(action, set()).update(_kind(arn) for arn in each.resources)
        return found

    # The deployment has no key of its own; the stack's own tests look at one that has.
    assert actions(granted) == actions([each for each in GROUP_BOUNDARY if each.sid != "UseDataKey"])


def _kind(arn: str) -> str:
    """What an ARN names, without the deployment's own names: s3 object below data/raw/, glue table, ..."""
    service, _, _, resource = arn.split(":", 5)[2:] if arn.count(":") >= 5 else ("", "", "", arn)
    if service != "s3":
        return f"{service}:{resource.split('/')[0]}{'/default' if resource.endswith('/default') else ''}"
    return f"s3:{'/'.join(resource.split('/')[1:3]).split('/')[0]}"


def test_boundary_holds_nothing_else() -> None:
    granted = [each for statements in EXECUTION.values() for each in statements]
    unused = [
        f"{statement.sid}: {pattern}"
        for statement in BOUNDARY
        for pattern in statement.actions
        if not any(
            pattern in each.actions or any(matches(pattern, action) for action in each.actions) for each in granted
        )
    ]
    print(
        f"\nexecution-boundary: {sum(len(each.actions) for each in BOUNDARY)} actions, each of them granted to a role"
    )
    assert unused == []


def test_boundary_keeps_code_and_other_deployments_out_of_reach() -> None:
    for statement in BOUNDARY:
        if statement.grants("s3:PutObject") or statement.grants("s3:DeleteObject"):
            assert not any(matches(arn, "arn:aws:s3:::acme-lake/dags/x.py") for arn in statement.resources)
            assert not any(matches(arn, "arn:aws:s3:::acme-lake/artifacts/x") for arn in statement.resources)
        if statement.grants("glue:StartJobRun"):
            assert statement.condition("aws:ResourceTag/deployment") == ("acme",)
        for service in ("iam", "sts", "lambda", "ec2", "cloudformation", "ssm", "secretsmanager"):
            assert not any(pattern.startswith((f"{service}:", "*")) for pattern in statement.actions)
