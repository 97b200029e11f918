"""``python -m sandbox verify``: plans the provisioned stack once more; only the known gaps may differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from sandbox.options import Options
from sandbox.provision import Provisioner
from sandbox.report import Report
from sandbox.run import Pipeline
from sandbox.settings import Settings

GAPS = Path(__file__).resolve().parent / "known_gaps.yaml"


def verify(settings: Settings, options: Options) -> int:
    """Brings the stack up if need be; returns 1 when the second plan holds a change that isn't a known gap."""
    report = Report(4)
    pipeline = Pipeline(settings, options, report)
    pipeline.bring_up()
    provisioner = Provisioner(settings, pipeline.service, options.deployment)
    with report.step("Plan once more") as step:
        provisioner.prepare()
        changes = list(differences(provisioner.planned_changes())) if provisioner.plan() else []
        unknown = [change for change in changes if not known(*change)]
        step.summary = f"{len(changes) - len(unknown)} known gaps, {len(unknown)} other changes"
    for address, attribute in unknown:
        report.line(f"    {address}: {attribute}")
    return 1 if unknown else 0


def differences(changes: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Each changed resource's address with each attribute that changes, or with the action when it isn't an update."""
    for each in changes:
        actions = each["change"]["actions"]
        if actions != ["update"]:
            yield each["address"], "+".join(actions)
            continue
        before, after = each["change"]["before"], each["change"]["after"]
        unknown = each["change"].get("after_unknown", {})
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name) and not unknown.get(name):
                yield each["address"], name


def known(address: str, attribute: str) -> bool:
    gaps = yaml.safe_load(GAPS.read_text()) or []
    return any(re.fullmatch(gap["resource"], address) and attribute in gap["attributes"] for gap in gaps)
