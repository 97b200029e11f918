"""bin/scan: what checkov looked at, what it found, what is suppressed, and secrets in files."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ops.project import ROOT

# How many checks checkov makes of each resource of a type, in our stack. Fewer: it doesn't understand it any more.
CHECKS_OF_EACH = {
    "aws_athena_workgroup": 2,
    "aws_cloudwatch_log_group": 3,
    "aws_glue_crawler": 1,
    "aws_glue_job": 1,
    "aws_glue_security_configuration": 1,
    "aws_iam_role": 5,
    "aws_iam_role_policy": 3,
    "aws_kms_key": 3.5,  # one of two can be rotated, which is a check more
    "aws_mwaa_environment": 4,
    "aws_s3_bucket": 11,
    "aws_s3_bucket_public_access_block": 4,
    "aws_security_group": 7,
    "aws_subnet": 1,
    "aws_vpc": 2,
}
LOG_GROUP = {"aws_cloudwatch_log_group": {"task": {"name": "task", "retention_in_days": 365}}}
FOUND = "aws_cloudwatch_log_group.task: CKV_AWS_158: Ensure that CloudWatch Log Group is encrypted by KMS"
KEY = "AKIA" + "Q3XWYTPLK5ZN7BRD"


def scan(folder: Path) -> tuple[int, list[str]]:
    """Scans the stacks and files of a repository: the exit code, and the lines without their beginning."""
    command = [ROOT / ".venv/scan/bin/python", ROOT / "bin/scan", folder / "stacks", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, [line.removeprefix("scan: ") for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository without stacks, and with keys in its files."""
    folder = tmp_path_factory.mktemp("project")
    subprocess.run(["git", "init", "-q", folder], check=True)
    (folder / ".gitignore").write_text("/stacks/\n")
    (folder / "settings.py").write_text(f"region = 'eu-central-1'\nkey = '{KEY}'\n")
    (folder / "example.py").write_text(f"key = '{KEY}'  # pragma: allowlist secret\n")
    (folder / "config").mkdir()
    return folder


def add_stack(folder: Path, name: str, resources: dict[str, Any]) -> None:
    document = {"terraform": {"required_version": ">= 1.10"}, "resource": resources}
    stack = folder / "stacks" / name / "cdk.tf.json"
    stack.parent.mkdir(parents=True)
    stack.write_text(json.dumps(document))


def suppress(folder: Path, deployment: str, *suppressions: dict[str, str]) -> None:
    listed = [{"reason": "as before", "expires": "2999-12-31"} | each for each in suppressions]
    (folder / "config" / f"{deployment}.yaml").write_text(json.dumps({"suppressions": listed}))


def test_it_understands_our_stack_and_every_finding_is_suppressed(tmp_path: Path) -> None:
    resources = json.loads((ROOT / "main.tf.json.snapshot").read_text())["resource"]
    add_stack(tmp_path, "driven-data", resources)
    (tmp_path / "config").mkdir()
    shutil.copy(ROOT / "config" / "driven-data.yaml", tmp_path / "config")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)

    code, lines = scan(tmp_path)

    made = {line.split()[-1]: int(line.split()[0]) for line in lines if " checks of aws_" in line}
    assert {kind: made.get(kind, 0) / len(resources[kind]) for kind in CHECKS_OF_EACH} == CHECKS_OF_EACH
    assert code == 0, lines
    assert " 0 to mend, " in lines[-1]


def test_no_stacks_is_no_clean_scan(project: Path) -> None:
    assert scan(project) == (1, [f"no stacks in {project / 'stacks'}; make synth writes them"])


@pytest.fixture(scope="module")
def lines(project: Path) -> list[str]:
    """What a scan tells of a stack with a finding, one whose deployment suppresses it, and one with nothing to find."""
    add_stack(project, "acme", LOG_GROUP)
    other = {"rule": "CKV_AWS_158", "resource": "aws_cloudwatch_log_group.other"}
    suppress(project, "acme", other, {"rule": "bucket-tls"})
    add_stack(project, "other-state", LOG_GROUP)
    suppress(project, "other", {"rule": "CKV_AWS_158"})
    add_stack(project, "whole", {"aws_glue_classifier": {"raw": {"name": "raw"}}})
    suppress(project, "whole", {"rule": "CKV_AWS_158"})
    code, told = scan(project)
    assert code == 1
    return told


def test_a_finding_names_the_resource_the_check_and_where_to_suppress_it(lines: list[str]) -> None:
    where = "Mend it, or name the check, with a reason and a last day, under suppressions in config/acme.yaml"
    assert f"FOUND acme: {FOUND}. {where}" in lines


def test_a_deployment_suppresses_also_for_its_state_stack(lines: list[str]) -> None:
    assert f"other-state: {FOUND}, suppressed until 2999-12-31: as before" in lines


def test_a_suppression_that_nothing_needs_is_refused_and_our_own_rules_are_left_to_synth(lines: list[str]) -> None:
    assert [line for line in lines if "nothing breaks it" in line] == [
        f"FOUND {deployment}: suppressions: CKV_AWS_158: nothing breaks it; take it out"
        for deployment in ("acme", "whole")
    ]


def test_a_planted_key_is_found_without_being_shown_and_an_example_is_let_be(lines: list[str]) -> None:
    found = [line.split(". ")[0] for line in lines if line.startswith("FOUND ") and "CKV" not in line]
    assert found == ["FOUND settings.py:2: AWS Access Key"]
    assert KEY not in "".join(lines)


def test_it_ends_with_the_numbers(lines: list[str]) -> None:
    assert lines[-1] == "6 checks of checkov's, 3 to mend, 1 suppressed; 1 secrets in 6 files"
