"""Reads Terraform's plan JSON into changes: addresses, actions and attribute names, never values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# What holds data or takes long to come back: the lake's and the state's buckets, the catalogue's database,
# the Airflow environment, and keys (without which data can't be read).
STATEFUL_TYPES = frozenset(
    {
        "aws_s3_bucket",
        "aws_glue_catalog_database",
        "aws_mwaa_environment",
        "aws_kms_key",
        "aws_dynamodb_table",
    }
)

_ACTIONS = {
    ("create",): "create",
    ("update",): "update",
    ("delete",): "delete",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("forget",): "forget",
    ("no-op",): "none",
    ("read",): "read",
}


@dataclass(frozen=True)
class Change:
    """One resource's planned change, or what happened to it outside Terraform.

    action: create, update, delete, replace, forget (dropped from the state alone), read or none; attributes:
    the names that change; forcing: the names that force a replacement; imported: the id it is imported by, if
    it is.
    """

    address: str
    type: str
    action: str
    attributes: tuple[str, ...] = ()
    forcing: tuple[str, ...] = ()
    imported: bool = False

    @property
    def stateful(self) -> bool:
        return self.type in STATEFUL_TYPES

    @property
    def loses_data(self) -> bool:
        """A protected resource that would be replaced, deleted or forgotten."""
        return self.stateful and self.action in ("replace", "delete", "forget")


def planned(plan: dict[str, Any]) -> list[Change]:
    """The changes that applying the plan makes, in order of address."""
    changes = [_change(each) for each in plan.get("resource_changes", [])]
    wanted = [each for each in changes if each.action not in ("none", "read") or each.imported]
    return sorted(wanted, key=lambda each: each.address)


def before(plan: dict[str, Any], mode: str = "managed") -> list[dict[str, Any]]:
    """The resources, or data sources (mode: data), as the plan found them: type, name and values of each."""
    found = plan.get("prior_state", {}).get("values", {}).get("root_module", {}).get("resources", [])
    return [each for each in found if each["mode"] == mode]


def outside(plan: dict[str, Any]) -> list[Change]:
    """What the plan found changed outside Terraform since the last apply."""
    changes = [_change(each) for each in plan.get("resource_drift", [])]
    return sorted((each for each in changes if each.action != "none"), key=lambda each: each.address)


def outputs(plan: dict[str, Any]) -> list[str]:
    """The names of the outputs that change."""
    changed = plan.get("output_changes", {}).items()
    return sorted(name for name, change in changed if change["actions"] != ["no-op"])


def _change(record: dict[str, Any]) -> Change:
    change = record["change"]
    action = _ACTIONS[tuple(change["actions"])]
    attributes = tuple(_differences(change)) if action in ("update", "replace") else ()
    return Change(record["address"], record["type"], action, attributes, _forcing(record), "importing" in change)


def _forcing(record: dict[str, Any]) -> tuple[str, ...]:
    if record.get("action_reason") == "replace_because_tainted":
        return ("a creation that failed or was interrupted",)
    paths = record["change"].get("replace_paths", [])
    return tuple(sorted({".".join(step for step in path if isinstance(step, str)) for path in paths}))


def _differences(change: dict[str, Any]) -> Iterator[str]:
    before, after = change.get("before") or {}, change.get("after") or {}
    unknown = change.get("after_unknown") or {}
    secret = [change.get("before_sensitive"), change.get("after_sensitive")]
    for name in sorted({*before, *after, *unknown}):
        marks = [mark.get(name) if isinstance(mark, dict) else mark for mark in secret]
        yield from _compare(name, before.get(name), after.get(name), unknown.get(name), marks)


def _compare(path: str, before: Any, after: Any, unknown: Any, secret: list[Any]) -> Iterator[str]:
    """The names below ``path`` that differ. A sensitive attribute is named and not looked into."""
    if unknown is True:
        yield f"{path} (known after apply)"
    elif any(_marked(mark) for mark in secret):
        if before != after:
            yield f"{path} (sensitive)"
    elif isinstance(before, dict) and isinstance(after, dict):
        nested = unknown if isinstance(unknown, dict) else {}
        for name in sorted({*before, *after, *nested}):
            yield from _compare(f"{path}.{name}", before.get(name), after.get(name), nested.get(name), [])
    elif _single(before) and _single(after):
        inner = unknown[0] if isinstance(unknown, list) and unknown else None
        yield from _compare(path, before[0], after[0], inner, [])
    elif before != after:
        yield path


def _single(value: Any) -> bool:
    """A block that occurs once: its index would only be noise."""
    return isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict)


def _marked(mark: Any) -> bool:
    """Whether a sensitivity record marks the value or anything in it."""
    if isinstance(mark, dict):
        return any(_marked(each) for each in mark.values())
    if isinstance(mark, list):
        return any(_marked(each) for each in mark)
    return mark is True


def redacted(plan: dict[str, Any]) -> dict[str, Any]:
    """The plan with every value that Terraform marks as sensitive replaced by a note."""
    result = _redact(plan)
    declared = plan.get("configuration", {}).get("root_module", {}).get("variables", {})
    for name in result.get("variables", {}):
        if declared.get(name, {}).get("sensitive"):
            result["variables"][name] = {"value": "(sensitive)"}
    return result


def _redact(node: Any) -> Any:
    if isinstance(node, list):
        return [_redact(each) for each in node]
    if not isinstance(node, dict):
        return node
    result = {name: _redact(value) for name, value in node.items()}
    for value, marks in (
        ("before", "before_sensitive"),
        ("after", "after_sensitive"),
        ("values", "sensitive_values"),
    ):
        if value in node and marks in node:
            result[value] = _hide(node[value], node[marks])
    if node.get("sensitive") is True:
        result |= {name: "(sensitive)" for name in ("value", "default") if name in node}
    return result


def _hide(value: Any, marks: Any) -> Any:
    if marks is True:
        return None if value is None else "(sensitive)"
    if isinstance(value, dict) and isinstance(marks, dict):
        return {name: _hide(each, marks.get(name)) for name, each in value.items()}
    if isinstance(value, list) and isinstance(marks, list):
        padded = [*marks, *([None] * len(value))]
        return [_hide(each, mark) for each, mark in zip(value, padded, strict=False)]
    return value
