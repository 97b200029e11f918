"""The metrics files: what the judge counted, and what each job behind it wrote. The DAG's gate compares them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

from driven_data_glue.errors import JobError
from driven_data_glue.storage import S3Storage


@dataclass(frozen=True)
class Judgement:
    decided_by: ClassVar[str] = "judgement"  # the value that is the same when the content is
    run_date: str
    raw_file: str
    raw_etag: str
    raw_rows: int  # records below the header: clean + quarantined
    clean_rows: int
    quarantined_rows: int
    reasons: dict[str, int]  # a row with two reasons counts under both
    unique_id_fingerprint: str
    judgement: str  # the same when the clean rows and their files are the same
    code_version: str


@dataclass(frozen=True)
class StagingMetrics:
    decided_by: ClassVar[str] = "judgement"
    dataset: str
    run_date: str
    raw_file: str
    judgement: str
    staged_rows: int
    unique_id_fingerprint: str
    code_version: str

    @classmethod
    def of(cls, judgement: Judgement, dataset: str, code_version: str, **more: Any) -> Self:
        """Of a table that holds the judgement's clean rows."""
        return cls(
            dataset=dataset,
            run_date=judgement.run_date,
            raw_file=judgement.raw_file,
            judgement=judgement.judgement,
            staged_rows=judgement.clean_rows,
            unique_id_fingerprint=judgement.unique_id_fingerprint,
            code_version=code_version,
            **more,
        )


@dataclass(frozen=True)
class TrustedMetrics(StagingMetrics):
    """Of a department's table. staged_rows: the rows written, as of the others."""

    decided_by: ClassVar[str] = "content"
    content: str  # the same when the rows and their files are the same
    profile: str
    masked: dict[str, str]  # the columns that the department doesn't see as they are, and how they are masked
    anonymity: dict[str, dict[str, int]]  # by profile: anonymity.Anonymity of the day's masked columns


def content_id(content: Mapping[str, Any]) -> str:
    """An id of what decides the files."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def write_metrics(storage: S3Storage, path: str, metrics: Judgement | StagingMetrics) -> None:
    storage.write(path, (json.dumps(asdict(metrics), indent=2) + "\n").encode())


def read_judgement(storage: S3Storage, path: str) -> Judgement | None:
    """The day's judgement, None when there is none. Raises JobError when the file is no such metrics."""
    found = storage.read_if_there(path)
    try:
        return Judgement(**json.loads(found[0])) if found else None
    except (ValueError, TypeError) as error:
        raise JobError(
            f"{path} is not a judgement's metrics ({error}); run judge_raw_data for this day again"
        ) from None


def unchanged(storage: S3Storage, path: str, metrics: Judgement | StagingMetrics) -> bool:
    """Whether the metrics file there is of the same content; False without one, or when it isn't of this kind."""
    found = storage.read_if_there(path)
    try:
        return found is not None and json.loads(found[0]).get(metrics.decided_by) == getattr(
            metrics, metrics.decided_by
        )
    except (ValueError, AttributeError):
        return False
