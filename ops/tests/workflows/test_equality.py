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
    assert differences(normalised(REVIEWED), other) == []
    assert fingerprint(normalised(REVIEWED)) == fingerprint(normalised(other))


def test_resources_that_stay_do_not_count() -> None:
    assert sorted(normalised(REVIEWED)) == ["aws_glue_job.a", "aws_s3_object.new", "output.bucket"]


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (
            lambda it: it["resource_changes"].pop(0),
            "aws_glue_job.a: reviewed as update, now no change and not as reviewed",
        ),
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
    assert differences(normalised(REVIEWED), other) == [told]
    assert fingerprint(normalised(REVIEWED)) != fingerprint(normalised(other))


def test_names_no_values() -> None:
    other = copy.deepcopy(REVIEWED)
    other["resource_changes"][0]["change"]["after"]["workers"] = "hunter2"
    assert "hunter2" not in "".join(differences(normalised(REVIEWED), other))


def test_a_left_over_object_is_apart_from_the_resource_at_its_address() -> None:
    left = change("aws_glue_job.a", ["delete"], {"workers": 1}, None)
    kept = normalised(plan({**left, "deposed": "abc"}, change("aws_glue_job.a", ["create"], None, {})))
    assert sorted(kept) == ["aws_glue_job.a", "aws_glue_job.a (deposed abc)"]


def made(address: str, after: Any, actions: list[str] | None = None) -> dict[str, Any]:
    return change(address, actions or ["no-op"], after, after)


LEFT = change("aws_s3_object.new", ["create"], None, {"key": "dags/a.py"}, after_unknown={"etag": True})
NO_OUTPUT = {"output_changes": {"bucket": {"actions": ["no-op"], "before": "b", "after": "b"}}}


def test_what_is_left_of_the_reviewed_plan_is_harmless() -> None:
    job = made("aws_glue_job.a", {"workers": 4, "tags": {"o": "x"}, "security_configuration": ""})
    assert differences(normalised(REVIEWED), plan(job, LEFT, **NO_OUTPUT)) == []


def test_nothing_left_is_harmless_too() -> None:
    job = made("aws_glue_job.a", {"workers": 4, "tags": {"o": "x"}})
    new = made("aws_s3_object.new", {"key": "dags/a.py", "etag": "123"})
    assert differences(normalised(REVIEWED), plan(job, new, **NO_OUTPUT)) == []


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(made("aws_glue_job.a", {"workers": 2, "tags": {"o": "x"}}), id="it is as it was before"),
        pytest.param(made("aws_glue_job.a", {"workers": 4, "tags": {"o": "y"}}), id="it is otherwise"),
        pytest.param(made("aws_glue_job.other", {"workers": 4, "tags": {"o": "x"}}), id="it is gone"),
        pytest.param(made("aws_glue_job.a", {"workers": 4, "tags": {"o": "x"}}, ["read"]), id="it is only read"),
    ],
)
def test_a_change_that_is_gone_without_having_been_made_is_a_difference(record: dict[str, Any]) -> None:
    told = ["aws_glue_job.a: reviewed as update, now no change and not as reviewed"]
    assert differences(normalised(REVIEWED), plan(record, LEFT, **NO_OUTPUT)) == told


@pytest.mark.parametrize("action", ["delete", "forget"])
def test_a_deletion_was_made_when_nothing_is_there(action: str) -> None:
    reviewed = normalised(plan(change("aws_glue_job.a", [action], {"workers": 2}, None)))
    assert differences(reviewed, plan()) == []
    assert len(differences(reviewed, plan(made("aws_glue_job.a", {"workers": 2})))) == 1


def test_an_import_and_a_move_were_made_when_the_resource_is_there() -> None:
    moved = {**made("aws_glue_job.new", {"workers": 2}), "previous_address": "aws_glue_job.old"}
    imported = change("aws_vpc.v", ["no-op"], {"id": "1"}, {"id": "1"}, importing={"id": "1"})
    reviewed = normalised(plan(moved, imported))
    assert differences(reviewed, plan(made("aws_glue_job.new", {"workers": 2}), made("aws_vpc.v", {"id": "1"}))) == []
    assert len(differences(reviewed, plan(made("aws_vpc.v", {"id": "2"})))) == 2


UNKNOWN = change(
    "aws_glue_job.a",
    ["create"],
    None,
    {"name": "a", "command": [{"name": "glueetl"}]},
    after_unknown={"role_arn": True, "id": True, "command": [{"script": True}], "tags_all": {}},
)


def test_what_became_known_since_the_review_is_no_difference() -> None:
    known = {"name": "a", "role_arn": "arn:glue", "command": [{"name": "glueetl", "script": "s3://b/x"}]}
    now = change("aws_glue_job.a", ["create"], None, known, after_unknown={"id": True, "tags_all": {}})
    assert differences(normalised(plan(UNKNOWN)), plan(now)) == []


@pytest.mark.parametrize(
    ("after", "unknown", "told"),
    [
        ({"name": "b", "role_arn": "arn"}, {"id": True}, "after.command, after.name"),
        ({"name": "a", "command": [{"name": "py", "script": "s"}]}, {"id": True}, "after.command[0].name"),
        ({"command": [{"name": "glueetl", "script": "s"}]}, {"name": True}, "after.name, after_unknown.command"),
    ],
)
def test_what_was_known_at_the_review_stays_compared(after: Any, unknown: Any, told: str) -> None:
    now = change("aws_glue_job.a", ["create"], None, after, after_unknown=unknown)
    (line,) = differences(normalised(plan(UNKNOWN)), plan(now))
    assert line.startswith(f"aws_glue_job.a: differs in {told}")


def test_a_created_resource_that_broke_is_a_difference() -> None:
    """A half-created resource would be replaced, which nobody has reviewed."""
    broken = change("aws_s3_object.new", ["delete", "create"], {"key": "dags/a.py"}, {"key": "dags/a.py"})
    job = made("aws_glue_job.a", {"workers": 4, "tags": {"o": "x"}})
    assert differences(normalised(REVIEWED), plan(job, broken, **NO_OUTPUT)) == [
        "aws_s3_object.new: reviewed as create, now delete then create"
    ]
