"""A person's rows go from every file of the lake, and nothing else changes. `make forget` as a whole is tested in
sandbox/tests/test_forget.py."""

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from judged import job_session
from lake import DATASETS, DEPARTMENTS, FORGET, JUDGE, TRUSTED, S3Lake, job
from pyspark.sql import SparkSession
from raw_files import csv_text, line_of, row, valid_rows

from driven_data_glue.errors import BadArguments, JobError
from driven_data_glue.parquet_rows import without_rows
from driven_data_glue.partition import parquet_files
from driven_data_glue.pseudonyms import key_from_kms, pseudonym
from driven_data_glue.storage import File, S3Storage
from driven_data_glue.traces import Values, records_in, without

DAYS = ["2024-09-15", "2024-09-16"]
PLACES = [
    "clean",
    "quarantine",
    *(f"staging/{each}" for each in DATASETS),
    *(f"trusted/{each}" for each in DEPARTMENTS),
]
PERSON = row(address="Strada Lungă 1,\nBrașov")  # a record of two lines
NUMBER = PERSON["personal_number"]


class Person:
    """A lake of two days, in which one person has rows of every kind, and what is done with it."""

    def __init__(self, lake: S3Lake, key: str) -> None:
        self.lake, self.key = lake, key
        lake.s3.put_bucket_versioning(Bucket=lake.bucket, VersioningConfiguration={"Status": "Enabled"})
        second = {**row(), "personal_number": NUMBER}
        misfit = {**row(), "personal_number": NUMBER, "iban": "RO1"}
        self.ids = [each["unique_id"] for each in (PERSON, second, misfit)]
        others = list(valid_rows(40, seed=7))
        bad = row(phone="?")
        broken = f'{NUMBER},"a stray quote\n'
        self.days = [
            csv_text([*others[:10], PERSON, *others[10:20], bad, misfit]) + broken,
            csv_text([*others[20:30], second, second, *others[30:]]),
        ]
        self.kept = [csv_text([*others[:20], bad]), csv_text(others[20:])]
        for text, day in zip(self.days, DAYS, strict=True):
            raw_file = lake.put_text(text, f"raw_batch_data_{day}.csv")
            lake.run(JUDGE, raw_file, day)
            for name in DATASETS:
                lake.run(name, raw_file, day)
            lake.run(TRUSTED, raw_file, day, pseudonym_key=key)
        current = [each for page in self.versions() for each in page if each["IsLatest"] and "Size" in each]
        self.written = {(each["Key"], each["VersionId"]) for each in current}

    def versions(self) -> Iterator[list[dict[str, Any]]]:
        """Page by page, with what marks an object as deleted."""
        lister = self.lake.s3.get_paginator("list_object_versions")
        for page in lister.paginate(Bucket=self.lake.bucket, Prefix="data/"):
            yield [*page.get("Versions", []), *page.get("DeleteMarkers", [])]

    def restore(self) -> None:
        """The lake as its jobs left it, without other versions: what they wrote is the newest again."""
        for page in self.versions():
            others = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in page]
            if others := [each for each in others if (each["Key"], each["VersionId"]) not in self.written]:
                self.lake.s3.delete_objects(Bucket=self.lake.bucket, Delete={"Objects": others})

    def ask(self, key: str = NUMBER, kind: str = "personal_number") -> dict[str, Any]:
        self.put("data/erasure/request.json", json.dumps({"key": key, "kind": kind}).encode())
        return self.step("search")

    def step(self, step: str, day: str = "") -> dict[str, Any]:
        arguments = {
            "data_root": self.lake.uri(""),
            "pipeline_table": self.lake.uri("pipeline.json"),
            "pseudonym_key": self.key,
            "step": step,
            **({"run_date": day} if day else {}),
        }
        job(FORGET)([part for name, value in arguments.items() for part in (f"--{name}", value)])
        return json.loads(self.lake.read("erasure/found.json")) if step == "search" else {}

    def forget(self) -> None:
        person = json.loads(self.lake.read("erasure/person.json"))
        for day in person["days"]:
            self.step("day", day)
        if person["files"]:
            self.step("files")

    def put(self, key: str, body: bytes) -> None:
        self.lake.s3.put_object(Bucket=self.lake.bucket, Key=key, Body=body)

    def rows(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        return {(place, day): self.lake.rows(f"{place}/run_date={day}") for place in PLACES for day in DAYS}

    def values(self) -> list[str]:
        key = key_from_kms(self.key)
        return [NUMBER, *self.ids, *(pseudonym(key, each) for each in self.ids)]


@pytest.fixture(scope="module")
def two_days(aws: Any, pipeline_table: dict[str, Any], pseudonym_key: str) -> Person:
    lake = S3Lake("two-days", aws("s3"), aws("glue"))
    lake.create(pipeline_table)
    return Person(lake, pseudonym_key)


@pytest.fixture
def person(two_days: Person) -> Person:
    two_days.restore()
    return two_days


def test_a_persons_rows_go_and_all_others_stay_as_they_are(person: Person) -> None:
    before = person.rows()
    found = person.ask()
    assert {each["key"] for each in found["found"] if each["latest"]} >= {
        f"data/raw/raw_batch_data_{day}.csv" for day in DAYS
    }
    person.forget()
    values = person.values()
    for place, rows in person.rows().items():
        assert rows == [each for each in before[place] if not holds(each, values)], place
    assert len(before["clean", DAYS[0]]) == len(person.rows()["clean", DAYS[0]]) + 1
    assert [text(person.lake, f"raw/raw_batch_data_{day}.csv") for day in DAYS] == person.kept
    assert [each for each in person.ask()["found"] if each["latest"]] == []
    # Old versions are found, and left to whoever may delete them.
    assert {each["latest"] for each in person.ask()["found"]} == {False}


def test_a_unique_id_finds_the_same_rows(person: Person) -> None:
    by_number = person.ask()
    person.lake.s3.delete_object(Bucket=person.lake.bucket, Key="data/erasure/person.json")
    by_id = person.ask(person.ids[1], "unique_id")
    assert by_id["found"] == by_number["found"] and by_id["person"] != by_number["person"]


def test_the_days_metrics_agree_with_its_files(person: Person) -> None:
    person.ask()
    person.forget()
    for day in DAYS:
        told = {name: metrics(person.lake, name, day) for name in ["judgement", *DATASETS, *DEPARTMENTS]}
        judgement = told.pop("judgement")
        rows = person.rows()
        assert judgement["clean_rows"] == len(rows["clean", day])
        assert judgement["quarantined_rows"] == len(rows["quarantine", day]) == sum(judgement["reasons"].values())
        assert judgement["raw_rows"] == judgement["clean_rows"] + judgement["quarantined_rows"]
        head = person.lake.s3.head_object(Bucket=person.lake.bucket, Key=f"data/raw/raw_batch_data_{day}.csv")
        assert judgement["raw_etag"] == head["ETag"]
        for each in told.values():
            for name in ("judgement", "unique_id_fingerprint"):
                assert each[name] == judgement[name]
            assert each["staged_rows"] == judgement["clean_rows"]
    # A day that is run again comes to the same rows and counts.
    for day in DAYS[:1]:
        judgement, masked = (metrics(person.lake, name, day) for name in ("judgement", "non_pii_data"))
        person.lake.run(JUDGE, judgement["raw_file"], day)
        again = metrics(person.lake, "judgement", day)
        different = {name for name in again if again[name] != judgement[name]}
        assert different <= {"judgement"}
        person.lake.run(TRUSTED, judgement["raw_file"], day, pseudonym_key=person.key)
        assert metrics(person.lake, "non_pii_data", day)["anonymity"] == masked["anonymity"]


def test_a_day_without_raw_file_and_clean_rows(person: Person) -> None:
    """They expire where the deployment says so; staging doesn't."""
    for place in ("raw/", "clean/", "quarantine/"):
        for key in person.lake.keys(place):
            person.lake.s3.delete_object(Bucket=person.lake.bucket, Key=f"data/{key}")
    before = metrics(person.lake, "judgement", DAYS[0])
    person.ask()
    person.forget()
    values = person.values()
    rows = person.rows()
    assert not any(holds(each, values) for every in rows.values() for each in every)
    after = metrics(person.lake, "judgement", DAYS[0])
    assert after["clean_rows"] == len(rows["staging/dim_date", DAYS[0]]) == before["clean_rows"] - 1
    assert after["quarantined_rows"] == before["quarantined_rows"]


@pytest.mark.parametrize("killed_at", ["raw/", "clean/", "staging/dim_person", "trusted/", "metrics/dim_date"])
def test_a_step_that_was_killed_is_taken_up(person: Person, killed_at: str, monkeypatch: Any) -> None:
    before = person.rows()
    person.ask()
    for name in ("put", "write"):
        real = getattr(S3Storage, name)

        def killed(self: S3Storage, *args: Any, real: Any = real, **more: Any) -> Any:
            path = next(each for each in reversed(args) if isinstance(each, str))
            if f"/data/{killed_at}" in path:
                raise KeyboardInterrupt
            return real(self, *args, **more)

        monkeypatch.setattr(S3Storage, name, killed)
    with pytest.raises(KeyboardInterrupt):
        person.step("day", DAYS[0])
    monkeypatch.undo()
    person.ask()
    person.forget()
    values = person.values()
    assert person.rows() == {
        place: [each for each in rows if not holds(each, values)] for place, rows in before.items()
    }
    judgement = metrics(person.lake, "judgement", DAYS[0])
    assert (judgement["clean_rows"], judgement["quarantined_rows"], judgement["reasons"]) == (20, 1, {"phone:phone": 1})
    assert {metrics(person.lake, name, DAYS[0])["judgement"] for name in DATASETS} == {judgement["judgement"]}


def test_files_without_a_day_and_compressed_ones(person: Person) -> None:
    given = csv_text([row(), PERSON, row()])
    person.put("data/incoming/batch.csv.gz", gzip.compress(given.encode()))
    person.put("data/raw/notes.csv", f"{NUMBER} called\nnobody else\n".encode())
    person.ask()
    person.forget()
    rest = gzip.decompress(person.lake.read("incoming/batch.csv.gz")).decode()
    assert rest == given.replace(line_of(PERSON) + "\n", "")
    assert text(person.lake, "raw/notes.csv") == "nobody else\n"


def test_nothing_is_written_where_nothing_is_found(person: Person) -> None:
    found = person.ask("1" + "0" * 12)
    assert found["found"] == [] and not found["resumed"]
    assert person.lake.keys("erasure/") == ["erasure/found.json", "erasure/request.json"]
    assert found["unreadable"] == {}
    assert found["searched"]["data/raw/"] == {
        "objects": 2,
        "versions": 2,
        "bytes": sum(len(each.encode()) for each in person.days),
    }


def test_files_that_are_broken_are_searched_by_their_bytes_and_named(person: Person) -> None:
    person.put("data/staging/broken.parquet", b"PAR1" + b"x" * 64)
    person.put("data/incoming/broken.csv.gz", gzip.compress(b"x" * 9999)[:-20])
    found = person.ask()
    assert sorted(found["unreadable"]) == ["data/incoming/broken.csv.gz", "data/staging/broken.parquet"]
    assert "ArrowInvalid: Parquet magic bytes not found" in found["unreadable"]["data/staging/broken.parquet"]
    assert not any("broken" in each["key"] for each in found["found"])


def test_a_unique_id_of_two_people_is_refused(person: Person) -> None:
    person.put("data/raw/raw_batch_data_2024-09-17.csv", csv_text([row(unique_id=person.ids[0])]).encode())
    with pytest.raises(BadArguments, match="rows of 2 personal numbers; run make forget with the person's personal"):
        person.ask(person.ids[0], "unique_id")


def test_a_day_that_is_being_written_is_left_alone(person: Person, aws: Any) -> None:
    person.ask()
    held = {"job": "staging", "run_id": None, "job_run_id": None, "since": "2999-01-01T00:00:00+00:00", "token": "t"}
    person.put(f"data/metrics/dim_date/run_date={DAYS[0]}/lock.json", json.dumps(held).encode())
    with pytest.raises(JobError, match="the day is being written by staging"):
        person.step("day", DAYS[0])
    assert text(person.lake, f"raw/raw_batch_data_{DAYS[0]}.csv") == person.days[0]


def test_a_raw_file_that_is_replaced_meanwhile_stays(person: Person, monkeypatch: Any) -> None:
    person.ask()
    from driven_data_glue import forgetting

    real = forgetting.without

    def replaced(*args: Any) -> Any:
        person.put(f"data/raw/raw_batch_data_{DAYS[0]}.csv", b"new")
        return real(*args)

    monkeypatch.setattr(forgetting, "without", replaced)
    with pytest.raises(JobError, match=r"was replaced while it was cut; nothing of it was written\. Run again"):
        person.step("day", DAYS[0])
    assert text(person.lake, f"raw/raw_batch_data_{DAYS[0]}.csv") == "new"


def test_a_table_that_is_published_meanwhile_is_cut_as_it_is_now(person: Person, monkeypatch: Any) -> None:
    person.ask()
    from driven_data_glue import forgetting

    def listed_before(storage: S3Storage, folder: str) -> list[File]:
        return [replace(file, etag='"of another version"') for file in parquet_files(storage, folder)]

    monkeypatch.setattr(forgetting, "parquet_files", listed_before)
    person.step("day", DAYS[0])
    values = person.values()
    assert not any(holds(each, values) for place in PLACES for each in person.rows()[place, DAYS[0]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--step", "day"], "--run_date goes with --step day"),
        (["--step", "search", "--run_date", DAYS[0]], "--run_date goes with --step day"),
        (["--step", "all"], "invalid choice: 'all'"),
    ],
)
def test_bad_arguments(person: Person, arguments: list[str], message: str) -> None:
    given = ["--data_root", person.lake.uri(""), "--pipeline_table", person.lake.uri("pipeline.json")]
    with pytest.raises(BadArguments, match=re.escape(message)):
        job(FORGET)([*given, "--pseudonym_key", person.key, *arguments])


def test_a_step_without_a_request(person: Person) -> None:
    with pytest.raises(BadArguments, match=r"request.json doesn't exist; this job is run by make forget"):
        person.step("search")
    with pytest.raises(BadArguments, match=r"person.json doesn't exist; the step search comes first"):
        person.step("files")


def test_records_are_those_that_the_judge_puts_together(person: Person, table: Any) -> None:
    stray = f'{NUMBER},"stray\n'
    several = [line.encode() + b"\n" for line in line_of(PERSON).split("\n")]
    alone = [line_of(row()).encode() + b"\n", stray.encode()]
    assert list(records_in([*alone, *[alone[0]] * 100, *several], 16)) == [
        *([line] for line in [*alone, *[alone[0]] * 100]),
        several,
    ]


def test_rows_that_stay_are_to_spark_as_they_were(spark: SparkSession, tmp_path: Path) -> None:
    """Their types and values, dates of old calendars among them; groups of rows too, but those of the person alone."""
    session = job_session(spark)  # writes old dates as they read
    written = session.range(400).selectExpr(
        "if(id BETWEEN 100 AND 199 OR id = 7, upper('the-persons-key'), nullif(concat('key', id), 'key8')) AS text",
        "id AS number",
        "CAST(id AS int) AS small",
        "date_add(DATE'1500-01-01', CAST(id * 600 AS int)) AS day",
        "timestamp_micros(id * 10000000000001 - 1000000000000000) AS moment",
        "id / 7 AS share",
        "id % 2 = 0 AS even",
    )
    options = {"parquet.block.size": "1", "parquet.page.size.row.check.min": "100"}  # a group of rows is of 100 or more
    written.coalesce(1).write.options(**options).parquet(str(tmp_path / "written"))
    (file,) = (tmp_path / "written").glob("*.parquet")
    rest, before, after = without_rows(file.read_bytes(), "other|the-persons-key")
    (tmp_path / "rest.parquet").write_bytes(rest)
    assert (before, after) == (400, 299)
    old, new = (pq.ParquetFile(path) for path in (file, tmp_path / "rest.parquet"))
    assert [each.num_row_groups for each in (old, new)] == [4, 3]
    assert new.schema.equals(old.schema)
    assert new.metadata.metadata == old.metadata.metadata
    kept = spark.read.parquet(str(file)).where("NOT text <=> 'THE-PERSONS-KEY'")
    assert spark.read.parquet(str(tmp_path / "rest.parquet")).collect() == kept.collect()


def test_a_stray_quote_that_goes_leaves_the_others_rows_as_they_were() -> None:
    other = [line.encode() + b"\n" for line in line_of(row(address="a\nb")).split("\n")]
    stray = f'{NUMBER},"stray\n'.encode()
    kept, removed, left = without([b"header\n", stray, *other], Values((NUMBER,)), 16)
    assert kept == [b"header\n", b'"\n', *other]
    assert (removed, left) == (1, 4)


def holds(row_of_table: dict[str, Any], values: Iterable[str]) -> bool:
    return any(value in str(row_of_table).lower() for value in values)


def text(lake: S3Lake, key: str) -> str:
    return lake.read(key).decode()


def metrics(lake: S3Lake, name: str, day: str) -> dict[str, Any]:
    return json.loads(lake.read(f"metrics/{name}/run_date={day}/metrics.json"))
