"""The mark of an apply that hasn't ended by itself, kept in the emulator's S3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops import imports, interrupted
from ops.diagnose import TerraformError
from ops.errors import CommandError
from ops.project import Stack
from ops.state_bucket import StateObject
from ops.tests import builders, small_stack
from ops.tests.front import Front

JOB, ROLE = "aws_glue_job.job", "aws_iam_role.role"
KEY = "small/terraform.tfstate.interrupted"
Calls = list[tuple[frozenset[str], dict[str, frozenset[str]]]]


class Recorded:
    """Terraform with a state that holds these addresses."""

    def __init__(self, stack: Stack, *addresses: str) -> None:
        self.stack, self.addresses = stack, addresses

    def state(self) -> dict[str, Any]:
        pairs = (address.split(".") for address in self.addresses)
        return {"resources": [{"mode": "managed", "type": kind, "name": name} for kind, name in pairs]}


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    with Front() as running:
        running.make_bucket(small_stack.STATE_BUCKET)
        yield running


@pytest.fixture
def stack(front: Front, tmp_path: Path) -> Stack:
    front.client("s3").delete_object(Bucket=small_stack.STATE_BUCKET, Key=KEY)
    return machine(front, tmp_path / "here")


def machine(front: Front, folder: Path) -> Stack:
    """The stack on another machine: nothing is shared but the state's bucket."""
    backend = {**small_stack.document()["terraform"]["backend"]["s3"], "use_path_style": True}
    access = {"access_key": "test", "secret_key": "test", "endpoints": {"s3": front.endpoint}}
    return builders.stack(folder, json.dumps({"terraform": {"backend": {"s3": {**backend, **access}}}}))


@pytest.fixture
def there() -> dict[str, set[str]]:
    """What AWS has when an apply begins."""
    return {}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, there: dict[str, set[str]]) -> Calls:
    """What was looked for, and apart from which ids; nothing of it exists."""
    calls: Calls = []

    def find(_: Any, known: dict[str, str], only: frozenset[str], apart: dict[str, frozenset[str]]) -> dict[str, str]:
        calls.append((only, apart))
        return known

    monkeypatch.setattr(imports, "find_existing", find)
    monkeypatch.setattr(imports, "existing", lambda *asked: {k: v for k, v in there.items() if k in asked[-1]})
    return calls


def begin(stack: Stack, *creating: str) -> interrupted.Begun:
    return begin_plan(stack, *(builders.change(address, ["create"]) for address in creating))


def begin_plan(stack: Stack, *planned: dict[str, Any], recorded: tuple[str, ...] = ()) -> interrupted.Begun:
    terraform = Recorded(stack, *recorded)
    return interrupted.begin(terraform, {"resource_changes": planned}, terraform.state())  # type: ignore[arg-type]


def take_over(stack: Stack, *recorded: str) -> None:
    interrupted.take_over(Recorded(stack, *recorded))  # type: ignore[arg-type]


