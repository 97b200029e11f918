"""What a deployment costs in a month, by its synthesised stack and the dated prices of ops/prices.yaml.

An estimate: list prices, and a month's use as prices.yaml assumes it. What bills while nothing runs is told apart from
what the daily runs add.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from ops import changes
from ops.errors import CommandError
from ops.project import ROOT, Stack

PRICES = ROOT / "ops" / "prices.yaml"
HOURS = 730  # of a month, as AWS's own calculator has it
STALE_DAYS = 365
# In the environment's price: https://aws.amazon.com/managed-workflows-for-apache-airflow/pricing/
SCHEDULERS_INCLUDED = 2
GLUE_JOB_LEAST_MINUTES, GLUE_CRAWLER_LEAST_MINUTES = 1, 10  # https://aws.amazon.com/glue/pricing/
# https://docs.aws.amazon.com/glue/latest/dg/add-job.html
DPUS = {"G.025X": 0.25, "G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8}
ON_REQUEST = "forget_person"  # the job that no run of the DAG starts

Resource = tuple[str, Mapping[str, Any]]
# What is billed of one resource: what, the price's name, how many of its unit a month, whether only runs cause it.
Billed = tuple[str, str, float, bool]


@dataclass(frozen=True)
class Line:
    """One line of the estimate: all resources of a type that bill the same thing. usd: None without a price."""

    type: str
    what: str
    number: int
    quantity: float
    per: str
    usd: float | None
    by_runs: bool
    confirmed: bool


@dataclass(frozen=True)
class Estimate:
    lines: list[Line]

    @property
    def fixed(self) -> float:
        return sum(line.usd or 0 for line in self.lines if not line.by_runs)

    @property
    def runs(self) -> float:
        return sum(line.usd or 0 for line in self.lines if line.by_runs)

    @property
    def total(self) -> float:
        return self.fixed + self.runs


@dataclass(frozen=True)
class Prices:
    """ops/prices.yaml, or another file of its form."""

    path: Path = PRICES
    changed_usage: tuple[tuple[str, float], ...] = ()

    @cached_property
    def document(self) -> dict[str, Any]:
        return yaml.safe_load(self.path.read_text(encoding="utf-8"))

    @property
    def usage(self) -> dict[str, float]:
        return {**self.document["usage"], **dict(self.changed_usage)}

    def price(self, name: str, asker: str) -> dict[str, Any]:
        try:
            return self.document["prices"][name]
        except KeyError:
            raise CommandError(
                f"{asker} has no price: {self.path.name} has no prices.{name}.",
                f"look it up on AWS's pricing page and add it to {self.path}, with page and date.",
            ) from None

    def stale(self, today: date) -> list[str]:
        """The prices read more than a year ago."""
        prices = self.document["prices"].items()
        return [f"{name} ({each['date']})" for name, each in prices if (today - each["date"]).days > STALE_DAYS]

    def check_region(self, stack: Stack) -> None:
        if stack.region != (known := self.document["region"]):
            raise CommandError(
                f"{stack.name} lies in {stack.region}, and {self.path.name} has the prices of {known}.",
                f"give {self.path} the prices of {stack.region}.",
            )


def _mwaa(values: Mapping[str, Any], usage: Mapping[str, float]) -> Iterator[Billed]:
    size = values["environment_class"].removeprefix("mw1.")
    # A state has null for what nobody set.
    least, most = values.get("min_workers") or 1, values.get("max_workers") or 1
    yield "environment, idle", f"mwaa_{size}", HOURS, False
    schedulers = values.get("schedulers") or SCHEDULERS_INCLUDED
    if instances := least - 1 + max(0, schedulers - SCHEDULERS_INCLUDED):
        yield "more workers, schedulers", f"mwaa_{size}_instance", instances * HOURS, False
    if most > least:
        hours = (most - least) * usage["extra_worker_hours"] * usage["runs"]
        yield "workers added by runs", f"mwaa_{size}_instance", hours, True
    yield "metadata database", "mwaa_metadata", usage["metadata_gb"], False


def _endpoint(values: Mapping[str, Any], usage: Mapping[str, float]) -> Iterator[Billed]:
    if values.get("vpc_endpoint_type") == "Interface":
        yield "hours, each zone's", "endpoint", HOURS * len(values["subnet_ids"]), False
        yield "data", "endpoint_gb", usage["endpoint_gb"], False


def _job(values: Mapping[str, Any], usage: Mapping[str, float]) -> Iterator[Billed]:
    if values["worker_type"] not in DPUS:
        raise CommandError(
            f"A Glue job's worker type {values['worker_type']} has no number of DPUs.", "add it to DPUS in ops/cost.py."
        )
    if values.get("name", "").endswith(ON_REQUEST):
        return
    dpus = DPUS[values["worker_type"]] * values["number_of_workers"]
    minutes = max(usage["glue_job_minutes"], GLUE_JOB_LEAST_MINUTES)
    yield "runs", "glue_job", dpus * minutes / 60 * usage["runs"], True


def _crawler(_values: Mapping[str, Any], usage: Mapping[str, float]) -> Iterator[Billed]:
    minutes = max(usage["glue_crawler_minutes"], GLUE_CRAWLER_LEAST_MINUTES)
    hours = usage["glue_crawler_dpus"] * minutes / 60 * usage["glue_crawler_runs"] * usage["runs"]
    yield "runs", "glue_crawler", hours, True


def _amounts(*billed: tuple[str, str, str | float, bool]) -> Callable[..., Iterator[Billed]]:
    """What doesn't depend on the resource: each quantity is a number, or a key of usage."""

    def bill(_values: Mapping[str, Any], usage: Mapping[str, float]) -> Iterator[Billed]:
        for what, price, quantity, by_runs in billed:
            yield what, price, usage[quantity] if isinstance(quantity, str) else quantity, by_runs

    return bill


