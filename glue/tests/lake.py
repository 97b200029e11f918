"""A data lake on local disk, and runs of the jobs on it."""

import itertools
import json
import runpy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from raw_files import Row, csv_text

PROJECT = Path(__file__).parents[2]
DATASETS = ["dim_address", "dim_date", "dim_finance", "dim_person", "fact_network_usage"]


def job(dataset: str) -> Callable[[list[str]], None]:
    """The job's main, from its script as Glue loads it."""
    return runpy.run_path(str(PROJECT / "glue" / "jobs" / f"staging_{dataset}.py"))["main"]


@dataclass
class Lake:
    root: Path

    def put(self, content: str | bytes, name: str = "raw.csv") -> Path:
        path = self.root / "data" / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def arguments(self, raw_file: Path, day: str = "2024-09-15", **options: Any) -> list[str]:
        given = {
            "data_root": self.root,
            "pipeline_table": self.root / "pipeline.json",
            "run_date": day,
            "raw_file": raw_file,
            "max_bad_row_share": 1,
            "code_version": "abc123",
        } | options
        glue = ["--job-language", "python", "--enable-metrics", "true"]
        return [*itertools.chain(*((f"--{name}", str(value)) for name, value in given.items())), *glue]

    def run(self, content: str | bytes | Path, dataset: str = "dim_finance", **options: Any) -> None:
        raw_file = content if isinstance(content, Path) else self.put(content)
        job(dataset)(self.arguments(raw_file, **options))

    def run_rows(self, rows: list[Row], **options: Any) -> None:
        self.run(csv_text(rows), **options)

    def files(self, area: str, dataset: str = "dim_finance", day: str = "2024-09-15") -> list[Path]:
        folder = self.root / "data" / area / dataset / f"run_date={day}"
        return sorted(folder.glob("*")) if folder.exists() else []

    def rows(self, area: str, dataset: str = "dim_finance", day: str = "2024-09-15") -> list[dict[str, Any]]:
        """The partition's rows in the order of its files, as any Parquet reader sees them."""
        files = self.files(area, dataset, day)
        return [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]

    def reasons(self) -> dict[int, str]:
        return {row["line"]: row["reason"] for row in self.rows("quarantine")}

    def metrics(self, dataset: str = "dim_finance", day: str = "2024-09-15") -> dict[str, Any]:
        (path,) = self.files("metrics", dataset, day)
        return json.loads(path.read_text())

    def scratch(self) -> list[Path]:
        return [path for path in (self.root / "data" / "scratch").rglob("*") if path.is_file()]
