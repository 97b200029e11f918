"""When a plan does nothing but what was reviewed: the same changes to the same resources and outputs, or what is left.

What a plan knows besides (when and with which Terraform it was made, the whole configuration, resources that
stay as they are) doesn't count. So a plan stays valid when something unrelated was applied since. It also stays valid
when a part of it was applied since: by the pull request merged before it, or by an apply that failed halfway.
"""

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
        changes[_address(record)] = entry
    for name, change in plan.get("output_changes", {}).items():
        if change["actions"] != ["no-op"]:
            changes[f"output.{name}"] = {key: change[key] for key in _CHANGE if change.get(key)}
    return changes


def fingerprint(changes: dict[str, dict[str, Any]]) -> str:
    """SHA-256 of the changes, whatever the order of their keys."""
    canonical = json.dumps(changes, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def differences(reviewed: dict[str, dict[str, Any]], plan: dict[str, Any]) -> list[str]:
    """What of the fresh plan wasn't reviewed, by address and attribute; names only, never values.

    Empty when each change of the plan is a reviewed one and each reviewed change that it lacks has been made. What
    the review knew as "known after apply" may be known by now: applying the reviewed plan would have taken any value.
    """
    fresh, lines = normalised(plan), []
    for address in sorted({*reviewed, *fresh}):
        if address not in fresh:
            if not _made(address, reviewed[address], plan):
                lines.append(f"{address}: reviewed as {_action(reviewed[address])}, now no change and not as reviewed")
        elif address not in reviewed:
            lines.append(f"{address}: not in the reviewed plan, now {_action(fresh[address])}")
        elif _action(reviewed[address]) != _action(fresh[address]):
            was, now = _action(reviewed[address]), _action(fresh[address])
            lines.append(f"{address}: reviewed as {was}, now {now}")
        elif paths := list(_paths("", *_as_reviewed(reviewed[address], fresh[address]))):
            lines.append(f"{address}: differs in {', '.join(paths)}")
    return lines


def _made(address: str, reviewed: dict[str, Any], plan: dict[str, Any]) -> bool:
    """Whether a change that the plan lacks was made: the resource or output is as the review wanted it.

    The configuration is the reviewed one, so Terraform finds nothing left to do there. That could also be because
    somebody's change went the other way round, so the values are compared too.
    """
    records = {_address(record): record["change"] for record in plan.get("resource_changes", [])}
    records |= {f"output.{name}": change for name, change in plan.get("output_changes", {}).items()}
    now = records.get(address)
    if reviewed["actions"] in (["delete"], ["forget"]):
        return now is None
    if now is None or now["actions"] != ["no-op"]:
        return False
    wanted, found = (_known(each, reviewed.get("after_unknown")) for each in (reviewed.get("after"), now["after"]))
    return _without_empty(wanted) == _without_empty(found)


def _as_reviewed(reviewed: dict[str, Any], fresh: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Both changes without what the review didn't know; what is unknown only now stays a difference."""
    unknown = reviewed.get("after_unknown")
    newly = _without_empty(_known(fresh.get("after_unknown"), unknown))
    for each in (reviewed, fresh):
        entry = {**each, "after": _known(each.get("after"), unknown)}
        yield {name: value for name, value in entry.items() if value and (newly or name != "after_unknown")}


def _known(value: Any, unknown: Any) -> Any:
    """The value without what is marked as unknown."""
    if unknown is True:
        return None
    if isinstance(value, dict) and isinstance(unknown, dict):
        return {name: _known(each, unknown.get(name)) for name, each in value.items() if unknown.get(name) is not True}
    if isinstance(value, list) and isinstance(unknown, list) and len(value) == len(unknown):
        return [_known(*each) for each in zip(value, unknown, strict=True)]
    return value


def _without_empty(value: Any) -> Any:
    """The value without what is empty: a provider reads back an empty value where none was given, and the reverse."""
    if isinstance(value, dict):
        below = {name: _without_empty(each) for name, each in value.items()}
        return {name: each for name, each in below.items() if each}
    if isinstance(value, list):
        below = [_without_empty(each) for each in value]
        return below if any(below) else []
    return value


def _address(record: dict[str, Any]) -> str:
    """An address occurs again for each object that a failed replacement left behind."""
    return record["address"] + (f" (deposed {record['deposed']})" if record.get("deposed") else "")


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
