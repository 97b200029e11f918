"""What a probe's errors say; the life cycle's tests ask the emulator through Terraform itself."""

from __future__ import annotations

import json
from pathlib import Path

from ops.probe import _apart, _only_absent
from ops.tests import builders

ABSENT = (
    "Error: Cannot import non-existent remote object\n\nWhile attempting to import an existing object to\n"
    '"aws_glue_job.gone", the provider detected that no object exists with\nthe given id.\n',
    "Error: reading MWAA Environment (x): couldn't find\nresource\n\n  with aws_mwaa_environment.airflow,\n",
    "Error: reading Athena WorkGroup (ours): InvalidRequestException: WorkGroup ours not found\n",
)
MADE_UP = (
    "Error: Conflicting configuration arguments\n\n  with aws_glue_job.there,\n  on generated.tf line 8:\n"
    '  (source code not available)\n\n"max_capacity": conflicts with number_of_workers\n'
)
DENIED = "Error: reading IAM Role (y): AccessDenied\n\n  with aws_iam_role.hidden,\n"


def test_each_missing_one_must_be_told_of_as_absent() -> None:
    assert _only_absent("\n".join(ABSENT), 3)
    assert not _only_absent("\n".join(ABSENT), 4)
    assert not _only_absent("", 1)
    assert _only_absent("", 0)


def test_an_error_of_another_kind_is_not_taken_for_absence() -> None:
    assert not _only_absent(DENIED, 1)
    assert not _only_absent(ABSENT[0] + DENIED, 2)


def test_what_terraform_made_up_needs_no_sense() -> None:
    assert _only_absent(MADE_UP + ABSENT[0], 1)
    assert not _only_absent(MADE_UP, 1)


def test_a_probe_has_the_settings_of_the_stack_and_not_its_state(tmp_path: Path) -> None:
    terraform, aws = {"required_version": ">= 1.10"}, {"aws": [{"region": "eu-central-1"}]}
    document = {"terraform": {**terraform, "backend": {"s3": {}}}, "provider": aws, "resource": {"aws_vpc": {}}}
    stack = builders.stack(tmp_path, json.dumps(document))
    (stack.directory / "sandbox_override.tf.json").write_text(json.dumps({"provider": aws}))
    (stack.directory / ".terraform.lock.hcl").write_text("locked")
    (stack.data_dir / "providers").mkdir(parents=True)
    probe = _apart(stack, tmp_path / "probe")
    written = {path.name: json.loads(path.read_text()) for path in probe.directory.glob("*.tf.json")}
    assert written == {
        "cdk.tf.json": {"terraform": terraform, "provider": aws},
        "sandbox_override.tf.json": {"provider": aws},
    }
    assert (probe.directory / ".terraform.lock.hcl").read_text() == "locked"
    assert (probe.data_dir / "providers").resolve() == stack.data_dir / "providers"
