"""Asks Athena: a deployment's saved queries, and others."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.errors import CommandError

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0  # seconds between two looks at a query


@dataclass(frozen=True)
class QueryResult:
    """query: its id; columns: their names; sample: the first rows as text; rows: how many there are in all."""

    query: str
    columns: list[str]
    sample: list[list[str | None]]
    rows: int
    seconds: float


@dataclass(frozen=True)
class SavedQuery:
    name: str
    database: str
    sql: str


class Athena:
    """A deployment's Athena. clients: makes a service's client, of who asks."""

    def __init__(self, clients: Callable[[str], Any], workgroup: str, database: str) -> None:
        self._client, self._s3 = clients("athena"), clients("s3")
        self._workgroup, self._database = workgroup, database

    def saved(self) -> list[SavedQuery]:
        """The workgroup's saved queries by name."""
        ids = self._client.list_named_queries(WorkGroup=self._workgroup, MaxResults=50).get("NamedQueryIds", [])
        found = self._client.batch_get_named_query(NamedQueryIds=ids)["NamedQueries"] if ids else []
        return sorted((SavedQuery(q["Name"], q["Database"], q["QueryString"]) for q in found), key=lambda q: q.name)

    def ask(self, sql: str, keep: int = 5, database: str | None = None) -> QueryResult:
        """Runs a query and keeps its first rows. Raises CommandError with Athena's reason when it fails."""
        started = time.monotonic()
        try:
            query = self._client.start_query_execution(
                QueryString=sql,
                WorkGroup=self._workgroup,
                QueryExecutionContext={"Database": database or self._database, "Catalog": "AwsDataCatalog"},
            )["QueryExecutionId"]
        except self._client.exceptions.InvalidRequestException as refused:
            message = refused.response["Error"]["Message"]
            what = f"Athena refuses the query: {message}\n    {' '.join(sql.split())}"
            raise CommandError(what, "correct the query.") from None
        status = self._wait(query)
        if status["State"] != "SUCCEEDED":
            reason = status.get("StateChangeReason", "")
            raise CommandError(
                f"The query {status['State'].lower()}: {reason}\n    {' '.join(sql.split())}",
                "correct the query, or the data that it reads.",
            )
        return self._result(query, keep, started)

    def location(self, query: str) -> tuple[str, str]:
        """Bucket and key of a query's whole result file, as Athena wrote it."""
        execution = self._client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        bucket, _, key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
        return bucket, key

    def save(self, result: QueryResult, folder: Path, name: str) -> Path:
        """Copies the query's result file into the folder."""
        bucket, key = self.location(result.query)
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{name}{Path(key).suffix}"
        self._s3.download_file(bucket, key, str(file))
        return file

    def _wait(self, query: str) -> dict[str, Any]:
        pause = FIRST_PAUSE
        while True:
            status = self._client.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                return status
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _result(self, query: str, keep: int, started: float) -> QueryResult:
        columns: list[str] = []
        sample: list[list[str | None]] = []
        count = 0
        pages = self._client.get_paginator("get_query_results").paginate(QueryExecutionId=query)
        for number, page in enumerate(page["ResultSet"] for page in pages):
            columns = [info["Name"] for info in page["ResultSetMetadata"]["ColumnInfo"]]
            rows = [[cell.get("VarCharValue") for cell in row["Data"]] for row in page["Rows"]]
            if number == 0 and rows and rows[0] == columns:
                rows = rows[1:]  # the first row of a SELECT's first page repeats the names
            sample += rows[: max(0, keep - len(sample))]
            count += len(rows)
        return QueryResult(query, columns, sample, count, time.monotonic() - started)
