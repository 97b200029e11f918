"""``make permissions``: each granted action of each role with the recorded calls that used it, or why it is needed.

What no call of an ordinary run uses stands in policies/needed-otherwise.yaml with its reason and source. An action that
is neither used nor there is granted for nothing; one that is both has a reason too many.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ministack.core.iam_evaluator import fnmatch_iam

from ops.errors import CommandError
from sandbox import matrix
from sandbox.judge import engine
from sandbox.judge.engine import Policy
from sandbox.judge.recording import Recorded, Recording
from sandbox.page import sections
from sandbox.report import Report
from sandbox.settings import ROOT, Settings

# Calls of several runs, kept for the tests; make recording renews it.
KEPT = ROOT / "sandbox" / "tests" / "judge" / "recording.json"
REASONS = ROOT / "policies" / "needed-otherwise.yaml"
# The file of a role's policy, by the end of the policy's name.
FILES = {
    "airflow": "airflow-policy",
    "glue": "glue-policy",
    "plan": "cicd-plan-policy",
    "apply": "cicd-apply-policy",
}
# What is granted to a group is in statements of the same Sids as its boundary's.
GROUPS = "group-boundary"


@dataclass(frozen=True)
class Reason:
    reason: str
    source: str


Reasons = dict[tuple[str, str, str], Reason]  # by the policy's file, the statement and the action


@dataclass(frozen=True)
class Grant:
    """An action as a statement of a policy's file has it. used: by which session's calls, how often."""

    file: str
    sid: str
    action: str
    used: Counter[str]
    reason: Reason | None

    @property
    def finding(self) -> str:
        where = f"policies/{self.file}.json, {self.sid}: {self.action}"
        if not self.used and not self.reason:
            return f"{where} is granted, and no call of the run used it: remove it, or give its reason in {_SHORT}"
        if self.used and self.reason:
            return f"{where} was used by the run, so {_SHORT} needn't say why it is there: remove its reason"
        return ""


_SHORT = REASONS.relative_to(ROOT)


def show(settings: Settings) -> int:
    """Prints the table of the last run; returns 1 when there are findings.

    What this run didn't use and the kept recording of several runs did is no finding.
    """
    recording, report = _last_run(settings), Report(0)
    reasons, kept = read_reasons(), {(each.file, each.sid, each.action): each.used for each in grants_of(KEPT)}
    # One run tells little of the workflows' roles: they are shown, and not held to it.
    settled, findings = {file for file, _, _ in reasons}, list[str]()
    for role, policies in recording.roles.items():
        found = list(grants(policies, recording.of([role]), reasons))
        if not found:
            continue
        report.line(f"\n{role}: {', '.join(each.name for each in policies)}")
        rows = []
        for each in found:
            earlier = kept.get((each.file, each.sid, each.action), Counter())
            rows.append(_row(each, earlier, "FINDING: nothing" if each.file in settled else "not used in this run"))
            if each.file in settled and each.finding and not earlier and not (each.used and each.reason):
                findings.append(each.finding)
        report.table(["statement", "action", "used by", "or needed because"], rows, whole=True)
    for section in sections(settings, matrix.SECTION):
        report.line(f"\n{section['title']}:")
        report.table(section["columns"], section["rows"], whole=True)
        report.line(f"\n{section['text']}")
    report.line()
    findings = list(dict.fromkeys(findings))  # groups have them in common
    for finding in findings:
        report.line(f"Finding: {finding}")
    calls = sum(each.count for each in recording.of(recording.roles))
    report.line(f"{calls:,} calls of {len(recording.roles)} roles, {len(findings)} findings.")
    return 1 if findings else 0


def keep(settings: Settings) -> None:
    """Renews the kept recording from the last run, one call of each kind, of the snapshot's roles that called."""
    run, stack = _last_run(settings), json.loads((ROOT / "main.tf.json.snapshot").read_text())
    names = [role["name"] for role in stack["resource"]["aws_iam_role"].values()]
    run.roles = {name: run.roles[name] for name in names if name in run.roles}
    small = run.small()
    KEPT.write_text(small.text())
    print(f"{KEPT.relative_to(ROOT)}: {len(list(small.calls()))} kinds of calls, {small.total:,} calls.")


def grants_of(path: Path) -> list[Grant]:
    """The grants of a recording's own policies, with the reasons of today."""
    recording, reasons = Recording.read(path), read_reasons()
    return [
        grant for role, policies in recording.roles.items() for grant in grants(policies, recording.of([role]), reasons)
    ]


def _last_run(settings: Settings) -> Recording:
    if not settings.calls.is_file():
        raise CommandError("No run of the sandbox is recorded.", "run 'make sandbox' first.")
    return Recording.read(settings.calls)


def read_reasons(path: Path = REASONS) -> Reasons:
    """Raises CommandError for an entry without a reason or a source."""
    reasons: Reasons = {}
    for file, entries in yaml.safe_load(path.read_text()).items():
        for entry in entries:
            source = str(entry.get("source", ""))
            for sid, actions in entry["actions"].items():
                for action in actions:
                    if not entry.get("reason") or not (source.startswith("https://") or _calls(source, action)):
                        raise CommandError(
                            f"{path.name}, {file}, {sid}: {action} has no reason, or no source that tells of it.",
                            "give why no ordinary run uses it, and the page (https://…) or the file that calls it.",
                        )
                    reasons[file, sid, action] = Reason(entry["reason"], source)
    return reasons


def _calls(source: str, action: str) -> bool:
    """Whether a file of the project has boto3's method for the action: glue:GetJobRun is get_job_run."""
    method = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", action.partition(":")[2]).lower()
    return (ROOT / source).is_file() and f"{method}(" in (ROOT / source).read_text()


def grants(policies: Iterable[Policy], calls: Iterable[Recorded], reasons: Reasons) -> Iterator[Grant]:
    """Every action of the policies that have a file here."""
    calls, policies = list(calls), list(policies)
    of_group = any(each.kind == "boundary" and each.name.endswith("_group_boundary") for each in policies)
    for policy in policies:
        file = GROUPS if of_group else file_of(policy)
        if policy.kind != "identity" or not file:
            continue
        for statement in engine.statements_of(policy.document):
            for action in _listed(statement["Action"]):
                used = Counter[str]()
                alone = Policy("identity", policy.name, {"Statement": [{**statement, "Action": action}]})
                for call in calls:
                    if not fnmatch_iam(call.need.action, action):
                        continue
                    if call.judged([alone]).allowed:
                        used[f"{call.caller.arn.rpartition('/')[2]} {call.need.action}"] += call.count
                yield Grant(file, statement["Sid"], action, used, reasons.get((file, statement["Sid"], action)))


def file_of(policy: Policy) -> str:
    """The name of the policy's file in policies/, empty when it has none."""
    return FILES.get(re.sub(r"_\d+$", "", policy.name).rpartition("_")[2], "")


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _row(grant: Grant, earlier: Counter[str], otherwise: str) -> list[str]:
    used = ", ".join(f"{what} {count:,}" for what, count in sorted(grant.used.items()))
    because = f"{grant.reason.reason} {grant.reason.source}" if grant.reason else ""
    if not used and not because:
        because = f"used by other runs: {', '.join(sorted(earlier))}" if earlier else otherwise
    return [grant.sid, grant.action, used, because]
