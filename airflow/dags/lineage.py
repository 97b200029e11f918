"""What the Glue jobs read and wrote, column by column, for the OpenLineage events of the tasks that run them.

Airflow's own OpenLineage provider makes the events, in a deployment with `monitoring.lineage`, and asks the operator
for the datasets; they follow from the pipeline table (docs/monitoring.md says why not from Spark's plans).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openlineage_sql
from airflow.providers.openlineage.extractors import OperatorLineage
from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import (
    column_lineage_dataset,
    input_statistics_input_dataset,
    output_statistics_output_dataset,
    schema_dataset,
)

# Of the quarantine's columns these two are made of all of the row's.
OF_THE_WHOLE_ROW = ("reason", "record")


@dataclass
class Table:
    """
    A table's folder, its columns with their types, and the rows of the run's day.

    :param sources: of each column the columns that it is made of, with the change
    :param filtered: the columns that decide which rows are there
    """

    folder: str
    rows: int
    columns: dict[str, str]
    sources: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    filtered: Iterable[str] = ()

    @property
    def name(self) -> str:
        return self.folder.rstrip("/")

    @property
    def facets(self) -> dict[str, Any]:
        fields = [schema_dataset.SchemaDatasetFacetFields(name, kind) for name, kind in self.columns.items()]
        return {"schema": schema_dataset.SchemaDatasetFacet(fields)} if fields else {}


class JobLineage:
    """
    Of a run of a Glue job that has succeeded.

    :param arguments: the run's
    :param s3: a client that may read the jobs' metrics files
    """

    def __init__(self, arguments: dict[str, str], s3: Any):
        self._table = json.loads(Path(__file__).with_name("pipeline.json").read_text(encoding="utf-8"))
        self._raw = {column["name"]: column for column in self._table["raw"]["columns"]}
        self._types = {name: column["type"] for name, column in self._raw.items()}
        self._prefixes = self._table["prefixes"]
        self._bucket, self._day, self._s3 = arguments["--raw_file"].split("/")[2], arguments["--run_date"], s3

    def of(self, job: str) -> OperatorLineage | None:
        """None of a job that the pipeline table doesn't have."""
        if job == self._table["judgement"]["job"]:
            source = Table(self._prefixes["raw"], self._judgement["raw_rows"], dict.fromkeys(self._raw, "string"))
            return self._lineage(source, [self._judged(), self._quarantine()])
        if job == self._table["trusted"]["job"]:
            return self._lineage(self._clean(), [self._department(each) for each in self._table["trusted"]["tables"]])
        staged = [self._staging(each) for each in self._table["datasets"] if each["job"] == job]
        return self._lineage(self._clean(), staged) if staged else None

    def _metrics(self, name: str) -> dict[str, Any]:
        key = f"{self._prefixes['metrics']}{name}/run_date={self._day}/metrics.json"
        return json.loads(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read())

    @property
    def _judgement(self) -> dict[str, Any]:
        return self._metrics("judgement")

    def _clean(self) -> Table:
        return Table(self._prefixes["clean"], self._judgement["clean_rows"], self._types)

    def _judged(self) -> Table:
        """The clean rows: each column typed, and any of them may have kept a row out."""
        clean = self._clean()
        clean.sources = {
            name: [(name, _direct("IDENTITY" if kind == "string" else "TRANSFORMATION"))]
            for name, kind in self._types.items()
        }
        clean.filtered = self._raw
        return clean

    def _quarantine(self) -> Table:
        row = [(name, _direct("TRANSFORMATION")) for name in self._raw]
        sources = dict.fromkeys(OF_THE_WHOLE_ROW, row)
        return Table(self._prefixes["quarantine"], self._judgement["quarantined_rows"], {}, sources, self._raw)

    def _staging(self, dataset: dict[str, Any]) -> Table:
        columns = {name: self._types[name] for name in dataset["columns"]}
        sources = {name: [(name, _direct("IDENTITY"))] for name in columns}
        rows = self._metrics(dataset["name"])["staged_rows"]
        return Table(f"{self._prefixes['staging']}{dataset['name']}", rows, columns, sources)

    def _department(self, table: dict[str, Any]) -> Table:
        """What isn't clear is masked before the definition, a SELECT over the clean rows, reads it."""
        clear = self._raw if "all" in table["clear"] else table["clear"]
        masked = {name for name, column in self._raw.items() if column.get("masking") and name not in clear}
        parsed = openlineage_sql.parse([table["sql"]], dialect="spark")
        sources = {
            each.descendant.name: [(source.name, _direct(None, source.name in masked)) for source in each.lineage]
            for each in parsed.column_lineage
        }
        columns = {column["name"]: column["type"] for column in table["columns"]}
        rows = self._metrics(table["name"])["staged_rows"]
        return Table(f"{self._prefixes['trusted']}{table['name']}", rows, columns, sources)

    def _lineage(self, source: Table, tables: list[Table]) -> OperatorLineage:
        namespace = f"s3://{self._bucket}"
        read = input_statistics_input_dataset.InputStatisticsInputDatasetFacet(rowCount=source.rows)
        given = InputDataset(namespace, source.name, facets=source.facets, inputFacets={"inputStatistics": read})
        return OperatorLineage([given], [_output(namespace, source, table) for table in tables])


def _direct(subtype: str | None, masking: bool = False) -> column_lineage_dataset.Transformation:
    return column_lineage_dataset.Transformation(type="DIRECT", subtype=subtype, masking=masking)


def _output(namespace: str, source: Table, table: Table) -> OutputDataset:
    def of(name: str, change: column_lineage_dataset.Transformation) -> column_lineage_dataset.InputField:
        return column_lineage_dataset.InputField(namespace, source.name, name, [change])

    filtering = column_lineage_dataset.Transformation(type="INDIRECT", subtype="FILTER", masking=False)
    fields = {
        name: column_lineage_dataset.Fields([of(*each) for each in sources]) for name, sources in table.sources.items()
    }
    columns = column_lineage_dataset.ColumnLineageDatasetFacet(fields, [of(name, filtering) for name in table.filtered])
    written = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=table.rows)
    facets = {**table.facets, "columnLineage": columns}
    return OutputDataset(namespace, table.name, facets=facets, outputFacets={"outputStatistics": written})
