"""Ids that AWS chose, found by the tags that the stack gives: a VPC has no name of ours, but it has a Name tag.

Terraform's data sources are asked, with the stack's provider and credentials.
"""

from collections.abc import Iterable
from typing import Any

from ops import changes

# The data source that lists each type by tags, its attribute with the ids, and further arguments.
SOURCES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "aws_eip": ("aws_eips", "allocation_ids", {}),
    "aws_nat_gateway": ("aws_nat_gateways", "ids", {"filter": [{"name": "state", "values": ["pending", "available"]}]}),
    "aws_route_table": ("aws_route_tables", "ids", {}),
    "aws_security_group": ("aws_security_groups", "ids", {}),
    "aws_subnet": ("aws_subnets", "ids", {}),
    "aws_vpc": ("aws_vpcs", "ids", {}),
}


def sources(plan: dict[str, Any], addresses: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The data sources that look for these addresses, which the plan creates, by all tags that it gives them."""
    data: dict[str, dict[str, Any]] = {}
    for each in plan.get("resource_changes", []):
        tags = (each["change"]["after"] or {}).get("tags_all") or {}
        if each["address"] in addresses and each["type"] in SOURCES and "Name" in tags:
            source, _, further = SOURCES[each["type"]]
            data.setdefault(source, {})[_label(each["address"])] = {"tags": tags, **further}
    return data


def ids(plan: dict[str, Any], addresses: Iterable[str], recorded: set[str]) -> dict[str, set[str]]:
    """Of each address the ids that AWS has. recorded: ids that the state has, under whatever address."""
    read = {(each["type"], each["name"]): each["values"] for each in changes.before(plan, "data")}
    result = {}
    for address in addresses:
        source, attribute, _ = SOURCES.get(address.partition(".")[0], ("", "", {}))
        result[address] = set(read.get((source, _label(address)), {}).get(attribute) or ()) - recorded
    return {address: each for address, each in result.items() if each}


def _label(address: str) -> str:
    return f"lookup_{address.replace('.', '_')}"
