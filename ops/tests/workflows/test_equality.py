from __future__ import annotations

import copy
from typing import Any

import pytest

from ops.github.equality import differences, fingerprint, normalised
from ops.tests.builders import change


def plan(*records: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resource_changes": list(records), **more}


REVIEWED = plan(
    change("aws_glue_job.a", ["update"], {"workers": 2, "tags": {"o": "x"}}, {"workers": 4, "tags": {"o": "x"}}),
    change("aws_s3_object.new", ["create"], None, {"key": "dags/a.py"}, after_unknown={"etag": True}),
    change("aws_s3_bucket.same", ["no-op"], {"bucket": "b"}, {"bucket": "b"}),
    output_changes={"bucket": {"actions": ["create"], "before": None, "after": "b"}},
)


def test_the_same_changes_are_equal_whatever_else_the_plan_says() -> None:
    other = copy.deepcopy(REVIEWED)
    other["resource_changes"].reverse()
    other["resource_changes"].append(change("aws_vpc.unrelated", ["no-op"], {"id": "1"}, {"id": "1"}))
    other |= {
        "timestamp": "2026-01-01T00:00:00Z",
        "terraform_version": "1.12.0",
        "prior_state": {"serial": 9},
    }
    assert differences(normalised(REVIEWED), normalised(other)) == []
    assert fingerprint(normalised(REVIEWED)) == fingerprint(normalised(other))


def test_resources_that_stay_do_not_count() -> None:
    assert sorted(normalised(REVIEWED)) == ["aws_glue_job.a", "aws_s3_object.new", "output.bucket"]


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda it: it["resource_changes"].pop(0), "aws_glue_job.a: reviewed as update, now no change"),
        (
            lambda it: it["resource_changes"].append(change("aws_vpc.v", ["create"], None, {})),
            "aws_vpc.v: not in the reviewed plan, now create",
        ),
        (
            lambda it: it["resource_changes"][0]["change"].update(actions=["delete", "create"]),
            "aws_glue_job.a: reviewed as update, now delete then create",
        ),
        (
            lambda it: it["resource_changes"][0]["change"]["after"].update(workers=10),
            "aws_glue_job.a: differs in after.workers",
        ),
        (
            lambda it: it["resource_changes"][0]["change"]["before"]["tags"].update(o="y"),
            "aws_glue_job.a: differs in before.tags.o",
        ),
        (
            lambda it: it["resource_changes"][1]["change"].update(after_unknown={"etag": True, "id": True}),
            "aws_s3_object.new: differs in after_unknown.id",
        ),
        (
            lambda it: it["output_changes"]["bucket"].update(after="c"),
            "output.bucket: differs in after",
        ),
        (
            lambda it: it["resource_changes"][2].update(previous_address="aws_s3_bucket.old"),
            "aws_s3_bucket.same: not in the reviewed plan, now no-op",
        ),
        (
            lambda it: it["resource_changes"][2]["change"].update(importing={"id": "b"}),
            "aws_s3_bucket.same: not in the reviewed plan, now no-op",
        ),
    ],
)
def test_names_each_difference(edit: Any, told: str) -> None:
    other = copy.deepcopy(REVIEWED)
    edit(other)
    assert differences(normalised(REVIEWED), normalised(other)) == [told]
    assert fingerprint(normalised(REVIEWED)) != fingerprint(normalised(other))


def test_names_no_values() -> None:
    other = copy.deepcopy(REVIEWED)
    other["resource_changes"][0]["change"]["after"]["workers"] = "hunter2"
    assert "hunter2" not in "".join(differences(normalised(REVIEWED), normalised(other)))


def test_a_left_over_object_is_apart_from_the_resource_at_its_address() -> None:
    left = change("aws_glue_job.a", ["delete"], {"workers": 1}, None)
    kept = normalised(plan({**left, "deposed": "abc"}, change("aws_glue_job.a", ["create"], None, {})))
    assert sorted(kept) == ["aws_glue_job.a", "aws_glue_job.a (deposed abc)"]
