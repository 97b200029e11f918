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
