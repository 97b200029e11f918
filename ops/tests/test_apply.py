"""The refusals that need no Terraform: they come before anything is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops import changes
from ops.apply import _keep_if_possible, checked_record, keep_what_was_made
from ops.errors import CommandError
from ops.project import Stack
from ops.tests import builders


@pytest.fixture
def planned(tmp_path: Path) -> Stack:
    stack = builders.stack(tmp_path)
    stack.plan_dir.mkdir(parents=True)
    (stack.plan_dir / "plan.tfplan").write_bytes(b"plan")
    stack.plan_record.write_text(json.dumps(stack.record({"lineage": "x", "serial": 3})))
    return stack


def test_takes_a_plan_of_this_stack(planned: Stack) -> None:
    assert checked_record(planned)["state"] == ["x", 3]


def test_refuses_without_a_plan(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no saved plan"):
        checked_record(builders.stack(tmp_path))


def test_refuses_a_plan_older_than_the_stack(planned: Stack) -> None:
    (planned.directory / "cdk.tf.json").write_text('{"changed": true}')
    with pytest.raises(CommandError, match="older than the synthesised stack"):
        checked_record(planned)


def test_a_changed_asset_makes_the_plan_old(planned: Stack) -> None:
    (planned.directory / "assets").mkdir()
    (planned.directory / "assets" / "dag.py").write_text("pass")
    with pytest.raises(CommandError, match="older than the synthesised stack"):
        checked_record(planned)


def test_terraforms_own_files_do_not_make_it_old(planned: Stack) -> None:
    (planned.directory / ".terraform.lock.hcl").write_text("")
    assert checked_record(planned)


def test_refuses_a_plan_of_another_deployment(planned: Stack) -> None:
    planned.plan_record.write_text(json.dumps({**planned.record({}), "stack": "lead-data"}))
    with pytest.raises(CommandError, match="another deployment: 'lead-data'"):
        checked_record(planned)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"stack": "small", "more": 1}'])
def test_refuses_a_record_that_it_cannot_read(planned: Stack, text: str) -> None:
    (planned.plan_dir / "record.json").write_text(text)
    with pytest.raises(CommandError, match="can't be read"):
        checked_record(planned)


def test_refuses_a_plan_file_that_was_exchanged(planned: Stack) -> None:
    (planned.plan_dir / "plan.tfplan").write_bytes(b"another")
    with pytest.raises(CommandError, match="the file has changed"):
        checked_record(planned)


class HalfMade:
    """A state as an interrupted apply leaves it, and the Terraform commands run on it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.commands: list[tuple[str, ...]] = []

    def state(self) -> dict[str, Any]:
        made = [
            ("aws_s3_bucket", "new", "tainted"),
            ("aws_s3_bucket", "old", "tainted"),
            ("aws_s3_bucket", "whole", None),
        ]
        made.append(("aws_mwaa_environment", "airflow", "tainted"))
        made.append(("aws_s3_object", "script", "tainted"))
        return {
            "resources": [{"type": kind, "name": name, "instances": [{"status": mark}]} for kind, name, mark in made]
        }

    def read(self, *arguments: str) -> str:
        self.commands.append(arguments)
        return ""


def test_keeps_the_buckets_and_objects_that_this_very_apply_was_creating(planned: Stack) -> None:
    creating = ("aws_s3_bucket.new", "aws_s3_bucket.whole", "aws_mwaa_environment.airflow", "aws_s3_object.script")
    plan = {"resource_changes": [builders.change(address, ["create"]) for address in creating]}
    terraform = HalfMade(planned)
    keep_what_was_made(terraform, changes.planned(plan))  # type: ignore[arg-type]
    *untainted, refreshed = terraform.commands
    kept = [("untaint", "aws_s3_bucket.new"), ("untaint", "aws_s3_object.script")]
    assert [(each[0], each[-1]) for each in untainted] == kept
    assert refreshed[:2] == ("apply", "-refresh-only")
    assert refreshed[-2:] == ("-target=aws_s3_bucket.new", "-target=aws_s3_object.script")


def test_an_apply_keeps_its_own_error_when_nothing_more_can_be_done(
    planned: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    class Expired(HalfMade):
        def state(self) -> dict[str, Any]:
            raise CommandError("The AWS session has expired.", "sign in again.")

    _keep_if_possible(Expired(planned), [])  # type: ignore[arg-type]
    assert "The AWS session has expired." in capsys.readouterr().err
