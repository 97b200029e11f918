from __future__ import annotations

from ops import lookup
from ops.tests.builders import change

VPC, SUBNET, BUCKET = "aws_vpc.vpc", "aws_subnet.private_1", "aws_s3_bucket.lake"
TAGS = {"deployment": "small", "Name": "small"}
CREATED = {
    "resource_changes": [
        change(VPC, ["create"], None, {"tags": {"Name": "small"}, "tags_all": TAGS}),
        change(SUBNET, ["create"], None, {"tags_all": {"deployment": "small"}}),
        change(BUCKET, ["create"], None, {"tags_all": TAGS}),
    ]
}


def plan(vpcs: list[str]) -> dict[str, object]:
    read = {"mode": "data", "type": "aws_vpcs", "name": "lookup_aws_vpc_vpc", "values": {"ids": vpcs}}
    return {"prior_state": {"values": {"root_module": {"resources": [read]}}}}


def test_asks_by_all_tags_for_what_has_a_name_tag_and_no_name() -> None:
    assert lookup.sources(CREATED, {VPC, SUBNET, BUCKET}) == {"aws_vpcs": {"lookup_aws_vpc_vpc": {"tags": TAGS}}}


def test_asks_nothing_when_nothing_has_a_name_tag() -> None:
    assert lookup.sources(CREATED, {SUBNET, BUCKET}) == {}


def test_finds_what_the_state_does_not_have() -> None:
    assert lookup.ids(plan(["vpc-1", "vpc-2"]), {VPC, SUBNET}, recorded={"vpc-1"}) == {VPC: {"vpc-2"}}
    assert lookup.ids(plan(["vpc-1", "vpc-2"]), {VPC}, recorded=set()) == {VPC: {"vpc-1", "vpc-2"}}
    assert lookup.ids(plan([]), {VPC}, recorded=set()) == {}
