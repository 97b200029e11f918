from __future__ import annotations

import json
from pathlib import Path

from ops import lookup
from ops.tests import builders

VPC, SUBNET, BUCKET = "aws_vpc.vpc", "aws_subnet.private_1", "aws_s3_bucket.lake"
DOCUMENT = {
    "provider": {"aws": [{"default_tags": [{"tags": {"deployment": "small"}}]}]},
    "resource": {
        "aws_vpc": {"vpc": {"tags": {"Name": "small"}}},
        "aws_subnet": {"private_1": {}},
        "aws_s3_bucket": {"lake": {"tags": {"Name": "small"}}},
    },
}


def plan(vpcs: list[str]) -> dict[str, object]:
    read = {"mode": "data", "type": "aws_vpcs", "name": "lookup_aws_vpc_vpc", "values": {"ids": vpcs}}
    return {"prior_state": {"values": {"root_module": {"resources": [read]}}}}


def test_asks_by_all_tags_for_what_has_a_name_tag_and_no_name(tmp_path: Path) -> None:
    stack = builders.stack(tmp_path, json.dumps(DOCUMENT))
    tags = {"deployment": "small", "Name": "small"}
    assert lookup.sources(stack, {VPC, SUBNET, BUCKET}) == {"aws_vpcs": {"lookup_aws_vpc_vpc": {"tags": tags}}}


def test_asks_nothing_when_nothing_has_a_name_tag(tmp_path: Path) -> None:
    assert lookup.sources(builders.stack(tmp_path, json.dumps(DOCUMENT)), {SUBNET, BUCKET}) == {}


def test_finds_what_the_state_does_not_have() -> None:
    assert lookup.ids(plan(["vpc-1", "vpc-2"]), {VPC, SUBNET}, recorded={"vpc-1"}) == {VPC: {"vpc-2"}}
    assert lookup.ids(plan(["vpc-1", "vpc-2"]), {VPC}, recorded=set()) == {VPC: {"vpc-1", "vpc-2"}}
    assert lookup.ids(plan([]), {VPC}, recorded=set()) == {}
