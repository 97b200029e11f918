"""A day's jobs on S3 and the catalog: what they leave, what is visible when, and what stops them."""

import json
import os
import signal
import time
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from lake import DATASETS, DAY, JUDGE, S3Lake, as_process
from pyspark.sql import SparkSession
from raw_files import csv_text, row, valid_rows

from driven_data_glue.errors import JobError, TooManyBadRows
from driven_data_glue.judging import Judging
from driven_data_glue.locks import Holder
from driven_data_glue.storage import S3Storage

LOCK = f"metrics/judgement/run_date={DAY}/lock.json"
TABLE = "dim_finance"
STAGED = f"staging/{TABLE}/run_date={DAY}/"


def judgement(lake: S3Lake) -> dict[str, Any]:
    return json.loads(lake.read(f"metrics/judgement/run_date={DAY}/metrics.json"))


def objects(lake: S3Lake, prefix: str = "") -> dict[str, bytes]:
    return {key: lake.read(key) for key in lake.keys(prefix) if not key.startswith("raw/")}


def test_a_day_is_judged_staged_and_leaves_nothing_else(s3_lake: S3Lake) -> None:
    misfits = [row(iban="RO1"), row(birth_date="?"), row(upload_speed="-3")]
    raw_file = s3_lake.put([*valid_rows(20), *misfits])
    s3_lake.run(JUDGE, raw_file)
    for dataset in DATASETS:
        s3_lake.run(dataset, raw_file)
    day = f"run_date={DAY}"
    assert sorted(objects(s3_lake)) == sorted(
        [
            f"clean/{day}/part-00000.snappy.parquet",
            f"quarantine/{day}/part-00000.snappy.parquet",
            *(f"staging/{dataset}/{day}/part-00000.snappy.parquet" for dataset in DATASETS),
            *(f"metrics/{name}/{day}/metrics.json" for name in [*DATASETS, "judgement"]),
        ]
    )
    told = judgement(s3_lake)
    assert (told["raw_rows"], told["clean_rows"], told["quarantined_rows"]) == (23, 20, 3)
    assert told["raw_file"] == raw_file
    for dataset in DATASETS:
        metrics = json.loads(s3_lake.read(f"metrics/{dataset}/{day}/metrics.json"))
        assert metrics == {
            "dataset": dataset,
            "run_date": DAY,
            "raw_file": raw_file,
            "judgement": told["judgement"],
            "staged_rows": 20,
            "unique_id_fingerprint": told["unique_id_fingerprint"],
            "code_version": "abc123",
        }
    # Only the quarantine is visible: staging tables wait for the gate.
    assert s3_lake.days("quarantine") == {DAY: s3_lake.uri(f"data/quarantine/{day}/")}
    assert [s3_lake.days(dataset) for dataset in DATASETS] == [{}] * 5


def test_a_rerun_gives_the_same_bytes_and_stays_visible(s3_lake: S3Lake) -> None:
    """Of clean rows in several files, with rows of every way through the judge."""
    rows = list(valid_rows(300))
    raw_file = s3_lake.put([*rows, row(iban="RO1"), row(address="two\nlines"), rows[0]])
    states = []
    for _ in range(2):
        s3_lake.run(JUDGE, raw_file, target_file_mb=0.02)
        s3_lake.run(TABLE, raw_file)
        states.append(objects(s3_lake))
        if not s3_lake.days(TABLE):
            s3_lake.register(TABLE)
    assert states[0] == states[1]
    assert len(s3_lake.keys(STAGED)) == len(s3_lake.keys("clean/")) > 2
    assert judgement(s3_lake)["reasons"] == {"iban:iban": 1, "unique_id:duplicate": 1}
    assert s3_lake.days(TABLE) == {DAY: s3_lake.uri(f"data/{STAGED}")}


