"""The pipeline table as an open data contract, for catalogues and readers' own checks: ``make contract``.

The form is the Open Data Contract Standard 3.1: https://bitol-io.github.io/open-data-contract-standard/v3.1.0/
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import yaml

from ops.airflow.deployment import Deployment
from ops.blast_radius import CLEAR, TABLE, Column, Pipeline
from ops.project import ROOT, Stack

FILE = ROOT / "docs" / "contract.odcs.yaml"
HEAD = "# The tables that people read, as an Open Data Contract. Made of pipeline/pipeline.yaml by make contract.\n"
_LOGICAL = {"int": "integer", "double": "number"}  # the others are called the same
_FORMATS = {"uuid4": "uuid", "email": "email", "ipv4": "ipv4"}


def contract(stack: Stack, root: Path = ROOT) -> dict[str, Any]:
    """The contract of one deployment."""
    pipeline = Pipeline.read(lambda path: (root / path).read_text(encoding="utf-8"))
    table = yaml.safe_load((root / TABLE).read_text(encoding="utf-8"))
    raw = {each["name"]: each for each in table["raw"]["columns"]}
    tables: dict[str, dict[str, Column]] = {}
    for (name, column), each in pipeline.columns.items():
        if name != "raw":  # what arrives is no promise
            tables.setdefault(name, {})[column] = each
    schema = [_table(name, columns, raw) for name, columns in tables.items()]
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": stack.name,
        "name": f"Tables of {stack.name}",
        # Another one whenever the tables are.
        "version": hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()[:12],
        "status": "active",
        "description": {
            "purpose": "Staging tables by subject, and the departments' tables made of the same rows.",
            "limitations": "Who may read which table is in docs/access.md.",
        },
        "servers": [_server(stack)],
        "schema": schema,
        "slaProperties": [*_availability(stack.document), {"property": "frequency", "value": 1, "unit": "d"}],
    }


def _availability(document: dict[str, Any]) -> list[dict[str, Any]]:
    """When the day's data is there: promised where somebody is told when it isn't."""
    schedules = document["resource"].get("aws_scheduler_schedule", {})
    if "deadline" not in schedules:
        return []
    minute, hour, *_ = schedules["deadline"]["schedule_expression"].removeprefix("cron(").split()
    where = schedules["deadline"]["schedule_expression_timezone"]
    due = f"{int(hour):02}:{int(minute):02}"
    return [{"property": "timeOfAvailability", "value": due, "description": f"Every day, {where}."}]


def _server(stack: Stack) -> dict[str, Any]:
    deployment = Deployment.of(stack)
    settings = stack.document["resource"]["aws_athena_workgroup"]["workgroup"]["configuration"]
    location = settings["result_configuration"]["output_location"]
    return {
        "server": "athena",
        "type": "athena",
        "schema": deployment.database,
        "stagingDir": location.replace("${aws_s3_bucket.data_lake.bucket}", deployment.bucket),
        "regionName": deployment.region,
    }


def _table(name: str, columns: dict[str, Column], raw: dict[str, dict[str, Any]]) -> dict[str, Any]:
    owner = next(iter(columns.values())).owner
    properties = [_property(column, each, raw) for column, each in columns.items()]
    day = {"name": "run_date", "logicalType": "string", "physicalType": "string", "required": True}
    return {
        "name": name,
        "physicalType": "table",
        "dataGranularityDescription": "One row for each session.",
        "customProperties": [{"property": "owner", "value": owner}],
        "properties": [*properties, {**day, "partitioned": True, "partitionKeyPosition": 1}],
    }


def _property(name: str, column: Column, raw: dict[str, dict[str, Any]]) -> dict[str, Any]:
    of_raw = raw.get(name, {})
    # A column that is selected as it comes in keeps the raw one's rules, unless it is masked.
    shown = column.shown.get(name, CLEAR)
    kind = column.type if shown == CLEAR else "string"
    made: dict[str, Any] = {"name": name, "logicalType": _LOGICAL.get(kind, kind), "physicalType": kind}
    if of_raw.get("required"):
        made["required"] = True
    if of_raw.get("key"):
        made |= {"primaryKey": True, "primaryKeyPosition": 1}
    personal = [source for source in column.sources if "masking" in raw[source]]
    made["classification"] = ("personal" if shown == CLEAR else shown) if personal else "internal"
    if name not in raw:
        made["transformLogic"] = column.sql
    limits = {"minimum": of_raw.get("min"), "maximum": of_raw.get("max"), "format": _FORMATS.get(of_raw.get("rule"))}
    if shown == CLEAR and (known := {key: _plain(value) for key, value in limits.items() if value is not None}):
        made["logicalTypeOptions"] = known
    return made


def _plain(value: Any) -> Any:
    return value if isinstance(value, (int, str)) else value.isoformat()


def text(stack: Stack, root: Path = ROOT) -> str:
    return HEAD + yaml.safe_dump(contract(stack, root), sort_keys=False, allow_unicode=True, width=120)


def renew(stack: Stack) -> None:
    """Writes the contract, and says where."""
    FILE.write_text(text(stack), encoding="utf-8")
    print(f"Wrote {FILE.relative_to(ROOT)}")
