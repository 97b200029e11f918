"""What readers of a day see: always whole files, the same after every rerun, whatever went wrong before."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from lake import Lake
from local_storage import LocalStorage
from raw_files import Row, csv_text, valid_rows

from driven_data_glue.errors import JobError
from driven_data_glue.storage import File


def bytes_of(lake: Lake, **of: Any) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in lake.files("staging", **of)}


def ids(rows: list[Row]) -> list[str]:
    return [given["unique_id"] for given in rows]


def test_small_day_is_one_file_per_table(lake: Lake) -> None:
    lake.run_rows(list(valid_rows(50)))
    assert [path.name for path in lake.files("staging")] == ["part-00000.snappy.parquet"]
    schema = pq.read_schema(lake.files("staging")[0])
    assert schema.names == ["unique_id", "iban"], "neither where the row lay nor the partition's key is in the file"
    assert list(schema.metadata) == [b"org.apache.spark.version"], "no note names another table's columns"
    assert lake.scratch() == []


@pytest.mark.parametrize("broken", ["no Parquet", "a column is missing"])
def test_clean_rows_whose_columns_cannot_be_copied_are_named(lake: Lake, broken: str) -> None:
    lake.run_rows(list(valid_rows(5)))
    (clean,), before = lake.files("clean"), bytes_of(lake)
    rest = pq.read_table(clean).drop_columns(["iban"])
    pq.write_table(rest, clean) if broken == "a column is missing" else clean.write_bytes(b"no Parquet at all")
    said = rf"{clean}: its columns unique_id, iban can't be copied .*run judge_raw_data for this day, then this job"
    with pytest.raises(JobError, match=said):
        lake.stage(lake.root / "data" / "raw" / "raw.csv")
    assert bytes_of(lake) == before


def test_large_load_is_split_at_the_target_size_in_the_order_of_lines(lake: Lake) -> None:
    rows = list(valid_rows(4000))
    lake.run_rows(rows, target_file_mb=0.2)
    sizes = [path.stat().st_size for path in lake.files("clean")]
    assert len(sizes) > 1
    assert all(0.05 < size / 2**20 < 0.4 for size in sizes), sizes
    assert len(lake.files("staging")) == len(sizes)
    assert [staged["unique_id"] for staged in lake.rows("staging")] == ids(rows)


def test_late_rows_are_added_and_removed_rows_go(lake: Lake) -> None:
    rows = list(valid_rows(150))
    for given in (rows[:40], rows, rows[:20]):
        lake.run_rows(given, target_file_mb=0.01)
        assert [staged["unique_id"] for staged in lake.rows("staging")] == ids(given)


def test_two_days_and_two_tables_at_once_and_one_of_them_again(lake: Lake) -> None:
    days = {"2024-09-14": list(valid_rows(100, seed=1)), "2024-09-15": list(valid_rows(100, seed=2))}
    raw = {day: lake.put(csv_text(given), f"{day}.csv") for day, given in days.items()}
    runs = [(dataset, day) for dataset in ("dim_finance", "dim_date") for day in days]
    at_once([lambda day=day: lake.judge(raw[day], day=day) for day in days])
    at_once([lambda dataset=dataset, day=day: lake.stage(raw[day], [dataset], day=day) for dataset, day in runs])
    for dataset, day in runs:
        assert [staged["unique_id"] for staged in lake.rows("staging", dataset, day)] == ids(days[day])
        assert lake.metrics(dataset, day)["staged_rows"] == 100

    def others() -> list[Any]:
        staged = [bytes_of(lake, dataset=dataset, day=day) for dataset, day in runs[:1] + runs[2:]]
        return [*staged, [file.read_bytes() for file in lake.files("clean", day="2024-09-14")]]

    before = others()
    lake.run_rows(list(valid_rows(9, seed=3)))
    assert len(lake.rows("staging")) == 9
    assert others() == before


def at_once(runs: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=run) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class FailingDisk:
    """Puts some files in their place, then fails."""

    def __init__(self, patch: pytest.MonkeyPatch, area: str, after: int) -> None:
        self._area, self._left, self._real = area, after, LocalStorage.put
        patch.setattr(LocalStorage, "put", lambda storage, source, target: self._put(storage, source, target))

    def _put(self, storage: LocalStorage, source: File, target: str) -> None:
        if f"/{self._area}/" in target:
            if not self._left:
                raise OSError("the disk is gone")
            self._left -= 1
        self._real(storage, source, target)


@dataclass
class Day:
    """A day that was run once, and what it left."""

    lake: Lake
    files: dict[str, bytes]
    metrics: dict[str, Any]

    def run(self, area: str = "clean") -> None:
        """The judge and a staging job, or the latter alone, as Airflow runs the task anew that failed."""
        raw_file = self.lake.put(csv_text(valid_rows(300)))
        if area == "clean":
            self.lake.judge(raw_file, target_file_mb=0.02)
        self.lake.stage(raw_file, target_file_mb=0.02)

    def is_as_it_was(self) -> bool:
        return (bytes_of(self.lake), self.lake.metrics()) == (self.files, self.metrics)


@pytest.fixture(scope="module")
def day(pipeline_table: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Day:
    """Each crash below is followed by a retry that makes it as it was."""
    day = Day(Lake(tmp_path_factory.mktemp("lake")).create(pipeline_table), {}, {})
    day.run()
    day.files, day.metrics = bytes_of(day.lake), day.lake.metrics()
    assert len(day.files) > 2
    return day


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("area", ["clean", "staging"])
def test_crash_while_publishing_leaves_whole_files_and_a_retry_mends_it(
    day: Day, monkeypatch: pytest.MonkeyPatch, area: str, after: int
) -> None:
    assert day.is_as_it_was(), "a test before has left it otherwise"
    FailingDisk(monkeypatch, area, after)
    with pytest.raises(OSError, match="the disk is gone"):
        day.run(area)
    assert bytes_of(day.lake) == day.files, "the same input: readers see the same rows at every moment"

    monkeypatch.undo()
    day.run(area)
    assert day.is_as_it_was()


@pytest.mark.parametrize("after", [0, 1])
def test_crash_between_two_judgements_leaves_no_judgement_and_a_retry_mends_it(
    day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    lake = day.lake.copy(tmp_path)
    assert lake.judgement()["clean_rows"] == 300
    rows = list(valid_rows(300, seed=2))
    FailingDisk(monkeypatch, "clean", after)
    with pytest.raises(OSError, match="the disk is gone"):
        lake.judge(csv_text(rows), target_file_mb=0.02)
    monkeypatch.undo()
    assert lake.files("metrics", "judgement") == []
    with pytest.raises(JobError, match="isn't judged, or is being judged anew"):
        lake.stage(lake.root / "data/raw/raw.csv")
    lake.run_rows(rows, target_file_mb=0.02)
    assert [staged["unique_id"] for staged in lake.rows("staging")] == ids(rows)


@pytest.mark.parametrize("area", ["clean", "staging"])
def test_crash_before_publishing_shows_readers_nothing(lake: Lake, monkeypatch: pytest.MonkeyPatch, area: str) -> None:
    FailingDisk(monkeypatch, area, after=0)
    with pytest.raises(OSError, match="the disk is gone"):
        lake.run_rows(list(valid_rows(10)))
    assert lake.files(area) == lake.files("metrics") == lake.scratch() == []
