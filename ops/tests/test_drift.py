from __future__ import annotations

from ops.changes import Change
from ops.drift import _rows


def test_each_attribute_has_a_row_with_what_the_next_apply_does() -> None:
    found = [
        Change("aws_glue_job.a", "aws_glue_job", "update", ("timeout", "number_of_workers")),
        Change("aws_s3_object.b", "aws_s3_object", "delete"),
        Change("aws_security_group.c", "aws_security_group", "update", ("ingress",)),
    ]
    assert _rows(found, repaired={"aws_glue_job.a", "aws_s3_object.b"}) == [
        ("aws_glue_job.a", "timeout", "changed", "restores it"),
        ("aws_glue_job.a", "number_of_workers", "changed", "restores it"),
        ("aws_s3_object.b", "-", "deleted", "restores it"),
        ("aws_security_group.c", "ingress", "changed", "leaves it: undo by hand"),
    ]


def test_a_roles_view_of_its_policy_follows_the_policy() -> None:
    role = Change("aws_iam_role.a", "aws_iam_role", "update", ("inline_policy.policy",))
    policy = Change("aws_iam_role_policy.a", "aws_iam_role_policy", "update", ("policy",))
    assert _rows([role, policy], {"aws_iam_role_policy.a"})[0][3] == "restores it by aws_iam_role_policy.a"
    assert _rows([role], set())[0][3] == "leaves it: undo by hand"
