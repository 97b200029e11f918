"""Query executions: their state, statistics and description in Athena's API."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from sandbox.athena.errors import SYSTEM_ERROR, USER_ERROR, Cancelled, QueryError
from sandbox.judge.engine import Caller
from sandbox.trino.server import TrinoUnavailable

QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED = "QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"
ENGINE = "Athena engine version 3"


@dataclass
class WorkGroup:
    """What a work group prescribes for a query's results and scan."""

    name: str
    location: str
    encryption: dict[str, str] | None
    bytes_cutoff: int | None


@dataclass
class Execution:
    """One query from its start to its end. Times are seconds since 1970."""

    sql: str
    workgroup: WorkGroup
    database: str
    statement_type: str
    extension: str
    caller: Caller
    token: str | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = QUEUED
    reason: str | None = None
    error: QueryError | None = None
    submitted: float = field(default_factory=time.time)
    started: float | None = None
    completed: float | None = None
    bytes_scanned: int = 0
    columns: list[dict[str, Any]] = field(default_factory=list)
    cancelled: bool = False

    @property
    def output(self) -> str:
        return f"{self.workgroup.location.rstrip('/')}/{self.id}.{self.extension}"

    @property
    def ended(self) -> bool:
        return self.state in (SUCCEEDED, FAILED, CANCELLED)

    def begin(self) -> None:
        if self.started is None:
            self.started, self.state = time.time(), RUNNING

    def check_bytes(self, scanned: int) -> None:
        """Records what the query scans and stops it above the work group's limit."""
        self.bytes_scanned = scanned
        cutoff = self.workgroup.bytes_cutoff
        if cutoff and scanned > cutoff:
            raise Cancelled("Bytes scanned limit was exceeded")
        if self.cancelled:
            raise Cancelled("Query cancelled by user")

    def end(self, error: Exception | None = None) -> None:
        """The final state: of no error, of a query's own error, or of any other."""
        self.completed = time.time()
        if error is None:
            self.state = SUCCEEDED
        elif isinstance(error, Cancelled) or self.cancelled:
            self.state = CANCELLED
            self.reason = error.message if isinstance(error, Cancelled) else "Query cancelled by user"
        else:
            self.state = FAILED
            if not isinstance(error, QueryError):
                told = str(error) if isinstance(error, TrinoUnavailable) else repr(error)
                error = QueryError("GENERIC_INTERNAL_ERROR", told, SYSTEM_ERROR)
            self.error, self.reason = error, str(error)

    def describe(self) -> dict[str, Any]:
        """The QueryExecution structure."""
        status: dict[str, Any] = {"State": self.state, "SubmissionDateTime": self.submitted}
        if self.completed is not None:
            status["CompletionDateTime"] = self.completed
        if self.reason is not None:
            status["StateChangeReason"] = self.reason
        if self.error is not None:
            status["AthenaError"] = {
                "ErrorCategory": self.error.category,
                "ErrorType": 1006 if self.error.category == USER_ERROR else 1000,
                "Retryable": False,
                "ErrorMessage": str(self.error),
            }
        result: dict[str, Any] = {"OutputLocation": self.output}
        if self.workgroup.encryption:
            result["EncryptionConfiguration"] = self.workgroup.encryption
        return {
            "QueryExecutionId": self.id,
            "Query": self.sql,
            "StatementType": self.statement_type,
            "ResultConfiguration": result,
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
            "QueryExecutionContext": {"Database": self.database, "Catalog": "awsdatacatalog"},
            "Status": status,
            "Statistics": self._statistics(),
            "WorkGroup": self.workgroup.name,
            "EngineVersion": {"SelectedEngineVersion": ENGINE, "EffectiveEngineVersion": ENGINE},
            "SubstatementType": "SELECT" if self.statement_type == "DML" else self.statement_type,
        }

    def _statistics(self) -> dict[str, Any]:
        now = self.completed or time.time()
        began = self.started or now
        return {
            "EngineExecutionTimeInMillis": round((now - began) * 1000),
            "DataScannedInBytes": self.bytes_scanned,
            "TotalExecutionTimeInMillis": round((now - self.submitted) * 1000),
            "QueryQueueTimeInMillis": round((began - self.submitted) * 1000),
            "ServiceProcessingTimeInMillis": 0,
            "ResultReuseInformation": {"ReusedPreviousResult": False},
        }
