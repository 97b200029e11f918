"""Judging by its own entry: a file in, what was written out."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from local_storage import LocalStorage
from pyspark.sql import DataFrame, SparkSession
from raw_files import HEADER

from driven_data_glue.judging import Judged, Judging
from driven_data_glue.raw import open_raw_file
from driven_data_glue.session import SETTINGS, remember_classes
from driven_data_glue.table import PipelineTable


@dataclass
class Judge:
    """Judges files in a folder of their own; `session` has the jobs' settings, and tests may change them."""

    session: SparkSession
    table: PipelineTable
    folder: Path
    judged: Judged = field(default_factory=Judged)
    runs: int = 0

    def __call__(
        self,
        content: bytes | str,
        target_file_mb: float = 128,
        earlier_keys: DataFrame | None = None,
        name: str = "raw.csv",
    ) -> Judged:
        self.runs += 1
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        storage = LocalStorage()
        raw_file = open_raw_file(storage, str(path), HEADER)
        scratch = str(self.folder / f"scratch-{self.runs}")
        judging = Judging(self.session, storage, raw_file, self.table, scratch, target_file_mb)
        self.judged = judging.run(earlier_keys)
        return self.judged

    def rows(self) -> list[dict[str, Any]]:
        return [row for file in self.judged.clean for row in pq.ParquetFile(file).read().to_pylist()]

    def ids(self) -> list[str]:
        return [row["unique_id"] for row in self.rows()]

    def quarantine(self) -> list[dict[str, Any]]:
        return [row for file in self.judged.quarantine for row in pq.ParquetFile(file).read().to_pylist()]

    def reasons(self) -> dict[int, str]:
        return {row["line"]: row["reason"] for row in self.quarantine()}


def job_session(spark: SparkSession) -> SparkSession:
    session = spark.newSession()
    remember_classes(session)
    for name, value in SETTINGS.items():
        session.conf.set(name, value)
    return session