def test_a_day_of_other_content_is_hidden_before_it_is_replaced(
    s3_lake: S3Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw_file = s3_lake.put(valid_rows(20))
    s3_lake.run(JUDGE, raw_file)
    s3_lake.run(TABLE, raw_file)
    s3_lake.register(TABLE)
    s3_lake.put(valid_rows(5, seed=2))
    s3_lake.run(JUDGE, raw_file)
    assert s3_lake.days(TABLE), "the judge alone changes nothing that is visible"

    seen = []
    real = S3Storage.put

    def put(storage: S3Storage, source: Any, target: str) -> None:
        seen.append((s3_lake.days(TABLE), s3_lake.keys(f"metrics/{TABLE}/")))
        real(storage, source, target)

    monkeypatch.setattr(S3Storage, "put", put)
    s3_lake.run(TABLE, raw_file)
    assert seen == [({}, [f"metrics/{TABLE}/run_date={DAY}/lock.json"])]
    assert len(s3_lake.rows(STAGED)) == 5


def test_the_quarantine_is_visible_where_it_lies_and_goes_with_the_last_bad_row(s3_lake: S3Lake) -> None:
    s3_lake.glue.create_partition(
        DatabaseName=s3_lake.database,
        TableName="quarantine",
        PartitionInput={"Values": [DAY], "StorageDescriptor": {"Location": "s3://elsewhere/"}},
    )
    raw_file = s3_lake.put([row(), row(iban="RO1")])
    with pytest.raises(TooManyBadRows, match=r"1 of 2 rows \(50.0%\)"):
        s3_lake.run(JUDGE, raw_file, max_bad_row_share=0.1)
    assert s3_lake.days("quarantine") == {DAY: s3_lake.uri(f"data/quarantine/run_date={DAY}/")}
    assert [found["reason"] for found in s3_lake.rows("quarantine/")] == ["iban:iban"]
    assert s3_lake.keys("clean/") == s3_lake.keys("metrics/") == s3_lake.keys("scratch/") == []

    s3_lake.put([row()])
    s3_lake.run(JUDGE, raw_file)
    assert (s3_lake.days("quarantine"), s3_lake.keys("quarantine/")) == ({}, [])


def test_a_table_that_isnt_in_the_catalog_is_named(s3_lake: S3Lake) -> None:
    s3_lake.glue.delete_table(DatabaseName=s3_lake.database, Name="quarantine")
    with pytest.raises(JobError, match=rf"can't register {DAY} of {s3_lake.database}.quarantine: .*EntityNotFound"):
        s3_lake.run(JUDGE, s3_lake.put([row(), row(iban="RO1")]))


def test_a_raw_file_overwritten_while_it_is_read_publishes_nothing(
    s3_lake: S3Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw_file = s3_lake.put([row(), row(iban="RO1")])

    real = Judging.run

    def overwritten(*arguments: Any) -> Any:
        judged = real(*arguments)
        s3_lake.put(valid_rows(3))
        return judged

    monkeypatch.setattr(Judging, "run", overwritten)
    with pytest.raises(JobError, match=r"raw.csv was changed while it was read; nothing was published. Run again"):
        s3_lake.run(JUDGE, raw_file)
    assert objects(s3_lake) == {}


def test_a_second_run_of_a_day_is_refused_while_the_first_holds_it(s3_lake: S3Lake) -> None:
    raw_file = s3_lake.put(valid_rows(3))
    s3_lake.run(JUDGE, raw_file)
    for name in (JUDGE, TABLE):
        before = objects(s3_lake)
        lock = s3_lake.uri("data/" + (LOCK if name == JUDGE else LOCK.replace("judgement", name)))
        content = json.dumps(asdict(Holder(name, "scheduled__1", None))).encode()
        S3Storage(lock).write(lock, content)
        with pytest.raises(JobError, match=r"the day is being written by .*scheduled__1.* since 20"):
            s3_lake.run(name, raw_file, run_id="manual__2")
        S3Storage(lock).delete(lock)
        assert objects(s3_lake) == before
        S3Storage(lock).write(lock, content)
        s3_lake.run(name, raw_file, run_id="scheduled__1")
        assert s3_lake.keys(lock.partition("/data/")[2]) == []


def test_the_runs_of_one_day_at_once_give_one_whole_day(s3_lake: S3Lake, spark: SparkSession, tmp_path: Path) -> None:
    """Real processes on one JVM, as the sandbox runs them: at least one judges, the others say who was first."""
    raw_file = s3_lake.put(valid_rows(300))
    runs = [as_process(JUDGE, s3_lake.arguments(raw_file, run_id=f"run {n}"), spark, tmp_path) for n in range(3)]
    ends = [(run.communicate()[1].splitlines()[-1:], run.returncode) for run in runs]
    assert any(code == 0 for _, code in ends)
    for said, code in ends:
        assert code == 0 or "the day is being written by judge_raw_data (DAG run run" in said[0]
    assert judgement(s3_lake)["clean_rows"] == len(s3_lake.rows("clean/")) == 300
    assert s3_lake.keys(LOCK) == s3_lake.keys("scratch/") == []


@pytest.mark.parametrize("name", [JUDGE, TABLE])
def test_killed_run_shows_readers_nothing_and_a_retry_mends_it(
    s3_lake: S3Lake, spark: SparkSession, tmp_path: Path, name: str
) -> None:
    rows = list(valid_rows(3000))
    raw_file = s3_lake.put(rows)
    if name != JUDGE:
        s3_lake.run(JUDGE, raw_file)
    run = as_process(name, s3_lake.arguments(raw_file, run_id="scheduled"), spark, tmp_path)
    deadline = time.monotonic() + 120
    while not s3_lake.keys("scratch/") and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(run.pid, signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL, "it was to be killed on its way"
    assert s3_lake.keys("staging/") == []

    # What it left is the DAG run's own, so its retry isn't held up; another run of the day is.
    with pytest.raises(JobError, match="the day is being written by"):
        s3_lake.run(name, raw_file, run_id="manual")
    for each in dict.fromkeys([name, TABLE]):
        s3_lake.run(each, raw_file, run_id="scheduled")
    assert [staged["unique_id"] for staged in s3_lake.rows("staging/")] == [given["unique_id"] for given in rows]


def test_script_joins_a_running_jvm_and_leaves_it_running(s3_lake: S3Lake, spark: SparkSession, tmp_path: Path) -> None:
    spark.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    raw_file = s3_lake.put(valid_rows(5))
    s3_lake.run(JUDGE, raw_file)
    run = as_process(TABLE, [*s3_lake.arguments(raw_file), "--JOB_RUN_ID", "jr_1"], spark, tmp_path)
    assert "staged 5 rows" in run.communicate()[0]
    assert run.returncode == 0
    assert len(s3_lake.rows("staging/")) == 5
    assert spark.conf.get("spark.sql.session.timeZone") == "Asia/Tokyo", "each run has its own settings"
    assert spark.range(3).count() == 3, "the context still runs"


def test_failed_script_ends_with_its_message(s3_lake: S3Lake, spark: SparkSession, tmp_path: Path) -> None:
    run = as_process(JUDGE, s3_lake.arguments(s3_lake.put_text("")), spark, tmp_path)
    said = run.communicate()[1].splitlines()[-1]
    assert run.returncode == 1
    assert "RawFileRefused" in said
    assert "is empty, without even a header" in said


def test_a_day_that_isnt_judged_isnt_staged(s3_lake: S3Lake) -> None:
    raw_file = s3_lake.put(valid_rows(3))
    with pytest.raises(JobError, match=r"isn't judged, or is being judged anew. Run judge_raw_data for this day"):
        s3_lake.run(TABLE, raw_file)
    s3_lake.run(JUDGE, raw_file)
    other = s3_lake.put(valid_rows(3), "other.csv")
    with pytest.raises(JobError, match=r"was judged from .*raw.csv, this run is of .*other.csv. Run judge_raw_data"):
        s3_lake.run(TABLE, other)
    assert s3_lake.keys("staging/") == []


def judged_anew(lake: S3Lake) -> None:
    lake.run(JUDGE, lake.put(valid_rows(7, seed=3)))


def test_clean_rows_that_arent_the_judgements_arent_staged(s3_lake: S3Lake) -> None:
    raw_file = s3_lake.put(valid_rows(5))
    s3_lake.run(JUDGE, raw_file)
    metrics = f"metrics/judgement/run_date={DAY}/metrics.json"
    kept = s3_lake.read(metrics)
    s3_lake.run(JUDGE, s3_lake.put(valid_rows(5, seed=4)))  # the same number, other people
    s3_lake.s3.put_object(Bucket=s3_lake.bucket, Key=f"data/{metrics}", Body=kept)
    with pytest.raises(JobError, match="or their ids differ"):
        s3_lake.run(TABLE, raw_file)
    (key,) = s3_lake.keys("clean/")
    s3_lake.s3.delete_object(Bucket=s3_lake.bucket, Key=f"data/{key}")
    with pytest.raises(JobError, match="0 rows were written, the judgement counts 5"):
        s3_lake.run(TABLE, raw_file)
    assert s3_lake.keys("staging/") == []


def test_a_day_judged_anew_while_it_is_staged_isnt_published(s3_lake: S3Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    raw_file = s3_lake.put(valid_rows(5))
    s3_lake.run(JUDGE, raw_file)
    from driven_data_glue import staging

    real = staging._verify

    def verify(*arguments: Any) -> None:
        real(*arguments)
        judged_anew(s3_lake)

    monkeypatch.setattr(staging, "_verify", verify)
    with pytest.raises(JobError, match=r"was judged anew while dim_finance was written; nothing was published"):
        staging.run(TABLE, s3_lake.arguments(raw_file))
    assert s3_lake.keys("staging/") == []
    monkeypatch.undo()
    s3_lake.run(TABLE, raw_file)
    assert len(s3_lake.rows(STAGED)) == 7


def test_no_personal_data_is_in_any_message_or_log(s3_lake: S3Lake, capfd: pytest.CaptureFixture[str]) -> None:
    """Every value of every row is marked; good, bad and repeated rows, a stray quote, wrong columns, no header.

    All that a deployment says is searched in sandbox/tests/days/test_marked_day.py.
    """
    marks = {"person_name": "Mărcatu", "user_name": "marcatu", "email": "marcatu@email.ro", "address": "Str. Mărcatu 1"}
    rows = [given | marks for given in valid_rows(5)]
    bad = [row(**marks, iban="ROMARCATU"), row(**marks, birth_date="marcatu"), rows[0]]
    texts = [
        csv_text([*rows, *bad]) + 'marcatu,"Mărcatu\nMărcatu,,,\n' + "marcatu" * 300 + "\n",
        csv_text(rows).split("\n", 1)[1],
        csv_text(rows).replace("\n", "", 1),  # the first row at the header's end
    ]
    said = ""
    for number, text in enumerate(texts):
        raw_file = s3_lake.put_text(text, f"{number}.csv")
        for name, share in ((JUDGE, 0.01), (JUDGE, 1), (TABLE, 1)):
            try:
                s3_lake.run(name, raw_file, max_bad_row_share=share)
            except JobError as error:
                said += "".join(traceback.format_exception(error))
    said += "".join(capfd.readouterr())
    assert "judged 1" in said
    assert "TooManyBadRows" in said
    assert "RawFileRefused" in said
    values = [value for given in rows for value in given.values() if len(value) > 6 and not value.isdigit()]
    spoken = [value for value in [*values, "marcatu", "Mărcatu", "MARCATU"] if value in said]
    assert spoken == []