def test_another_machine_looks_for_what_was_being_created_and_is_not_in_the_state(
    front: Front, stack: Stack, asked: Calls, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(stack, JOB, ROLE)
    take_over(machine(front, tmp_path / "elsewhere"), ROLE)
    assert asked == [({JOB}, {JOB: frozenset()})]
    assert "hasn't ended by itself" in capsys.readouterr().out


def test_what_existed_before_the_apply_is_left_out(stack: Stack, asked: Calls, there: dict[str, set[str]]) -> None:
    there[JOB] = {"job"}
    begin(stack, JOB, ROLE)
    take_over(stack)
    assert asked == [({JOB, ROLE}, {JOB: {"job"}, ROLE: frozenset()})]


def test_what_the_first_of_two_applies_made_is_ours_though_the_second_found_it(
    stack: Stack, asked: Calls, there: dict[str, set[str]]
) -> None:
    there[JOB] = {"someones"}
    begin(stack, JOB)
    there[JOB] = {"someones", "ours"}
    begin(stack, JOB)
    take_over(stack)
    assert asked == [({JOB}, {JOB: {"someones"}})]


def test_where_it_could_not_be_told_what_existed_nothing_is_taken_over(
    stack: Stack, asked: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any) -> None:
        raise TerraformError("access denied", "AWS refused a call: no.", "", "")

    monkeypatch.setattr(imports, "existing", fail)
    begin(stack, JOB)
    assert "make import STACK=small" in capsys.readouterr().out
    take_over(stack)
    assert asked == []
    assert "make import STACK=small" in capsys.readouterr().out


def test_what_is_replaced_is_ours(stack: Stack, asked: Calls, there: dict[str, set[str]]) -> None:
    there[JOB] = {"job"}
    begin_plan(stack, builders.change(JOB, ["delete", "create"]), recorded=(JOB,))
    take_over(stack)
    assert asked == [({JOB}, {JOB: frozenset()})]


def test_what_was_deleted_by_hand_is_not_marked(stack: Stack, asked: Calls) -> None:
    begin_plan(stack, builders.change(JOB, ["create"]), recorded=(JOB,))
    take_over(stack)
    assert asked == []


def test_looks_for_nothing_after_an_apply_that_ended_by_itself(stack: Stack, asked: Calls) -> None:
    interrupted.end(begin(stack, JOB), well=True)
    take_over(stack)
    assert asked == []


def test_looks_for_nothing_when_all_was_recorded(stack: Stack, asked: Calls) -> None:
    begin(stack, JOB)
    take_over(stack, JOB)
    assert asked == []


def test_a_failure_after_an_interruption_leaves_the_interruptions_mark_alone(stack: Stack, asked: Calls) -> None:
    begin(stack, JOB)
    interrupted.end(begin(stack, ROLE), well=False)
    take_over(stack)
    assert [only for only, _ in asked] == [{JOB}]


def test_an_apply_that_ends_well_finishes_what_was_left(stack: Stack, asked: Calls) -> None:
    begin(stack, JOB)
    interrupted.end(begin(stack), well=True)
    take_over(stack)
    assert asked == []


def test_an_apply_that_ends_leaves_another_ones_mark_that_began_later(stack: Stack, asked: Calls) -> None:
    first = begin(stack, JOB)
    begin(stack, ROLE)
    interrupted.end(first, well=True)
    take_over(stack)
    assert [only for only, _ in asked] == [{ROLE}]


def test_a_destroy_names_what_an_interrupted_apply_may_have_left(
    stack: Stack, asked: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(stack, JOB, ROLE)
    for drop in (False, True):
        interrupted.forget(Recorded(stack), drop=drop)  # type: ignore[arg-type]
        assert f"{JOB}, {ROLE}" in capsys.readouterr().out
    take_over(stack)
    assert asked == []
    interrupted.forget(Recorded(stack), drop=True)  # type: ignore[arg-type]
    assert capsys.readouterr().out == ""


def test_two_writers_lose_nothing(stack: Stack, front: Front) -> None:
    """between reading and writing somebody else has written"""
    mark, calls = StateObject(stack, ".interrupted"), 0

    def add(document: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            StateObject(stack, ".interrupted").change(lambda _: ["theirs"])
        return [*(document or []), "ours"]

    mark.change(add)
    assert mark.read() == ["theirs", "ours"]


def test_a_mark_that_cannot_be_read_says_what_is_needed(front: Front, tmp_path: Path) -> None:
    stack = machine(front, tmp_path / "x")
    document = json.loads((stack.directory / "cdk.tf.json").read_text())
    document["terraform"]["backend"]["s3"]["bucket"] = "no-such-bucket-here"
    (stack.directory / "cdk.tf.json").write_text(json.dumps(document))
    with pytest.raises(
        CommandError, match=r"s3://no-such-bucket-here/.*interrupted can't be read.*NoSuchBucket"
    ) as raised:
        StateObject(Stack("small", stack.project), ".interrupted").read()
    assert "s3:GetObject" in raised.value.next_step


def test_a_mark_that_is_no_json_says_so(stack: Stack, front: Front) -> None:
    front.client("s3").put_object(Bucket=small_stack.STATE_BUCKET, Key=KEY, Body=b"half")
    with pytest.raises(CommandError, match="isn't JSON"):
        StateObject(stack, ".interrupted").read()


def test_a_mark_that_cannot_be_dropped_fails_nothing(
    stack: Stack, asked: Calls, front: Front, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = begin(stack, JOB)
    front.client("s3").put_object(Bucket=small_stack.STATE_BUCKET, Key=KEY, Body=b"half")
    interrupted.end(begun, well=True)
    assert "mark of this apply stays" in capsys.readouterr().err
