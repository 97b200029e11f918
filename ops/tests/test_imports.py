from __future__ import annotations

from typing import Any

from ops.imports import _candidates
from ops.tests.builders import change


def document(*changes: dict[str, Any]) -> dict[str, Any]:
    identity = {"mode": "data", "type": "aws_caller_identity", "values": {"account_id": "210987654321"}}
    return {
        "prior_state": {"values": {"root_module": {"resources": [identity]}}},
        "resource_changes": list(changes),
    }


def test_ids_are_put_together_from_names_and_the_account() -> None:
    found = _candidates(
        document(
            change("aws_s3_bucket.a", ["create"], None, {"bucket": "lake"}),
            change("aws_glue_catalog_table.b", ["create"], None, {"database_name": "db", "name": "raw"}),
            change("aws_iam_role_policy.c", ["create"], None, {"role": "glue", "name": "data"}),
        ),
        known=set(),
    )
    assert found == {
        "aws_s3_bucket.a": "lake",
        "aws_glue_catalog_table.b": "210987654321:db:raw",
        "aws_iam_role_policy.c": "glue:data",
    }


def test_leaves_out_what_is_known_exists_or_has_no_name_yet() -> None:
    found = _candidates(
        document(
            change("aws_s3_bucket.known", ["create"], None, {"bucket": "lake"}),
            change("aws_s3_bucket.there", ["update"], {}, {"bucket": "lake"}),
            change("aws_iam_role_policy.later", ["create"], None, {"name": "data"}),
            change("aws_vpc.unnamed", ["create"], None, {"cidr_block": "10.0.0.0/16"}),
        ),
        known={"aws_s3_bucket.known"},
    )
    assert found == {}


def test_looks_for_the_named_addresses_alone() -> None:
    records = [change(f"aws_glue_job.{name}", ["create"], None, {"name": name}) for name in ("ours", "theirs")]
    found = _candidates(document(*records), known=set(), only=frozenset({"aws_glue_job.ours"}))
    assert found == {"aws_glue_job.ours": "ours"}


def test_leaves_out_the_ids_that_are_not_ours() -> None:
    records = [change(f"aws_glue_job.{name}", ["create"], None, {"name": name}) for name in ("ours", "theirs")]
    found = _candidates(document(*records), known=set(), apart={"aws_glue_job.theirs": {"theirs"}})
    assert found == {"aws_glue_job.ours": "ours"}


def test_a_part_that_is_known_after_apply_alone_is_the_id_of_what_it_refers_to() -> None:
    attachment, policy = "aws_iam_role_policy_attachment.plan_1", "aws_iam_policy.plan"
    plan = document(
        change(attachment, ["create"], None, {"role": "lake_plan"}),
        change(policy, ["create"], None, {"name": "plan", "path": "/lake/"}),
    )
    references = {"policy_arn": {"references": [f"{policy}.arn", policy]}, "role": {"constant_value": "lake_plan"}}
    plan["configuration"] = {"root_module": {"resources": [{"address": attachment, "expressions": references}]}}
    arn = "arn:aws:iam::210987654321:policy/lake/plan"
    assert _candidates(plan, known=set()) == {attachment: f"lake_plan/{arn}", policy: arn}


def test_without_the_account_nothing_is_made_up() -> None:
    plan = {"resource_changes": [change("aws_iam_policy.x", ["create"], None, {"name": "x", "path": "/"})]}
    assert _candidates(plan, known=set()) == {}
