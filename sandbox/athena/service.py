"""Athena's query API: queries are Trino's (engine.py), with their caller's permissions (access.py).

Work groups, named queries and the rest of Athena stay with the emulator.
"""

import asyncio
import logging
import tempfile
from collections.abc import Iterable
from itertools import islice
from typing import IO, Any

from aiohttp import ClientSession, ClientTimeout
from botocore.exceptions import ClientError

from sandbox import aws
from sandbox.athena import results, statements
from sandbox.athena.access import Access, denied
from sandbox.athena.engine import Query, with_parameters
from sandbox.athena.errors import QueryError
from sandbox.athena.executions import SUCCEEDED, Execution, WorkGroup
from sandbox.athena.statements import Statement
from sandbox.aws import AwsError, Handler
from sandbox.inside import Inside
from sandbox.judge.engine import Caller
from sandbox.judge.judge import current
from sandbox.trino.server import Trino, TrinoUnavailable

log = logging.getLogger(__name__)

MOST_REMEMBERED = 10_000
MOST_RESULTS = 1000
SYNTAX_SECONDS = 20  # that a client waits to hear of a syntax error, less than it waits for an answer at all


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidRequestException", message)


class AthenaService:
    """Runs queries over the emulator's catalogue and objects. Executions are kept in memory, results on S3."""

    def __init__(self, inside: Inside, trino: Trino) -> None:
        self._inside, self._athena = inside, inside.emulated("athena")
        self._access, self._trino = Access(inside), trino
        self._session = ClientSession(timeout=ClientTimeout(total=None, sock_connect=10))
        self.executions: dict[str, Execution] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def handlers(self) -> dict[str, Handler]:
        return {
            "StartQueryExecution": self._start,
            "GetQueryExecution": self._get,
            "BatchGetQueryExecution": self._batch,
            "GetQueryResults": lambda payload: asyncio.to_thread(self._results, payload),
            "StopQueryExecution": self._stop,
            "ListQueryExecutions": self._list,
        }

    def workgroup_of(self, query: str) -> str:
        """The name of the work group that a query runs in; empty when there is no such query."""
        found = self.executions.get(query)
        return found.workgroup.name if found else ""

    async def close(self) -> None:
        """Stops the running queries and waits for them."""
        for execution in self.executions.values():
            execution.cancelled = True
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()

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
            statement = statements.read(sql)
        except QueryError as error:
            raise _invalid(str(error)) from None
        execution = Execution(
            sql=sql,
            workgroup=workgroup,
            database=(context.get("Database") or "default").lower(),
            statement_type=statement.kind,
            extension="csv" if statement.kind == "DML" else "txt",
            caller=current.get(),
            token=token,
        )
        self.executions[execution.id] = execution
        # As on AWS a syntax error refuses the call, and no execution is left of it.
        begun = asyncio.ensure_future(self._begin(execution, statement, payload.get("ExecutionParameters") or []))
        await asyncio.wait({begun}, timeout=SYNTAX_SECONDS)
        error = begun.result().error if begun.done() and not begun.exception() and begun.result() else None
        if error and error.name == "SYNTAX_ERROR":
            del self.executions[execution.id]
            raise _invalid(error.message)
        while len(self.executions) > MOST_REMEMBERED:
            self.executions.pop(next(iter(self.executions)))
        task = asyncio.create_task(self._run(execution, statement, begun))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return {"QueryExecutionId": execution.id}

    async def _begin(self, execution: Execution, statement: Statement, parameters: list[str]) -> Query | None:
        """The statement in Trino's hands; None when it isn't Trino's."""
        if statement.command:
            return None
        await asyncio.to_thread(self._access.definition, execution.caller, statement.text, execution.database)
        query = Query(self._session, self._trino)
        await query.begin(with_parameters(statement.text, parameters), execution.database)
        return query

    def _workgroup(self, payload: dict[str, Any]) -> WorkGroup:
        """The work group and the settings that apply: its own where it enforces them, else the client's first."""
        name = payload.get("WorkGroup") or "primary"
        try:
            group = self._athena.get_work_group(WorkGroup=name)["WorkGroup"]
        except ClientError:
            raise _invalid(f"WorkGroup {name} is not found.") from None
        if group.get("State") == "DISABLED":
            raise _invalid(f"WorkGroup {name} is disabled.")
        settings = group.get("Configuration") or {}
        own = settings.get("ResultConfiguration") or {}
        asked = payload.get("ResultConfiguration") or {}
        enforced = settings.get("EnforceWorkGroupConfiguration", False)
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
        return WorkGroup(name, location, effective.get("EncryptionConfiguration"), cutoff)

    async def _run(self, execution: Execution, statement: Statement, begun: asyncio.Future[Query | None]) -> None:
        try:
            with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as file:
                query = await begun
                if query:
                    await self._fetch(execution, query, file)
                else:
                    execution.begin()
                    answer = await asyncio.to_thread(self._command, execution, statement)
                    execution.columns = answer.columns
                    file.writelines(_line(execution, row) for row in answer.rows)
                await asyncio.to_thread(self._upload, execution, file)
            execution.end()
        except Exception as error:
            if not isinstance(error, QueryError | TrinoUnavailable):
                log.exception("query %s failed", execution.id)
            execution.end(error)

    def _command(self, execution: Execution, statement: Statement) -> statements.Answer:
        """A statement that Glue answers, asked as the query's caller."""
        try:
            glue, s3 = (self._as(execution.caller, name) for name in ("glue", "s3"))
            return statement.run(execution.database, glue, s3)
        except ClientError as error:
            if not error.response["Error"]["Code"].startswith("AccessDenied"):
                raise
            raise denied(error.response["Error"]["Message"]) from None

    def _as(self, caller: Caller, service: str) -> Any:
        return self._inside.client(service, self._inside.judge.sessions.access(caller))

    async def _fetch(self, execution: Execution, query: Query, file: IO[str]) -> None:
        """Writes a query's rows; stops it in Trino when its user, the scan limit or its caller's permissions do."""
        judged = False
        try:
            async for rows in query.pages():
                if not query.queued:
                    execution.begin()
                execution.check_bytes(query.bytes_scanned)
                if not judged and query.columns:
                    await asyncio.to_thread(self._access.tables, execution.caller, await query.tables())
                    judged = True
                if query.columns and not execution.columns:
                    execution.columns = [results.column_info(c["name"], c["typeSignature"]) for c in query.columns]
                    if execution.extension == "csv":
                        file.write(results.csv_line([column["name"] for column in query.columns]))
                kinds = [column["typeSignature"] for column in query.columns]
                file.writelines(_line(execution, map(results.text, row, kinds)) for row in rows)
        finally:
            await query.cancel()
        if execution.statement_type == "DDL":
            execution.columns = []  # Trino tells a DDL's success as a row; Athena's result is empty
            file.truncate(0)

    def _upload(self, execution: Execution, file: IO[str]) -> None:
        """The result file and its metadata, encrypted as the work group says."""
        bucket, key = aws.place_of(execution.output)
        extra: dict[str, str] = {}
        encryption = execution.workgroup.encryption or {}
        if encryption.get("EncryptionOption") == "SSE_S3":
            extra["ServerSideEncryption"] = "AES256"
        elif encryption.get("EncryptionOption") == "SSE_KMS":
            extra |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": encryption["KmsKey"]}
        file.flush()
        file.seek(0)
        s3 = self._as(execution.caller, "s3")
        try:
            self._access.results(execution.caller, bucket)
            s3.upload_fileobj(file.buffer, bucket, key, ExtraArgs=extra or None)
            meta = results.metadata(execution.id, execution.columns)
            s3.put_object(Bucket=bucket, Key=f"{key}.metadata", Body=meta, **extra)
        except Exception as error:
            message = f"Unable to verify/create output bucket {bucket}: {error}"
            raise QueryError("GENERIC_USER_ERROR", message) from None

    # Looking at executions

    def _find(self, payload: dict[str, Any]) -> Execution:
        given = payload.get("QueryExecutionId") or ""
        if given not in self.executions:
            raise _invalid(f"QueryExecution {given} was not found")
        return self.executions[given]

    async def _get(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"QueryExecution": self._find(payload).describe()}

    async def _batch(self, payload: dict[str, Any]) -> dict[str, Any]:
        asked, error = payload.get("QueryExecutionIds") or [], "INVALID_QUERY_EXECUTION_ID"
        missing = [
            {"QueryExecutionId": each, "ErrorCode": error, "ErrorMessage": f"QueryExecution {each} was not found"}
            for each in asked
            if each not in self.executions
        ]
        found = [self.executions[each].describe() for each in asked if each in self.executions]
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}

    async def _stop(self, payload: dict[str, Any]) -> dict[str, Any]:
        self._find(payload).cancelled = True  # seen with the query's next page, within a second
        return {}

    async def _list(self, payload: dict[str, Any]) -> dict[str, Any]:
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
            if not execution.ended:
                raise _invalid(f"Query has not yet finished. Current state: {execution.state}")
            suffix = f": {execution.reason}" if execution.reason else ""
            raise _invalid(f"Query did not finish successfully. Final query state: {execution.state}{suffix}")
        start, count = _page(payload, MOST_RESULTS)
        bucket, key = aws.place_of(execution.output)
        body = self._as(current.get(), "s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
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


def _line(execution: Execution, row: Iterable[str | None]) -> str:
    """A row in the result file: CSV of a query, else text parted by tabs."""
    return results.csv_line(row) if execution.extension == "csv" else "\t".join(v or "" for v in row) + "\n"


def _page(payload: dict[str, Any], most: int) -> tuple[int, int]:
    token, count = payload.get("NextToken") or "0", payload.get("MaxResults") or most
    if not str(token).isdigit():
        raise _invalid("The pagination token is invalid.")
    if not 1 <= int(count) <= most:
        raise _invalid(f"MaxResults is not within the valid range of 1 to {most}")
    return int(token), int(count)
