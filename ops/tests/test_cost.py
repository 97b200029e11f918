"""make cost: the month's estimate, the difference that a plan makes, and that nothing of a stack goes unpriced."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from ops import cost, cost_report
from ops.cost import Prices
from ops.errors import CommandError
from ops.project import ROOT, Project, Stack
from ops.tests.builders import stack

MONTH = 730


@pytest.fixture
def document() -> dict[str, Any]:
    """The driven-data stack, as it is synthesised."""
    return json.loads((ROOT / "main.tf.json.snapshot").read_text())


def amounts(found: cost.Estimate) -> dict[tuple[str, str], float]:
    return {(line.type, line.what): round(line.usd or 0, 2) for line in found.lines}


def of(kind: str, changed: dict[str, float] | None = None, **values: Any) -> dict[tuple[str, str], float]:
    """What one resource costs."""
    return amounts(cost.estimate([(kind, values)], Prices(changed_usage=tuple((changed or {}).items()))))


def test_the_stack_as_it_is(document: dict[str, Any]) -> None:
    found = cost.estimate(cost.resources(document), Prices())
    told = amounts(found)
    assert told["aws_mwaa_environment", "environment, idle"] == 357.70
    assert told["aws_nat_gateway", "hours"] == 37.96
    assert told["aws_eip", "public IPv4 address"] == 3.65
    # Six crawlers of two DPUs, thirty runs of at least ten minutes.
    assert told["aws_glue_crawler", "runs"] == round(6 * 2 * 30 * 10 / 60 * 0.44, 2) == 26.40
    # Seven of the eight jobs, all but the one that no day starts, of two DPUs, thirty runs of three minutes.
    assert told["aws_glue_job", "runs"] == round(7 * 2 * 30 * 3 / 60 * 0.44, 2)
    assert found.total == pytest.approx(found.fixed + found.runs)
    assert all(line.usd for line in found.lines if line.type != "aws_flow_log")


def test_the_least_that_glue_bills() -> None:
    job = {"worker_type": "G.2X", "number_of_workers": 3}
    assert of("aws_glue_job", {"glue_job_minutes": 0.2}, **job) == of("aws_glue_job", {"glue_job_minutes": 1}, **job)
    assert of("aws_glue_job", {"glue_job_minutes": 1}, **job) == {
        ("aws_glue_job", "runs"): round(6 / 60 * 30 * 0.44, 2)
    }
    ten, twenty = (of("aws_glue_crawler", {"glue_crawler_minutes": minutes}) for minutes in (10, 20))
    assert of("aws_glue_crawler", {"glue_crawler_minutes": 1}) == ten
    assert twenty["aws_glue_crawler", "runs"] == 2 * ten["aws_glue_crawler", "runs"]


def test_an_environment_with_more_workers_and_schedulers() -> None:
    told = of("aws_mwaa_environment", environment_class="mw1.medium", min_workers=3, max_workers=3, schedulers=4)
    assert told["aws_mwaa_environment", "environment, idle"] == round(MONTH * 0.74, 2)
    # One worker and two schedulers are in the environment's price.
    assert told["aws_mwaa_environment", "more workers, schedulers"] == round(4 * MONTH * 0.11, 2)
    assert ("aws_mwaa_environment", "workers added by runs") not in told
    # A state has null for what nobody set.
    nulls = dict.fromkeys(("min_workers", "max_workers", "schedulers"))
    small = of("aws_mwaa_environment", environment_class="mw1.small", **nulls)
    assert small == of("aws_mwaa_environment", environment_class="mw1.small", max_workers=1, schedulers=2)


def test_an_interface_endpoint_bills_in_each_zone_and_a_gateway_not_at_all() -> None:
    told = of("aws_vpc_endpoint", vpc_endpoint_type="Interface", subnet_ids=["a", "b"])
    assert told["aws_vpc_endpoint", "hours, each zone's"] == round(2 * MONTH * 0.012, 2)
    assert of("aws_vpc_endpoint", vpc_endpoint_type="Gateway") == {}


def test_a_type_that_nobody_priced_is_an_error() -> None:
    with pytest.raises(CommandError, match="aws_redshift_cluster is neither priced nor listed as free"):
        of("aws_redshift_cluster")


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        ("aws_mwaa_environment", {"environment_class": "mw1.micro"}, r"prices\.mwaa_micro"),
        ("aws_glue_job", {"worker_type": "R.1X", "number_of_workers": 2}, r"worker type R\.1X has no number of DPUs"),
    ],
)
def test_what_has_no_price_is_named(kind: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        of(kind, **values)


def test_another_region_has_other_prices(tmp_path: Path) -> None:
    made = stack(tmp_path, json.dumps({"provider": {"aws": [{"region": "us-east-1"}]}}))
    with pytest.raises(CommandError, match=r"small lies in us-east-1, and prices\.yaml has the prices of eu-central-1"):
        cost_report.show(made)


def test_every_price_says_where_it_comes_from_and_is_used(document: dict[str, Any]) -> None:
    data = yaml.safe_load(cost.PRICES.read_text())
    code = (ROOT / "ops" / "cost.py").read_text()
    for name, price in data["prices"].items():
        assert price["page"].startswith("https://aws.amazon.com/"), name
        assert isinstance(price["date"], date), name
        # What AWS's page shows only in a browser was seen elsewhere; what wasn't found is no confirmed price.
        assert price["usd"] is not None or price["confirmed"] is False, name
        assert f'"{name}"' in code or re.match(r"mwaa_(small|medium|large)(_instance)?$", name), name
    for key in data["usage"]:
        assert f'"{key}"' in code, key
    assert not set(data["free"]) & set(cost.BILLED)


def test_an_old_price_warns() -> None:
    prices = Prices()
    read = prices.document["prices"]["nat"]["date"]
    assert not [name for name in prices.stale(read + timedelta(days=365)) if name.startswith("nat ")]
    assert f"nat ({read})" in prices.stale(read + timedelta(days=366))


# --- What a plan changes ---


def prior(document: dict[str, Any]) -> dict[str, Any]:
    """A plan that was made against this stack, applied."""
    found = [
        {"mode": "managed", "type": kind, "name": name, "values": values}
        for kind, named in document["resource"].items()
        for name, values in named.items()
    ]
    found.append({"mode": "data", "type": "aws_availability_zones", "name": "zones", "values": {}})
    return {"prior_state": {"values": {"root_module": {"resources": found}}}}


def test_a_plan_that_changes_no_cost(tmp_path: Path, document: dict[str, Any]) -> None:
    heading, causes = cost.difference(stack(tmp_path, json.dumps(document)), prior(document))
    assert heading.startswith("Cost: +0.00 USD a month (")
    assert causes == []


def test_a_plan_that_takes_a_nat_gateway_away(tmp_path: Path, document: dict[str, Any]) -> None:
    changed = copy.deepcopy(document)
    del changed["resource"]["aws_nat_gateway"], changed["resource"]["aws_eip"]
    heading, causes = cost.difference(stack(tmp_path, json.dumps(changed)), prior(document))
    assert re.match(
        r"Cost: -41\.87 USD a month \(444\.\d\d to 402\.\d\d USD a month, estimated by `make cost`\)", heading
    )
    assert causes == [
        "-37.96: aws_nat_gateway, hours",
        "-3.65: aws_eip, public IPv4 address",
        "-0.26: aws_nat_gateway, data",
    ]


def test_the_first_plan_costs_all(tmp_path: Path, document: dict[str, Any]) -> None:
    heading, causes = cost.difference(stack(tmp_path, json.dumps(document)), {})
    assert heading.startswith("Cost: +444.") and "(0.00 to 444." in heading
    assert causes[0] == "+357.70: aws_mwaa_environment, environment, idle"


def test_a_plan_with_something_unpriced_says_so_and_goes_on(tmp_path: Path, document: dict[str, Any]) -> None:
    changed = copy.deepcopy(document)
    changed["resource"]["aws_redshift_cluster"] = {"new": {}}
    told = cost.difference(stack(tmp_path, json.dumps(changed)), prior(document))
    assert told == ("Cost: can't be told: aws_redshift_cluster is neither priced nor listed as free.", [])


# --- What is really synthesised ---


def test_everything_that_a_deployment_can_have_is_priced_or_free(tmp_path: Path) -> None:
    """All deployments of the project, and one with every key set."""
    config = tmp_path / "config"
    config.mkdir()
    for path in (ROOT / "config").glob("*.yaml"):
        (config / path.name).write_text(path.read_text())
    full = yaml.safe_load((ROOT / "config" / "example" / "every-key.yaml").read_text())
    del full["storage"]["batch_file"], full["orchestration"]["plugins_archive"]  # files of somebody's project
    full["network"]["vpc_cidr"] = "10.200.0.0/16"  # no other deployment's
    del full["groups"][0]["assumed_by"]  # the rules refuse a SAML provider without a reason
    (config / "every-key.yaml").write_text(yaml.safe_dump(full))
    command = [ROOT / "bin" / "synth", "--config", config, "--out", tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = sorted((tmp_path / "out" / "stacks").glob("*/cdk.tf.json"))
    assert len(found) == 2 * len(list(config.iterdir()))
    for path in found:
        cost.estimate(cost.resources(json.loads(path.read_text())), Prices())


def test_the_estimate_as_it_is_printed(tmp_path: Path, document: dict[str, Any]) -> None:
    made = stack(tmp_path, json.dumps(document), name="driven-data")
    console = Console(width=100, record=True, file=(tmp_path / "out.txt").open("w"))
    cost_report.show(made, console, today=date(2028, 1, 1))
    lines = [" ".join(line.split()) for line in console.export_text().splitlines()]
    assert re.fullmatch(r"driven-data: 444\.\d\d USD a month, 406\.\d\d of it without a run", lines[0])
    assert "1 mwaa_environment environment, idle 730 hours 357.70 *" in lines
    assert "6 glue_crawler runs 60 DPU-hours 26.40 *" in lines
    assert "1 flow_log delivery 1 GB ?" in lines
    assert any(line.startswith("* not confirmed for this region; ?: no price found.") for line in lines)
    assert any(
        line.startswith("WARNING: read more than a year ago, look them up again: mwaa_small (") for line in lines
    )
    of_variant = {
        name: next(line for line in lines if line.startswith(name)).split()[-1] for name in cost_report.VARIANTS
    }
    assert float(of_variant["network.egress: nat, one gateway"]) == 0
    assert float(of_variant["network.egress: nat, one in each zone"]) == pytest.approx(41.87, abs=0.01)
    assert float(of_variant["no crawlers: the DAG registers partitions"]) == pytest.approx(-26.40)
    assert float(of_variant["orchestration.min_workers: 2"]) == pytest.approx(MONTH * 0.055 - 1.65, abs=0.01)
    assert float(of_variant["processing.workers: 5 (Glue)"]) == pytest.approx(9.24 * 1.5, abs=0.01)
    assert float(of_variant["network.egress: endpoints"]) > 0


def test_variants_of_a_deployment_with_what_an_endpoint_cannot_reach(tmp_path: Path) -> None:
    """a server of lineage isn't to be had without internet"""
    given = yaml.safe_load((ROOT / "config" / "driven-data.yaml").read_text())
    (tmp_path / "lined.yaml").write_text(
        yaml.safe_dump({**given, "monitoring": {**given["monitoring"], "lineage": "bucket"}})
    )
    found = cost_report.variants(Stack("lined", Project(tmp_path, tmp_path, tmp_path)), Prices(), tmp_path)
    assert found.keys() == cost_report.VARIANTS.keys()


def test_variants_of_a_deployment_that_synth_refuses(tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text("{company: odd, region: eu-central-1, colour: blue, storage: {}}")
    odd = Stack("odd", Project(tmp_path, tmp_path, tmp_path))
    with pytest.raises(CommandError, match=r"(?s)The variants of odd can't be synthesised.*colour: unknown key"):
        cost_report.variants(odd, Prices(), tmp_path)
