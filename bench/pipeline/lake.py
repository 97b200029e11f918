"""The data lakes that the benchmark runs on: raw files, and a history staged before the measured day."""

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

PROJECT = Path(__file__).parents[2]
DAY = date(2024, 9, 15)
ROWS_OF_A_DAY = 1_101


def history(days: int) -> Iterator[date]:
    """The days before the measured one, the nearest first."""
    return (DAY - timedelta(days=back) for back in range(1, days + 1))


def generate(folder: Path, last_day: date, days: int, rows: int) -> None:
    """Runs the pipeline's generator, which lives in Airflow's environment."""
    python = PROJECT / ".venv" / "airflow" / "bin" / "python"
    if not python.exists():
        sys.exit(f"{python.relative_to(PROJECT)} is missing; run make setup")
    script = Path(__file__).with_name("raw_files.py")
    subprocess.run([python, script, folder, str(last_day), str(days), str(rows)], check=True)


def raw_file(cache: Path, rows: int) -> Path:
    """The measured day's raw file, made once."""
    generate(cache / f"day-{rows}", DAY, 1, rows)
    return cache / f"day-{rows}" / f"{DAY}.csv"


class BenchLake:
    """One data lake on local disk with `days` of history; the measured day's raw file is put beside it."""

    def __init__(self, root: Path, table_json: str, days: int, history_files: Path) -> None:
        self.root = root
        shutil.rmtree(root, ignore_errors=True)
        (root / "data" / "raw").mkdir(parents=True)
        self.table = root / "pipeline.json"
        self.table.write_text(table_json)
        for day in history(days):
            os.link(history_files / f"{day}.csv", self.raw(day))

    def raw(self, day: date) -> Path:
        return self.root / "data" / "raw" / f"raw_batch_data_{day}.csv"

    def land(self, file: Path) -> None:
        """Puts the measured day's raw file into the lake."""
        self.raw(DAY).unlink(missing_ok=True)
        os.link(file, self.raw(DAY))

    def copy_history(self, dataset: str, days: int) -> None:
        """Gives the dataset a staged history: the measured day's rows for every day before it, under other ids."""
        for day in history(days):
            self._copy(self._partition(dataset, DAY), self._partition(dataset, day), day)

    @staticmethod
    def _copy(partition: Path, folder: Path, day: date) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for file in partition.glob("*.parquet"):
            rows = pq.ParquetFile(file).read()
            position = rows.schema.get_field_index("unique_id")
            own = pc.binary_replace_slice(rows.column(position), 0, 8, f"{day:%Y%m%d}")
            pq.write_table(rows.set_column(position, "unique_id", own), folder / file.name, compression="snappy")

    def staged_sizes(self, dataset: str) -> list[int]:
        """Bytes of the measured day's files, ascending."""
        return sorted(file.stat().st_size for file in self._partition(dataset, DAY).glob("*.parquet"))

    def clean(self, day: date) -> Path:
        return self.root / "data" / "clean" / f"run_date={day}"

    def _partition(self, dataset: str, day: date) -> Path:
        return self.root / "data" / "staging" / dataset / f"run_date={day}"

    def clean_history(self, usual_day: Path, days: int) -> None:
        """Gives the days before clean rows, whose keys the judge compares: those of this day, under other ids."""
        for day in history(days):
            self._copy(usual_day, self.clean(day), day)

    def job_arguments(self) -> list[str]:
        given = {
            "data_root": self.root,
            "pipeline_table": self.table,
            "run_date": DAY,
            "raw_file": self.raw(DAY),
        }
        return list(itertools.chain(*((f"--{name}", str(value)) for name, value in given.items())))
