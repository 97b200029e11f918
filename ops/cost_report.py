"""``cost``: the month's estimate of a deployment as it is printed, beside that of its variants."""

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from ops.cost import Estimate, Prices, estimate, resources
from ops.errors import CommandError
from ops.project import ROOT, Stack

ARCHIVE = "build/cost/plugins.zip"  # an archive has to lie in the project; what it holds costs nothing
# What make cost compares: changes of the deployment file, and of a month's use.
VARIANTS: dict[str, tuple[dict[str, dict[str, Any]], dict[str, float]]] = {
    "network.egress: nat, one gateway": ({"network": {"egress": "nat", "nat_gateways": "single"}}, {}),
    "network.egress: nat, one in each zone": ({"network": {"egress": "nat", "nat_gateways": "per-zone"}}, {}),
    # Without internet, workers install from an archive, and lineage isn't to be had.
    "network.egress: endpoints": (
        {
            "network": {"egress": "endpoints"},
            "orchestration": {"plugins_archive": ARCHIVE},
            "monitoring": {"lineage": None},
        },
        {},
    ),
    "orchestration.min_workers: 2": ({"orchestration": {"min_workers": 2, "max_workers": 2}}, {}),
    "processing.workers: 5 (Glue)": ({"processing": {"workers": 5}}, {}),
    "no crawlers: the DAG registers partitions": ({}, {"glue_crawler_runs": 0}),
}


def variants(stack: Stack, prices: Prices, config: Path = ROOT / "config") -> dict[str, Estimate]:
    """The deployment's cost with each of the variants, which are really synthesised."""
    folder = ROOT / "build" / "cost" / stack.name
    (folder / "config").mkdir(parents=True, exist_ok=True)
    given = yaml.safe_load((config / f"{stack.name}.yaml").read_text(encoding="utf-8"))
    with zipfile.ZipFile(ROOT / ARCHIVE, "w") as made:
        made.writestr(zipfile.ZipInfo("wheels.txt"), "none")
    for number, (overrides, _) in enumerate(VARIANTS.values()):
        changed = {**given}
        for key, values in overrides.items():
            section = {**given.get(key, {}), **values}
            changed[key] = {name: value for name, value in section.items() if value is not None}
        # Deployments of one synth may not take each other's names: each gets an account and buckets of its own.
        changed["account_id"] = f"{number:012}"
        changed["storage"] = {**given["storage"], "bucket": f"cost-variant-{number}"}
        changed["state"] = {"bucket": f"cost-variant-state-{number}"}
        (folder / "config" / f"variant-{number}.yaml").write_text(yaml.safe_dump(changed), encoding="utf-8")
    command = [sys.executable, str(ROOT / "bin" / "synth"), "--config", str(folder / "config")]
    done = subprocess.run([*command, "--out", str(folder / "out")], capture_output=True, text=True)
    if done.returncode:
        raise CommandError(
            f"The variants of {stack.name} can't be synthesised:\n{done.stderr.strip()}",
            f"see what config/{stack.name}.yaml sets against one of them (VARIANTS in ops/cost_report.py).",
        )
    estimates = {}
    for number, (name, (_, usage)) in enumerate(VARIANTS.items()):
        document = json.loads((folder / "out" / "stacks" / f"variant-{number}" / "cdk.tf.json").read_text())
        estimates[name] = estimate(resources(document), replace(prices, changed_usage=tuple(usage.items())))
    return estimates


def show(stack: Stack, console: Console | None = None, today: date | None = None) -> None:
    """Prints the estimate, what it rests on, and the variants."""
    console, prices = console or Console(), Prices()
    say = partial(console.print, soft_wrap=True, highlight=False)
    prices.check_region(stack)
    found = estimate(resources(stack.document), prices)
    table = _table("resource", "what", "quantity", "idle", "by runs")
    for line in found.lines:
        usd = "?" if line.usd is None else f"{line.usd:,.2f}{'' if line.confirmed else ' *'}"
        cells = ("", usd) if line.by_runs else (usd, "")
        name = f"{line.number} {line.type.removeprefix('aws_')}"
        table.add_row(name, line.what, f"{line.quantity:,.4g} {line.per}", *cells)
    console.print(f"{stack.name}: {found.total:,.2f} USD a month, {found.fixed:,.2f} of it without a run", style="bold")
    console.print(table)
    runs = prices.usage["runs"]
    say(f"A run: {found.runs / runs:,.2f} USD, {runs} of them a month.")
    if not all(line.confirmed for line in found.lines):
        say("* not confirmed for this region; ?: no price found. ops/prices.yaml says where each was read.")
    for each in prices.document["not_counted"]:
        say(f"Not counted: {each}.")
    if stale := prices.stale(today or date.today()):
        say(f"WARNING: read more than a year ago, look them up again: {', '.join(stale)}.")
    compared = _table("with", "idle", "by runs", "in all", "difference")
    for name, each in variants(stack, prices).items():
        amounts = (f"{each.fixed:,.2f}", f"{each.runs:,.2f}", f"{each.total:,.2f}")
        compared.add_row(name, *amounts, f"{each.total - found.total:+,.2f}")
    console.print(compared)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for number, name in enumerate(columns):
        text = name in ("resource", "what", "with")
        table.add_column(name, justify="left" if text else "right", no_wrap=number == 0)
    return table
