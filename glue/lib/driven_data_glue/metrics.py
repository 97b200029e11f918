"""The metrics files: what the judge counted, and what each job behind it wrote. The DAG's gate compares them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from driven_data_glue.errors import JobError
from driven_data_glue.storage import Storage


@dataclass(frozen=True)
class Judgement:
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
    dataset: str
    run_date: str
    raw_file: str
    judgement: str
    staged_rows: int
    unique_id_fingerprint: str
    code_version: str


@dataclass(frozen=True)
class TrustedMetrics(StagingMetrics):
    """Of a department's table. staged_rows: the rows written, as of the others."""

    content: str  # the same when the rows and their files are the same
    profile: str
    masked: dict[str, str]  # the columns that the department doesn't see as they are, and how they are masked
    anonymity: dict[str, dict[str, int]]  # by profile: anonymity.Anonymity of the day's masked columns


def content_id(content: Mapping[str, Any]) -> str:
    """An id of what decides the files."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def write_metrics(storage: Storage, path: str, metrics: Judgement | StagingMetrics) -> None:
    storage.write(path, (json.dumps(asdict(metrics), indent=2) + "\n").encode())


def read_judgement(storage: Storage, path: str) -> Judgement | None:
    """The day's judgement, None when there is none. Raises JobError when the file is no such metrics."""
    found = storage.read_if_there(path)
    try:
        return Judgement(**json.loads(found[0])) if found else None
    except (ValueError, TypeError) as error:
        raise JobError(
            f"{path} is not a judgement's metrics ({error}); run judge_raw_data for this day again"
        ) from None


def judgement_in(storage: Storage, path: str) -> str | None:
    """The judgement that a metrics file names; None without the file, or when it isn't of this kind."""
    return _value_in(storage, path, "judgement")


def content_in(storage: Storage, path: str) -> str | None:
    """The same of the content that a department's table was written with."""
    return _value_in(storage, path, "content")


def _value_in(storage: Storage, path: str, name: str) -> str | None:
    found = storage.read_if_there(path)
    try:
        return json.loads(found[0]).get(name) if found else None
    except (ValueError, AttributeError):
        return None
