"""When two plans are the same: they make the same changes to the same resources and outputs.

What a plan knows besides (when and with which Terraform it was made, the whole configuration, resources that
stay as they are) doesn't count. So a plan stays valid when something unrelated was applied since.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

# What of a change decides what applying it does. Values that Terraform marks as sensitive were replaced by a
# note when plan.json was written, so a plan that differs in nothing else counts as the same.
_CHANGE = ("actions", "before", "after", "after_unknown", "replace_paths", "importing", "generated_config")
_MISSING = object()


def normalised(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The plan's changes by address (outputs as ``output.<name>``), from Terraform's plan JSON."""
    changes = {}
    for record in plan.get("resource_changes", []):
        change = record["change"]
        moved = record.get("previous_address", record["address"]) != record["address"]
        if change["actions"] in (["no-op"], ["read"]) and not moved and not change.get("importing"):
            continue
        entry = {name: change[name] for name in _CHANGE if change.get(name)}
        if moved:
            entry["previous_address"] = record["previous_address"]
        # An address occurs again for each object that a failed replacement left behind.
        deposed = f" (deposed {record['deposed']})" if record.get("deposed") else ""
        changes[record["address"] + deposed] = entry
    for name, change in plan.get("output_changes", {}).items():
        if change["actions"] != ["no-op"]:
            changes[f"output.{name}"] = {key: change[key] for key in _CHANGE if change.get(key)}
    return changes


def fingerprint(changes: dict[str, dict[str, Any]]) -> str:
    """SHA-256 of the changes, whatever the order of their keys."""
    canonical = json.dumps(changes, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def differences(reviewed: dict[str, dict[str, Any]], fresh: dict[str, dict[str, Any]]) -> list[str]:
    """What differs, by address and attribute; names only, never values. Empty when the plans are the same."""
    lines = []
    for address in sorted({*reviewed, *fresh}):
        if address not in fresh:
            lines.append(f"{address}: reviewed as {_action(reviewed[address])}, now no change")
        elif address not in reviewed:
            lines.append(f"{address}: not in the reviewed plan, now {_action(fresh[address])}")
        elif _action(reviewed[address]) != _action(fresh[address]):
            was, now = _action(reviewed[address]), _action(fresh[address])
            lines.append(f"{address}: reviewed as {was}, now {now}")
        elif paths := list(_paths("", reviewed[address], fresh[address])):
            lines.append(f"{address}: differs in {', '.join(paths)}")
    return lines


def _action(entry: dict[str, Any]) -> str:
    return " then ".join(entry["actions"])


def _paths(path: str, reviewed: Any, fresh: Any) -> Iterator[str]:
    """The paths at which two values differ, such as ``after.tags.owner``."""
    if isinstance(reviewed, dict) and isinstance(fresh, dict):
        for name in sorted({*reviewed, *fresh}):
            below = f"{path}.{name}" if path else name
            yield from _paths(below, reviewed.get(name, _MISSING), fresh.get(name, _MISSING))
    elif isinstance(reviewed, list) and isinstance(fresh, list) and len(reviewed) == len(fresh):
        for index, (was, now) in enumerate(zip(reviewed, fresh, strict=True)):
            yield from _paths(f"{path}[{index}]", was, now)
    elif reviewed != fresh:
        yield path
