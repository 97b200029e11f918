from __future__ import annotations

import json

from ops import changes
from ops.tests.builders import change


def attributes(before: object, after: object, **more: object) -> tuple[str, ...]:
    return changes.planned({"resource_changes": [change("aws_x.y", ["update"], before, after, **more)]})[0].attributes


def test_names_the_innermost_attributes_that_differ() -> None:
    before = {"name": "a", "tags": {"one": "1", "two": "2"}, "rule": [{"id": "x", "days": 3}]}
    after = {"name": "a", "tags": {"one": "1", "two": "3"}, "rule": [{"id": "x", "days": 4}]}
    assert attributes(before, after) == ("rule.days", "tags.two")


def test_names_what_is_known_after_apply() -> None:
    assert attributes({"arn": "old"}, {}, after_unknown={"arn": True}) == ("arn (known after apply)",)


def test_names_a_sensitive_attribute_without_looking_into_it() -> None:
    found = attributes(
        {"options": {"password": "old"}}, {"options": {"password": "new"}}, after_sensitive={"options": True}
    )
    assert found == ("options (sensitive)",)


def test_reads_both_orders_of_a_replacement_and_what_forces_it() -> None:
    for actions in (["delete", "create"], ["create", "delete"]):
        record = change("aws_s3_bucket.lake", actions, {"bucket": "a"}, {"bucket": "b"}, replace_paths=[["bucket"]])
        found = changes.planned({"resource_changes": [record]})[0]
        assert (found.action, found.forcing, found.loses_data) == ("replace", ("bucket",), True)


def test_only_stateful_types_lose_data() -> None:
    lost = ("aws_s3_bucket.a", "aws_glue_catalog_database.a", "aws_mwaa_environment.a")
    kept = ("aws_glue_job.a", "aws_s3_object.a")
    records = [change(address, ["delete"], {}, None) for address in (*lost, *kept)]
    found = changes.planned({"resource_changes": records})
    assert {each.address for each in found if each.loses_data} == set(lost)


def test_forgetting_a_bucket_counts_as_losing_it() -> None:
    record = change("aws_s3_bucket.a", ["forget"], {}, None)
    assert changes.planned({"resource_changes": [record]})[0].loses_data


def test_leaves_out_what_does_not_change_but_keeps_imports() -> None:
    records = [
        change("aws_a.same", ["no-op"], {}, {}),
        change("aws_a.imported", ["no-op"], {}, {}, importing={"id": "x"}),
        change("data.aws_a.read", ["read"], None, {}),
    ]
    assert [each.address for each in changes.planned({"resource_changes": records})] == ["aws_a.imported"]


def test_redacts_every_sensitive_value_and_nothing_else() -> None:
    plan = {
        "resource_changes": [
            change(
                "aws_x.y",
                ["update"],
                {"open": "seen", "list": [{"key": "hidden1"}]},
                {"open": "seen", "list": [{"key": "hidden2"}]},
                before_sensitive={"list": [{"key": True}]},
                after_sensitive={"list": [{"key": True}]},
            )
        ],
        "planned_values": {
            "outputs": {"password": {"sensitive": True, "value": "hidden3"}},
            "root_module": {"resources": [{"values": {"a": "hidden4"}, "sensitive_values": {"a": True}}]},
        },
        "variables": {"token": {"value": "hidden5"}},
        "configuration": {"root_module": {"variables": {"token": {"default": "hidden6", "sensitive": True}}}},
    }
    text = json.dumps(changes.redacted(plan))
    assert "hidden" not in text
    assert text.count("seen") == 2


def test_what_an_interruption_left_half_made_is_replaced_for_that_reason() -> None:
    record = change("aws_nat_gateway.a", ["delete", "create"], {}, {}, replace_paths=[])
    record["action_reason"] = "replace_because_tainted"
    found = changes.planned({"resource_changes": [record]})[0]
    assert found.forcing == ("a creation that failed or was interrupted",)
