"""Athena's query API for the sandbox.

The gateway hands over the operations in `OPERATIONS`; work groups, named queries and the rest of Athena stay
with the emulator, whose Glue catalogue, S3 objects and work groups this service reads.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.athena import results, statements
from sandbox.athena.catalog import Catalog
from sandbox.athena.engine import Engine, open_database
from sandbox.athena.errors import QueryError
from sandbox.athena.executions import SUCCEEDED, Execution, WorkGroup
from sandbox.athena.files import FileCache, Lister, split_uri
from sandbox.aws_error import AwsError

log = logging.getLogger(__name__)

MOST_AT_ONCE = 4
MOST_REMEMBERED = 10_000
MOST_RESULTS = 1000
FETCH_ROWS = 10_000


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidRequestException", message)


class AthenaService:
    """Runs queries over the emulator's catalogue and objects.

    ``endpoint_url`` is the emulator's, ``cache_dir`` a folder for copies of objects (bounded, may be deleted
    when the service is down). Executions are kept in memory, results on S3.
    """

    OPERATIONS = frozenset(
        {
            "StartQueryExecution",
            "GetQueryExecution",
            "BatchGetQueryExecution",
            "GetQueryResults",
            "StopQueryExecution",
            "ListQueryExecutions",
        }
    )

    def __init__(self, endpoint_url: str, region: str, cache_dir: Path) -> None:
        session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=region)
        config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}, max_pool_connections=32)
        self.s3, self.glue, self.athena = (
            session.client(name, endpoint_url=endpoint_url, config=config) for name in ("s3", "glue", "athena")
        )
        self.cache = FileCache(Path(cache_dir), self.s3)
        self.database = open_database()
        self.executions: dict[str, Execution] = {}
        self._tasks: set[asyncio.Task] = set()
        self._slots: asyncio.Semaphore | None = None

    async def handle(self, operation: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        """The operation's answer; None when it is the emulator's. Raises `AwsError`."""
        if operation not in self.OPERATIONS:
            return None
        if operation == "StartQueryExecution":
            return await self._start(payload)
        if operation == "GetQueryResults":
            return await asyncio.to_thread(self._results, payload)
        if operation == "GetQueryExecution":
            return {"QueryExecution": self._find(payload).describe()}
        if operation == "BatchGetQueryExecution":
            return self._batch(payload)
        if operation == "StopQueryExecution":
            return self._stop(payload)
        return self._list(payload)

    async def close(self) -> None:
        """Stops the running queries and waits for them."""
        for execution in self.executions.values():
            self._cancel(execution)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Starting and running

    async def _start(self, payload: dict[str, Any]) -> dict[str, Any]:
        sql, token = payload.get("QueryString") or "", payload.get("ClientRequestToken")
        if not sql.strip():
            raise _invalid("Query string cannot be empty")
        for known in self.executions.values():
            if token and known.token == token:
                if known.sql != sql:
                    raise _invalid("Idempotent parameters do not match")
                return {"QueryExecutionId": known.id}
        context = payload.get("QueryExecutionContext") or {}
        workgroup = await asyncio.to_thread(self._workgroup, payload)
        try:
            statement = statements.read(sql, payload.get("ExecutionParameters") or [])
        except QueryError as error:
            if error.name == "SYNTAX_ERROR":
                raise _invalid(error.message) from None
            raise _invalid(str(error)) from None
        execution = Execution(
            sql=sql,
            workgroup=workgroup,
            database=(context.get("Database") or "default").lower(),
            statement_type=statement.kind,
            extension="csv" if statement.kind == "DML" else "txt",
            token=token,
        )
        self.executions[execution.id] = execution
        while len(self.executions) > MOST_REMEMBERED:
            self.executions.pop(next(iter(self.executions)))
        task = asyncio.create_task(self._run(execution, statement))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return {"QueryExecutionId": execution.id}

    def _workgroup(self, payload: dict[str, Any]) -> WorkGroup:
        """The work group and the settings that apply.

        Its own where it enforces them, else the client's first.
        """
        name = payload.get("WorkGroup") or "primary"
        try:
            group = self.athena.get_work_group(WorkGroup=name)["WorkGroup"]
        except ClientError:
            raise _invalid(f"WorkGroup {name} is not found.") from None
        if group.get("State") == "DISABLED":
            raise _invalid(f"WorkGroup {name} is disabled.")
        settings = group.get("Configuration") or {}
        own = settings.get("ResultConfiguration") or {}
        asked = payload.get("ResultConfiguration") or {}
        enforced = bool(settings.get("EnforceWorkGroupConfiguration", False))
        effective = own if enforced else {**own, **{k: v for k, v in asked.items() if v}}
        location = effective.get("OutputLocation")
        if not location:
            raise _invalid(
                "No output location provided. An output location is required either through the Workgroup "
                "result configuration setting or as an API input."
            )
        if not location.startswith("s3://"):
            raise _invalid("outputLocation is not a valid S3 path.")
        cutoff = settings.get("BytesScannedCutoffPerQuery")
        return WorkGroup(name, location, effective.get("EncryptionConfiguration"), cutoff, enforced)

    async def _run(self, execution: Execution, statement: statements.Statement) -> None:
        self._slots = self._slots or asyncio.Semaphore(MOST_AT_ONCE)
        async with self._slots:
            try:
                execution.check_cancelled()
                execution.begin()
                await asyncio.to_thread(self._execute, execution, statement)
                execution.end()
            except Exception as error:
                if not isinstance(error, QueryError):
                    log.exception("query %s failed", execution.id)
                execution.end(error)
        if not self._tasks - {asyncio.current_task()}:
            await asyncio.to_thread(self.cache.trim)

    def _execute(self, execution: Execution, statement: statements.Statement) -> None:
        catalog, lister = Catalog(self.glue), Lister(self.s3)
        if statement.query is None:
            answer = statements.run(statement, execution.database, catalog, lister)
            execution.columns = answer.columns
            self._write(execution, iter(answer.rows))
            return
        engine = Engine(self.database, catalog, lister, self.cache)
        execution.interrupt = engine.interrupt
        try:
            answer = engine.run(statement.query, execution.database, execution.check_bytes)
            execution.columns = [results.column_info(name, kind) for name, kind in answer.columns]
            kinds = [kind for _, kind in answer.columns]

            def rows() -> Iterator[list[str | None]]:
                while batch := answer.fetch(FETCH_ROWS):
                    execution.check_cancelled()
                    for row in batch:
                        yield [results.text(value, kind) for value, kind in zip(row, kinds, strict=True)]

            self._write(execution, rows())
        finally:
            execution.interrupt = None
            engine.close()

    def _write(self, execution: Execution, rows: Iterator[list[str | None]]) -> None:
        """The result file and its metadata, encrypted as the work group says."""
        bucket, key = split_uri(execution.output)
        extra: dict[str, str] = {}
        option = (execution.workgroup.encryption or {}).get("EncryptionOption")
        if option == "SSE_S3":
            extra["ServerSideEncryption"] = "AES256"
        elif option == "SSE_KMS":
            extra |= {
                "ServerSideEncryption": "aws:kms",
                "SSEKMSKeyId": execution.workgroup.encryption["KmsKey"],
            }
        with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as file:
            if execution.extension == "csv":
                file.write(results.csv_line([column["Name"] for column in execution.columns]))
                file.writelines(results.csv_line(row) for row in rows)
            else:
                file.writelines("\t".join(value or "" for value in row) + "\n" for row in rows)
            file.flush()
            file.buffer.seek(0)
            try:
                self.s3.upload_fileobj(file.buffer, bucket, key, ExtraArgs=extra or None)
                meta = results.metadata(execution.id, execution.columns)
                self.s3.put_object(Bucket=bucket, Key=f"{key}.metadata", Body=meta, **extra)
            except Exception as error:
                raise QueryError(
                    "GENERIC_USER_ERROR", f"Unable to verify/create output bucket {bucket}: {error}"
                ) from None

    # Looking at executions

    def _find(self, payload: dict[str, Any]) -> Execution:
        given = payload.get("QueryExecutionId") or ""
        found = self.executions.get(given)
        if found is None:
            raise _invalid(f"QueryExecution {given} was not found")
        return found

    def _batch(self, payload: dict[str, Any]) -> dict[str, Any]:
        found, missing = [], []
        for given in payload.get("QueryExecutionIds") or []:
            execution = self.executions.get(given)
            if execution is not None:
                found.append(execution.describe())
            else:
                missing.append(
                    {
                        "QueryExecutionId": given,
                        "ErrorCode": "INVALID_QUERY_EXECUTION_ID",
                        "ErrorMessage": f"QueryExecution {given} was not found",
                    }
                )
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}

    def _stop(self, payload: dict[str, Any]) -> dict[str, Any]:
        self._cancel(self._find(payload))
        return {}

    def _cancel(self, execution: Execution) -> None:
        if execution.ended:
            return
        execution.cancelled.set()
        interrupt = execution.interrupt
        if interrupt is not None:
            interrupt()

    def _list(self, payload: dict[str, Any]) -> dict[str, Any]:
        group = payload.get("WorkGroup") or "primary"
        ids = [e.id for e in reversed(self.executions.values()) if e.workgroup.name == group]
        start, count = _page(payload, 50)
        answer: dict[str, Any] = {"QueryExecutionIds": ids[start : start + count]}
        if start + count < len(ids):
            answer["NextToken"] = str(start + count)
        return answer

    def _results(self, payload: dict[str, Any]) -> dict[str, Any]:
        execution = self._find(payload)
        if execution.state != SUCCEEDED:
            suffix = f": {execution.reason}" if execution.reason else ""
            state = "did not finish successfully" if execution.ended else "has not yet finished"
            raise _invalid(
                f"Query {state}. Final query state: {execution.state}{suffix}"
                if execution.ended
                else f"Query {state}. Current state: {execution.state}"
            )
        start, count = _page(payload, MOST_RESULTS)
        bucket, key = split_uri(execution.output)
        body = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        if execution.extension == "csv":
            rows = results.read_rows(body)
        else:
            rows = (line.split("\t") for line in body.split("\n")[:-1])
        page = list(islice(rows, start, start + count + 1))
        answer: dict[str, Any] = {
            "UpdateCount": 0,
            "ResultSet": {
                "Rows": [{"Data": [{} if v is None else {"VarCharValue": v} for v in row]} for row in page[:count]],
                "ResultSetMetadata": {"ColumnInfo": execution.columns},
            },
        }
        if len(page) > count:
            answer["NextToken"] = str(start + count)
        return answer


def _page(payload: dict[str, Any], most: int) -> tuple[int, int]:
    token, count = payload.get("NextToken") or "0", payload.get("MaxResults") or most
    if not str(token).isdigit():
        raise _invalid("The pagination token is invalid.")
    if not 1 <= int(count) <= most:
        raise _invalid(f"MaxResults is not within the valid range of 1 to {most}")
    return int(token), int(count)