BILLED: dict[str, Callable[..., Iterator[Billed]]] = {
    "aws_mwaa_environment": _mwaa,
    "aws_nat_gateway": _amounts(("hours", "nat", HOURS, False), ("data", "nat_gb", "nat_gb", False)),
    "aws_eip": _amounts(("public IPv4 address", "public_ipv4", HOURS, False)),
    "aws_vpc_endpoint": _endpoint,
    "aws_glue_job": _job,
    "aws_glue_crawler": _crawler,
    "aws_kms_key": _amounts(("key", "kms_key", 1, False)),
    "aws_s3_bucket": _amounts(
        ("storage", "s3_gb", "stored_gb", False),
        ("writes, lists", "s3_put", "s3_puts", True),
        ("reads", "s3_get", "s3_gets", True),
    ),
    "aws_athena_workgroup": _amounts(("queries", "athena_tb", "athena_tb", False)),
    "aws_cloudwatch_log_group": _amounts(
        ("ingestion", "log_gb", "log_gb", True), ("storage", "log_stored_gb", "log_gb", False)
    ),
    "aws_cloudwatch_metric_alarm": _amounts(("alarm", "alarm", 1, False)),
    "aws_cloudwatch_composite_alarm": _amounts(("alarm", "alarm", 1, False)),
    "aws_cloudwatch_dashboard": _amounts(("dashboard", "dashboard", 1, False)),
    "aws_flow_log": _amounts(("delivery", "flow_log_gb", "flow_log_gb", False)),
}


def resources(document: Mapping[str, Any]) -> Iterator[Resource]:
    """The resources of a synthesised stack."""
    for kind, named in document.get("resource", {}).items():
        for values in named.values():
            yield kind, values


def estimate(found: Iterable[Resource], prices: Prices) -> Estimate:
    """The month's cost of these resources; a type that is neither priced nor listed as free is an error."""
    sums: dict[tuple[str, str, str, bool], list[float]] = defaultdict(list)
    for kind, values in found:
        if kind in prices.document["free"]:
            continue
        if kind not in BILLED:
            raise CommandError(
                f"{kind} is neither priced nor listed as free.",
                "look up what AWS bills for it; then list it under 'free' in ops/prices.yaml with the reason, or add "
                "its price there and what it bills to ops/cost.py.",
            )
        for what, price, quantity, by_runs in BILLED[kind](values, prices.usage):
            sums[kind, what, price, by_runs].append(quantity)
    lines = []
    for (kind, what, name, by_runs), quantities in sums.items():
        price, quantity = prices.price(name, kind), sum(quantities)
        usd = None if price["usd"] is None else quantity * price["usd"]
        confirmed = price.get("confirmed", True)
        lines.append(Line(kind, what, len(quantities), quantity, price["per"], usd, by_runs, confirmed))
    return Estimate(sorted(lines, key=lambda line: -(line.usd or 0)))


def difference(stack: Stack, plan: dict[str, Any]) -> tuple[str, list[str]]:
    """What a plan changes of the month's cost, for its summary: a heading, and what causes it."""
    prices = Prices()
    try:
        prices.check_region(stack)
        before = estimate(((each["type"], each["values"]) for each in changes.before(plan)), prices)
        after = estimate(resources(stack.document), prices)
    except CommandError as error:
        return f"Cost: can't be told: {error.what}", []
    moved = f"{before.total:,.2f} to {after.total:,.2f} USD a month"
    heading = f"Cost: {after.total - before.total:+,.2f} USD a month ({moved}, estimated by `make cost`)"
    amounts: dict[tuple[str, str], float] = defaultdict(float)
    for sign, side in ((-1, before), (1, after)):
        for line in side.lines:
            amounts[line.type, line.what] += sign * (line.usd or 0)
    causes = sorted(amounts.items(), key=lambda item: -abs(item[1]))
    return heading, [f"{amount:+,.2f}: {kind}, {what}" for (kind, what), amount in causes if abs(amount) >= 0.005]
