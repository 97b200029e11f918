"""Failures of a query, named as Athena names them."""

from __future__ import annotations

from sqlglot import exp

SYSTEM_ERROR, USER_ERROR = 1, 2


class QueryError(Exception):
    """A query that fails.

    ``name`` is the engine's error name (``COLUMN_NOT_FOUND``), which starts the reason.
    """

    category = USER_ERROR

    def __init__(self, name: str, message: str, at: exp.Expression | None = None) -> None:
        self.name = name
        self.message = f"{position(at)}{message}"
        super().__init__(f"{name}: {self.message}")


class NotSupported(QueryError):
    """SQL that Athena may accept and the sandbox doesn't: an error here is better than a different answer."""

    def __init__(self, what: str, at: exp.Expression | None = None) -> None:
        super().__init__("NOT_SUPPORTED", f"the sandbox's Athena doesn't support {what}", at)


class Cancelled(QueryError):
    """A query stopped by its user or by the work group's limit; ``reason`` is the state change reason."""

    def __init__(self, reason: str) -> None:
        super().__init__("CANCELLED", reason)
        self.reason = reason


def position(node: exp.Expression | None) -> str:
    """``line 1:8: `` for the first token that the node is known to come from, else nothing."""
    if node is None:
        return ""
    places = [n.meta for n in node.walk() if n.meta and "line" in n.meta and "start" in n.meta]
    if not places:
        return ""
    first = min(places, key=lambda place: place["start"])
    return f"line {first['line']}:{first['col'] - (first['end'] - first['start'])}: "
