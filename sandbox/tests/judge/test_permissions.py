"""The roles have the permissions that they need, and no others: the recorded calls of real runs, replayed.

The policies are this checkout's, as the snapshot of the stack has them filled in. recording.json is of an ordinary day
and one with bad rows; what runs call has changed? Then: make sandbox-down, make sandbox,
make sandbox DATE=2024-09-17 RAW_FILE=sandbox/samples/bad_rows.csv, make recording.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from ops.errors import CommandError
from sandbox.judge import engine, permissions
from sandbox.judge.engine import Caller, Need, Policy
from sandbox.judge.permissions import KEPT, read_reasons
from sandbox.judge.recording import Recorded, Recording
from sandbox.settings import ACCOUNT_ID, ROOT, Settings
from sandbox.tests.deployed import filled

STACK = json.loads((ROOT / "main.tf.json.snapshot").read_text())["resource"]
# By the roles' names, what they are called in the stack: the execution roles, and those of the groups of people.
# EventBridge Scheduler, which has the role deadline, doesn't run in the sandbox.
ROLES = {role["name"]: name for name, role in STACK["aws_iam_role"].items() if name != "deadline"}
CALLS = Recording.read(KEPT).of(ROLES)


def _filled(text: str) -> dict:
    return json.loads(filled(text, STACK, f"arn:aws:kms:eu-central-1:{ACCOUNT_ID}:key/*"))


def policies(role: str) -> list[Policy]:
    own = STACK["aws_iam_role_policy"][ROLES[role]]
    boundary = STACK["aws_iam_policy"]["group_boundary" if ROLES[role].startswith("group_") else "execution_boundary"]
    return [
        Policy("identity", own["name"], _filled(own["policy"])),
        Policy("boundary", boundary["name"], _filled(boundary["policy"])),
    ]


def refused(role: str, granted: list[Policy]) -> list[str]:
    """The recorded calls of a role that would be refused, with what would be needed."""
    found = []
    for call in CALLS:
        verdict = call.judged(granted)
        if call.caller.role == role and not verdict.allowed:
            found.append(f"{call.need.action} on {call.need.resource} {verdict.reason}; {verdict.hint}")
    return found


GRANTS = {
    role: list(permissions.grants(policies(role), [c for c in CALLS if c.caller.role == role], read_reasons()))
    for role in ROLES
}
STATEMENTS = [
    (role, number, statement["Sid"])
    for role in ROLES
    for number, policy in enumerate(policies(role))
    for statement in engine.statements_of(policy.document)
]


@pytest.mark.parametrize("role", ROLES)
def test_the_recorded_calls_are_allowed(role: str) -> None:
    assert len([call for call in CALLS if call.caller.role == role]) > 9
    assert refused(role, policies(role)) == []


@pytest.mark.parametrize("role", ROLES)
def test_every_granted_action_is_used_or_has_its_reason(role: str) -> None:
    assert [grant.finding for grant in GRANTS[role] if grant.finding] == []


def test_every_reason_is_of_an_action_that_is_granted() -> None:
    granted = {(grant.file, grant.sid, grant.action) for grants in GRANTS.values() for grant in grants}
    assert [reason for reason in read_reasons() if reason not in granted] == []


@pytest.mark.parametrize(("role", "number", "sid"), STATEMENTS)
def test_without_a_statement_the_run_fails_and_its_action_is_named(role: str, number: int, sid: str) -> None:
    """Or the statement holds only what no ordinary run uses; the tests above know of each why it is there."""
    whole = policies(role)
    kept = [each for each in engine.statements_of(whole[number].document) if each.get("Sid") != sid]
    lessened = Policy(whole[number].kind, whole[number].name, {**whole[number].document, "Statement": kept})
    less = [lessened if at == number else policy for at, policy in enumerate(whole)]
    found = refused(role, less)
    # What of the statement the calls use, and no other statement of the policy allows as well.
    alone = [
        *whole[:number],
        Policy(whole[number].kind, whole[number].name, _only(whole[number], sid)),
        *whole[number + 1 :],
    ]
    used = [call for call in CALLS if call.caller.role == role and call.judged(alone).allowed]
    if not used:
        assert found == []
        return
    assert found, f"{role} works without {sid}, although {used[0].need.action} uses it"
    print(f"\n{role} without {sid}: {len(found)} kinds of calls refused, the first: {found[0]}")
    assert f"needed in {whole[number].name}" in found[0]
    action = re.match(r"\S+", found[0])[0]
    assert any(each.need.action == action for each in used)


def _only(policy: Policy, sid: str) -> dict:
    kept = [each for each in engine.statements_of(policy.document) if each["Sid"] == sid]
    return {**policy.document, "Statement": kept}


# --- make permissions ---


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment({"BUILD_DIR": str(tmp_path)})


def _recorded(settings: Settings, *more: str) -> None:
    """A run that was recorded, whose Airflow role has these actions more."""
    recording = Recording.read(KEPT)
    own, boundary = policies("driven_data_airflow")
    extra = {"Sid": "More", "Effect": "Allow", "Action": list(more), "Resource": "*"}
    statements = [*engine.statements_of(own.document), *([extra] if more else [])]
    widened = Policy("identity", own.name, {**own.document, "Statement": statements})
    recording.roles = {"driven_data_airflow": [widened, boundary], "driven_data_glue": policies("driven_data_glue")}
    recording.save(settings.calls)


def test_the_table_names_calls_and_reasons(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    _recorded(settings)
    assert permissions.show(settings) == 0
    shown = capsys.readouterr().out
    assert re.search(r"RunJobs +glue:StartJobRun +AmazonMWAA-airflow\n +glue:StartJobRun \d+", shown)
    assert re.search(r"QueueTasks +sqs:SendMessage +MWAA itself acts with the", shown)
    assert shown.rstrip().endswith("2 roles, 0 findings.")


def test_an_action_for_nothing_is_a_finding(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    _recorded(settings, "glue:GetCrawlerMetrics")
    assert permissions.show(settings) == 1
    shown = capsys.readouterr().out
    assert "Finding: policies/airflow-policy.json, More: glue:GetCrawlerMetrics is granted, and no call" in shown
    assert "remove it, or give its reason in policies/needed-otherwise.yaml" in shown


def test_without_a_run_it_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(CommandError, match="run 'make sandbox' first"):
        permissions.show(settings)


@pytest.mark.parametrize(
    "entry",
    [
        "- {reason: '', source: 'https://x', actions: {S: [glue:GetJob]}}",
        "- {reason: Because., actions: {S: [glue:GetJob]}}",
        "- {reason: Because., source: airflow/dags/glue_operators.py, actions: {S: [glue:GetJob]}}",
        "- {reason: Because., source: no/such/file.py, actions: {S: [glue:GetJob]}}",
    ],
)
def test_a_reason_has_its_source(tmp_path: Path, entry: str) -> None:
    (tmp_path / "reasons.yaml").write_text(f"airflow-policy:\n  {entry}\n")
    with pytest.raises(CommandError, match=r"airflow-policy, S: glue:GetJob has no reason, or no source"):
        read_reasons(tmp_path / "reasons.yaml")


def test_a_recording_keeps_one_call_of_each_kind(tmp_path: Path) -> None:
    recording, role = Recording(), "driven_data_glue"
    recording.roles = {role: policies(role)}
    glue = Caller(f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role}/GlueJobRunnerSession", role)
    for key in ("data/raw/a", "data/raw/b", "data/clean/a"):
        recording.note(glue, Need("s3:GetObject", f"arn:aws:s3:::driven-data-bucket/{key}"), 2)
    recording.note(Caller("arn:aws:iam::0:user/administrator"), Need("s3:GetObject", "arn:aws:s3:::b/k"))
    recording.small().save(tmp_path / "kept.json")
    kept = Recording.read(tmp_path / "kept.json")
    assert Counter(call.count for call in kept.calls()) == {4: 1, 2: 1}
    assert all(isinstance(call, Recorded) and call.judged(kept.roles[role]).allowed for call in kept.calls())
