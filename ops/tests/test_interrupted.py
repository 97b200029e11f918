from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops import imports, interrupted
from ops.project import Stack
from ops.tests import builders

JOB, ROLE = "aws_glue_job.job", "aws_iam_role.role"


class Recorded:
    """Terraform with a state that holds these addresses."""

    def __init__(self, stack: Stack, *addresses: str) -> None:
        self.stack, self.addresses = stack, addresses

    def state(self) -> dict[str, Any]:
        pairs = (address.split(".") for address in self.addresses)
        return {"resources": [{"mode": "managed", "type": kind, "name": name} for kind, name in pairs]}


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return builders.stack(tmp_path)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[str]]:
    """What was looked for; nothing of it exists."""
    calls: list[frozenset[str]] = []

    def find(_: Any, known: dict[str, str], only: frozenset[str]) -> dict[str, str]:
        calls.append(only)
        return known

    monkeypatch.setattr(imports, "find_existing", find)
    return calls


def test_looks_for_what_was_being_created_and_is_not_in_the_state(stack: Stack, asked: list[frozenset[str]]) -> None:
    interrupted.begin(stack, frozenset({JOB, ROLE}))
    interrupted.take_over(Recorded(stack, ROLE))  # type: ignore[arg-type]
    assert asked == [{JOB}]


def test_looks_for_nothing_after_an_apply_that_ended_by_itself(stack: Stack, asked: list[frozenset[str]]) -> None:
    interrupted.begin(stack, frozenset({JOB}))
    interrupted.end(stack)
    interrupted.take_over(Recorded(stack))  # type: ignore[arg-type]
    assert asked == []


def test_looks_for_nothing_when_all_was_recorded(stack: Stack, asked: list[frozenset[str]]) -> None:
    interrupted.begin(stack, frozenset({JOB}))
    interrupted.take_over(Recorded(stack, JOB))  # type: ignore[arg-type]
    assert asked == []
    interrupted.take_over(Recorded(stack))  # type: ignore[arg-type]
    assert asked == []


def test_a_failure_after_an_interruption_leaves_the_interruptions_mark_alone(
    stack: Stack, asked: list[frozenset[str]]
) -> None:
    interrupted.begin(stack, frozenset({JOB}))
    former = interrupted.begin(stack, frozenset({ROLE}))
    interrupted.end(stack, former)
    interrupted.take_over(Recorded(stack))  # type: ignore[arg-type]
    assert asked == [{JOB}]
