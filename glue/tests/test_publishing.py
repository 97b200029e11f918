"""What readers of a day see: always whole files, the same after every rerun, whatever went wrong before."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from lake import PROJECT, Lake
from pyspark.sql import SparkSession
from raw_files import Row, csv_text, row, valid_rows

from driven_data_glue.storage import Storage


def bytes_of(lake: Lake, **of: Any) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in lake.files("staging", **of)}


def ids(rows: list[Row]) -> list[str]:
    return [given["unique_id"] for given in rows]


def test_small_day_is_one_file_per_table(lake: Lake) -> None:
    lake.run_rows(list(valid_rows(50)))
    assert [path.name for path in lake.files("staging")] == ["part-00000.snappy.parquet"]
    schema = pq.read_schema(lake.files("staging")[0])
    assert schema.names == ["unique_id", "iban"], "neither the line nor the partition's key is in the file"
    assert lake.scratch() == []


def test_rerun_gives_the_same_files(lake: Lake) -> None:
    rows = [*valid_rows(300), row(iban="RO1")]
    lake.run_rows(rows, target_file_mb=0.005)
    before = bytes_of(lake), lake.rows("quarantine"), lake.metrics()
    assert len(before[0]) > 1
    lake.run_rows(rows, target_file_mb=0.005)
    assert (bytes_of(lake), lake.rows("quarantine"), lake.metrics()) == before


def test_large_load_is_split_at_the_target_size_in_the_order_of_lines(lake: Lake) -> None:
    rows = list(valid_rows(4000))
    lake.run_rows(rows, target_file_mb=0.1)
    sizes = [path.stat().st_size for path in lake.files("staging")]
    assert len(sizes) > 1
    assert all(0.05 < size / 2**20 < 0.2 for size in sizes), sizes
    assert [staged["unique_id"] for staged in lake.rows("staging")] == ids(rows)


def test_late_rows_are_added_and_removed_rows_go(lake: Lake) -> None:
    rows = list(valid_rows(400))
    for given in (rows[:100], rows, rows[:50]):
        lake.run_rows(given, target_file_mb=0.01)
        assert [staged["unique_id"] for staged in lake.rows("staging")] == ids(given)


def test_quarantine_goes_when_a_rerun_has_no_bad_rows(lake: Lake) -> None:
    lake.run_rows([row(), row(iban="RO1")])
    assert len(lake.rows("quarantine")) == 1
    lake.run_rows([row()])
    assert lake.files("quarantine") == []


def test_other_days_and_other_tables_stay_as_they_are(lake: Lake) -> None:
    lake.run_rows(list(valid_rows(5)), day="2024-09-14")
    lake.run_rows(list(valid_rows(5)), dataset="dim_date")
    before = bytes_of(lake, day="2024-09-14"), bytes_of(lake, dataset="dim_date")
    lake.run_rows(list(valid_rows(9, seed=2)))
    assert (bytes_of(lake, day="2024-09-14"), bytes_of(lake, dataset="dim_date")) == before


def test_two_days_and_two_tables_at_once(lake: Lake) -> None:
    runs = [(dataset, day) for dataset in ("dim_finance", "dim_date") for day in ("2024-09-14", "2024-09-15")]
    rows = {day: list(valid_rows(100, seed=number)) for number, (_, day) in enumerate(runs)}
    raw = {day: lake.put(csv_text(given), f"{day}.csv") for day, given in rows.items()}
    threads = [
        threading.Thread(target=lake.run, args=(raw[day],), kwargs={"dataset": dataset, "day": day})
        for dataset, day in runs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for dataset, day in runs:
        assert [staged["unique_id"] for staged in lake.rows("staging", dataset, day)] == ids(rows[day])
        assert lake.metrics(dataset, day)["staged_rows"] == 100


@pytest.mark.parametrize("replaced_before_the_crash", [0, 1, 2])
def test_crash_while_publishing_leaves_whole_files_and_a_retry_mends_it(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, replaced_before_the_crash: int
) -> None:
    rows = list(valid_rows(300))
    options = {"target_file_mb": 0.005}
    lake.run_rows(rows, **options)
    before, metrics = bytes_of(lake), lake.metrics()

    real, replaced = Storage.replace, []

    def disk_fails(storage: Storage, source: str, target: str) -> None:
        if len(replaced) == replaced_before_the_crash:
            raise OSError("the disk is gone")
        replaced.append(target)
        real(storage, source, target)

    monkeypatch.setattr(Storage, "replace", disk_fails)
    with pytest.raises(OSError, match="the disk is gone"):
        lake.run_rows(rows, **options)
    assert bytes_of(lake) == before, "the same input: readers see the same rows at every moment"

    monkeypatch.undo()
    lake.run_rows(rows, **options)
    assert (bytes_of(lake), lake.metrics()) == (before, metrics)


def test_crash_before_publishing_shows_readers_nothing(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def disk_fails(*_: str) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(Storage, "replace", disk_fails)
    with pytest.raises(OSError, match="the disk is gone"):
        lake.run_rows(list(valid_rows(10)))
    assert lake.files("staging") == lake.files("metrics") == lake.scratch() == []


def test_killed_run_shows_readers_nothing_and_a_retry_mends_it(lake: Lake, spark: SparkSession) -> None:
    rows = list(valid_rows(3000))
    raw_file = lake.put(csv_text(rows))
    run = subprocess.Popen(joining(lake, raw_file), env=joining_environment(spark), start_new_session=True)
    scratch = lake.root / "data" / "scratch"
    deadline = time.monotonic() + 120
    while not any(scratch.rglob("*.parquet*")) and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(run.pid, signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL, "it was to be killed on its way"
    assert lake.files("staging") == lake.files("metrics") == []

    lake.run(raw_file)
    assert [staged["unique_id"] for staged in lake.rows("staging")] == ids(rows)


def test_script_joins_a_running_jvm_and_leaves_it_running(lake: Lake, spark: SparkSession) -> None:
    spark.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    raw_file = lake.put(csv_text(valid_rows(5)))
    shutil.rmtree(lake.root / "data" / "staging", ignore_errors=True)
    command = [*joining(lake, raw_file), "--JOB_RUN_ID", "jr_1"]
    run = subprocess.run(command, env=joining_environment(spark), capture_output=True, text=True, check=True)
    assert "staged 5 of 5 rows" in run.stdout
    assert len(lake.rows("staging")) == 5
    assert spark.conf.get("spark.sql.session.timeZone") == "Asia/Tokyo", "each run has its own settings"
    assert spark.range(3).count() == 3, "the context still runs"


def test_failed_script_ends_with_its_message(lake: Lake, spark: SparkSession) -> None:
    command = joining(lake, lake.put(b""))
    run = subprocess.run(command, env=joining_environment(spark), capture_output=True, text=True)
    assert run.returncode == 1
    assert "RawFileRefused" in run.stderr.splitlines()[-1]
    assert "is empty, without even a header" in run.stderr.splitlines()[-1]


def joining(lake: Lake, raw_file: Path) -> list[str]:
    script = PROJECT / "glue" / "jobs" / "staging_dim_finance.py"
    return [sys.executable, str(script), *lake.arguments(raw_file)]


def joining_environment(spark: SparkSession) -> dict[str, str]:
    gateway = spark.sparkContext._gateway
    return os.environ | {
        "PYTHONPATH": str(PROJECT / "glue" / "lib"),
        "PYSPARK_GATEWAY_PORT": str(gateway.gateway_parameters.port),
        "PYSPARK_GATEWAY_SECRET": gateway.gateway_parameters.auth_token,
    }
