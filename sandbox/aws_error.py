"""What a sandbox service that answers in place of AWS has: a handler for each operation, and AWS's errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

# Answers one operation: one JSON payload in, one out. Raises AwsError.
Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class AwsError(Exception):
    """An AWS API error. code: the exception's name on the wire; status: the HTTP status; more: its further members."""

    def __init__(self, code: str, message: str, status: int = 400, more: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.more = dict(more or {})

    def body(self) -> dict[str, Any]:
        """The JSON body of the response."""
        return {"__type": self.code, "message": self.message, "Message": self.message, **self.more}
