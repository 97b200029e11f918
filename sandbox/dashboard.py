"""The deployed dashboards as their JSON lays them out, with each metric's newest value in the sandbox's CloudWatch.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox import aws

# Of the syntax of searches what the stack's dashboards use: a namespace, dimensions, and terms of name="value".
_SEARCH = re.compile(r"SEARCH\('\{(?P<namespace>[^,}]+)(?P<dimensions>[^}]*)\} (?P<terms>[^']*)'")
_TERM = re.compile(r'(\w+)="([^"]*)"')
_LOOK_BACK = timedelta(days=14)  # the emulator keeps as much


@dataclass(frozen=True)
class Tile:
    """A widget on the dashboard's grid of 24 columns. values: a label each, and what is shown for it."""

    title: str
    x: int
    y: int
    width: int
    height: int
    values: list[tuple[str, str]] = field(default_factory=list)


class Dashboards:
    def __init__(self, endpoint: str, region: str) -> None:
        self._cloudwatch = aws.client("cloudwatch", endpoint, region)

    def tiles(self, name: str) -> list[Tile]:
        """The widgets of the dashboard of this name."""
        body = json.loads(self._cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])
        return [
            Tile(
                widget["properties"]["title"],
                *(widget[key] for key in ("x", "y", "width", "height")),
                list((self._alarms if widget["type"] == "alarm" else self._metrics)(widget["properties"])),
            )
            for widget in body["widgets"]
        ]

    def _alarms(self, properties: dict[str, Any]) -> Iterator[tuple[str, str]]:
        names = [arn.rpartition(":")[2] for arn in properties["alarms"]]
        for alarm in self._cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]:
            yield alarm["AlarmName"], alarm["StateValue"].replace("_", " ").lower()

    def _metrics(self, properties: dict[str, Any]) -> Iterator[tuple[str, str]]:
        for metric in [found for each in properties["metrics"] for found in self._found(each)]:
            labels = [each["Value"] for each in metric.get("Dimensions", [])]
            yield " ".join([metric["MetricName"], *labels]), self._newest(metric, properties)

    def _found(self, entry: list[Any]) -> list[dict[str, Any]]:
        """The metrics of an entry: the one that it names, or those that its search finds."""
        if isinstance(entry[0], str):
            namespace, name, *dimensions = entry
            pairs = zip(dimensions[::2], dimensions[1::2], strict=True)
            return [
                {
                    "Namespace": namespace,
                    "MetricName": name,
                    "Dimensions": [{"Name": key, "Value": value} for key, value in pairs],
                }
            ]
        search = _SEARCH.match(entry[0]["expression"])
        if search is None:
            raise ValueError(f"a dashboard's expression that isn't known here: {entry[0]['expression']}")
        terms = dict(_TERM.findall(search["terms"]))
        name = terms.pop("MetricName")
        names = [each for each in search["dimensions"].split(",") if each]
        dimensions = [{"Name": each, **({"Value": terms[each]} if each in terms else {})} for each in names]
        return self._cloudwatch.list_metrics(Namespace=search["namespace"], MetricName=name, Dimensions=dimensions)[
            "Metrics"
        ]

    def _newest(self, metric: dict[str, Any], properties: dict[str, Any]) -> str:
        value = self._value(metric, properties)
        if value is not None and properties["stat"] == "Sum" and not metric["Dimensions"]:
            # Of a metric without dimensions the emulator gives the sum of all of that name.
            listed = self._cloudwatch.list_metrics(Namespace=metric["Namespace"], MetricName=metric["MetricName"])
            others = [each for each in listed["Metrics"] if each["Dimensions"]]
            value -= sum(self._value(each, properties) or 0 for each in others)
            value = value if len(others) < len(listed["Metrics"]) else None
        return "no data" if value is None else f"{value:,.10g}"

    def _value(self, metric: dict[str, Any], properties: dict[str, Any]) -> float | None:
        now = datetime.now(UTC)
        query = {"Metric": metric, "Period": properties["period"], "Stat": properties["stat"]}
        (found,) = self._cloudwatch.get_metric_data(
            MetricDataQueries=[{"Id": "shown", "MetricStat": query}],
            StartTime=now - _LOOK_BACK,
            EndTime=now + timedelta(days=1),
        )["MetricDataResults"]
        return max(zip(found["Timestamps"], found["Values"], strict=True))[1] if found["Values"] else None
