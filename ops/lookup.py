"""Ids that AWS chose, found by the tags that the stack gives: a VPC has no name of ours, but it has a Name tag.

Terraform's data sources are asked, with the stack's provider and credentials.
"""

from collections.abc import Iterable
from typing import Any

from ops import changes
from ops.project import Stack

# The data source that lists each type by tags, its attribute with the ids, and further arguments.
SOURCES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "aws_eip": ("aws_eips", "allocation_ids", {}),
    "aws_nat_gateway": ("aws_nat_gateways", "ids", {"filter": [{"name": "state", "values": ["pending", "available"]}]}),
    "aws_route_table": ("aws_route_tables", "ids", {}),
    "aws_security_group": ("aws_security_groups", "ids", {}),
    "aws_subnet": ("aws_subnets", "ids", {}),
    "aws_vpc": ("aws_vpcs", "ids", {}),
}


def sources(stack: Stack, addresses: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The data sources that look for these addresses."""
    data: dict[str, dict[str, Any]] = {}
    for address in sorted(addresses):
        kind, _, name = address.partition(".")
        tags = _tags(stack, kind, name)
        if kind in SOURCES and "Name" in tags:
            source, _, further = SOURCES[kind]
            data.setdefault(source, {})[_label(kind, name)] = {"tags": tags, **further}
    return data


def ids(plan: dict[str, Any], addresses: Iterable[str], recorded: set[str]) -> dict[str, set[str]]:
    """Of each address the ids that AWS has. recorded: ids that the state has, under whatever address."""
    read = {(each["type"], each["name"]): each["values"] for each in changes.before(plan) if each["mode"] == "data"}
    result = {}
    for address in addresses:
        kind, _, name = address.partition(".")
        source, attribute, _ = SOURCES.get(kind, ("", "", {}))
        result[address] = set(read.get((source, _label(kind, name)), {}).get(attribute) or ()) - recorded
    return {address: each for address, each in result.items() if each}


def _tags(stack: Stack, kind: str, name: str) -> dict[str, str]:
    """The tags that the stack gives a resource, the provider's default ones included."""
    providers = stack.document.get("provider", {}).get("aws", [{}])
    defaults = providers[0].get("default_tags", [{}])[0].get("tags", {})
    own = stack.document.get("resource", {}).get(kind, {}).get(name, {}).get("tags", {})
    return {**defaults, **own}


def _label(kind: str, name: str) -> str:
    return f"lookup_{kind}_{name}"
