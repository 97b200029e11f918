"""Is a finished day in the tables as its run says? Compares Athena's counts with the run's own metrics.

A run writes what it counted beside the data: the judgement of the raw rows and each table's rows. Athena must
find just as many, and the catalogue must hold the day's partition where the data lies. Every difference is listed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.airflow.deployment import Deployment
from ops.athena import Athena
from ops.clients import read_json
from ops.errors import CommandError

QUARANTINE = "quarantine"


@dataclass(frozen=True)
class Row:
    """One table: what the run counted, what Athena finds, and whether the day is registered."""

    table: str
    expected: int
    found: int
    registered: bool


@dataclass(frozen=True)
class Verdict:
    day: date
    rows: list[Row]
    differences: list[str]


class Verification:
    """client: makes a boto3 client of a service."""

    def __init__(self, client: Callable[[str], Any], deployment: Deployment) -> None:
        self._deployment = deployment
        self._s3, self._glue = client("s3"), client("glue")
        self._athena = Athena(client, deployment.workgroup, deployment.database)

    def check(self, day: date) -> Verdict:
        """Raises CommandError when it can't be told."""
        try:
            return self._check(day)
        except (ClientError, BotoCoreError) as error:
            raise CommandError(
                f"The day {day} can't be verified: {error}",
                "check that these credentials may read the bucket, the catalogue and query in the workgroup "
                f"'{self._deployment.workgroup}' (docs/permissions.md: the groups of people).",
            ) from error

    def _check(self, day: date) -> Verdict:
        pipeline = self._pipeline()
        datasets = [each["name"] for each in [*pipeline["datasets"], *pipeline["trusted"]["tables"]]]
        differences: list[str] = []
        judgement = self._metrics(pipeline, "judgement", day)
        clean, quarantined = judgement["clean_rows"], judgement["quarantined_rows"]
        if judgement["raw_rows"] != clean + quarantined:
            differences.append(
                f"judgement: {judgement['raw_rows']} raw rows, but {clean} clean and {quarantined} quarantined"
            )
        expected = {}
        for name in datasets:
            metrics = self._metrics(pipeline, name, day)
            expected[name] = metrics["staged_rows"]
            if metrics["judgement"] != judgement["judgement"]:
                differences.append(f"{name}: its rows are of another judgement of the raw file than the newest")
            if metrics["staged_rows"] != clean:
                differences.append(f"{name}: its job wrote {metrics['staged_rows']} rows of {clean} clean ones")
        expected[QUARANTINE] = quarantined
        found = self._count(list(expected), day)
        rows = []
        for table, count in expected.items():
            problem = self._registration(table, day) if count else ""
            rows.append(Row(table, count, found[table], not problem))
            if problem:
                differences.append(f"{table}: {problem}")
            if found[table] != count:
                differences.append(f"{table}: Athena finds {found[table]} rows, the run counted {count}")
        return Verdict(day, rows, differences)

    def _pipeline(self) -> dict[str, Any]:
        """The deployed pipeline table: it lies beside the DAG."""
        return self._json(f"{self._deployment.dags}pipeline.json", "deploy the stack: make plan, make apply.")

    def _metrics(self, pipeline: dict[str, Any], name: str, day: date) -> dict[str, Any]:
        key = f"{pipeline['prefixes']['metrics']}{name}/run_date={day}/metrics.json"
        return self._json(key, f"the day hasn't been run to its end: make airflow-trigger DATE={day}.")

    def _json(self, key: str, next_step: str) -> dict[str, Any]:
        return read_json(self._s3, self._deployment.bucket, key, next_step)

    def _registration(self, table: str, day: date) -> str:
        """What is wrong with the day's partition, or nothing."""
        database = self._deployment.database
        try:
            partition = self._glue.get_partition(DatabaseName=database, TableName=table, PartitionValues=[str(day)])
        except self._glue.exceptions.EntityNotFoundException:
            return f"the day's partition isn't registered: make airflow-trigger DATE={day} registers it"
        whole = self._glue.get_table(DatabaseName=database, Name=table)["Table"]["StorageDescriptor"]["Location"]
        wanted = f"{whole.rstrip('/')}/run_date={day}"
        location = partition["Partition"]["StorageDescriptor"]["Location"].rstrip("/")
        return "" if location == wanted else f"the day's partition points to {location}/, not to {wanted}/"

    def _count(self, tables: list[str], day: date) -> dict[str, int]:
        counts = [f"SELECT '{table}', count(*) FROM \"{table}\" WHERE run_date = '{day}'" for table in tables]
        found = self._athena.ask("\nUNION ALL\n".join(counts), keep=len(tables)).sample
        return {str(name): int(count or 0) for name, count in found}
