"""Failures that end a command with one message and the next step, instead of a stack trace."""

from __future__ import annotations


class SandboxError(Exception):
    """What is wrong and where; ``next_step`` says what to do now."""

    def __init__(self, what: str, next_step: str) -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.what}\n  Next: {self.next_step}"


class AwsError(Exception):
    """An error response of an AWS API: its code, message and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
