from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.destroy import require_destroyable
from ops.errors import CommandError
from ops.tests import builders


def test_all_means_the_deployments_without_their_state_buckets(tmp_path: Path) -> None:
    for name in ("one", "one-state", "two", "estate"):
        builders.stack(tmp_path, name=name)
    project = builders.project(tmp_path)
    assert [each.name for each in project.stacks("all")] == ["estate", "one", "two"]


def test_an_unknown_stack_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    builders.stack(tmp_path, name="one")
    with pytest.raises(CommandError, match=r"no synthesised stack 'other'.*there: one"):
        builders.project(tmp_path).stack("other")


@pytest.mark.parametrize(
    "resource",
    [
        '{"aws_s3_bucket": {"lake": {"bucket": "x"}}}',
        '{"aws_s3_bucket": {"lake": {"force_destroy": false}}}',
        '{"aws_mwaa_environment": {"lake": {"lifecycle": {"prevent_destroy": true}}}}',
    ],
)
def test_a_stack_that_protects_anything_is_not_destroyable(tmp_path: Path, resource: str) -> None:
    with pytest.raises(CommandError, match=r"isn't destroyable: aws_\w+\.lake"):
        require_destroyable(builders.stack(tmp_path, f'{{"resource": {resource}}}'))


def test_a_destroyable_stack_passes(tmp_path: Path) -> None:
    require_destroyable(builders.stack(tmp_path, '{"resource": {"aws_s3_bucket": {"lake": {"force_destroy": true}}}}'))


def test_what_synth_lists_as_suppressed_is_read(tmp_path: Path) -> None:
    stack = builders.stack(tmp_path)
    assert stack.suppressed() == []
    listed = [{"rule": "bucket-tls", "resource": "aws_s3_bucket.lake", "reason": "as before", "expires": "2999-12-31"}]
    (stack.directory / "suppressed.json").write_text(json.dumps(listed))
    assert stack.suppressed() == listed
