"""``make verify``'s comparison: a day in the emulator's S3, Glue and Athena, as its run left it, and then spoilt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from ops.airflow.deployment import Deployment
from ops.airflow.verify import Verification
from ops.errors import CommandError
from sandbox.tests.conftest import BUCKET, REGION, Sandbox, parquet

DAY = date(2024, 9, 15)
DATABASE, WORKGROUP = "verified_db", "verified"
TABLES = {
    "dim_person": "data/staging/dim_person",
    "dim_date": "data/staging/dim_date",
    "non_pii_data": "data/trusted/non_pii_data",
    "quarantine": "data/quarantine",
}
COUNTS = {"dim_person": 3, "dim_date": 3, "non_pii_data": 3, "quarantine": 1}
DEPLOYMENT = Deployment("small", REGION, "small_airflow", "small_dag", "dags/", BUCKET, DATABASE, WORKGROUP)


@pytest.fixture
def day(sandbox: Sandbox) -> Iterator[Sandbox]:
    """A whole day: three clean rows in two staging tables and a department's, one in quarantine, all registered."""
    sandbox.glue.create_database(DatabaseInput={"Name": DATABASE})
    athena = sandbox.client("athena")
    output = {"ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/athena-results/"}}
    athena.create_work_group(Name=WORKGROUP, Configuration={"EnforceWorkGroupConfiguration": True, **output})
    put(sandbox, "dags/pipeline.json", pipeline())
    put(sandbox, metrics_key("judgement"), judgement())
    for table, location in TABLES.items():
        if table != "quarantine":
            put(sandbox, metrics_key(table), staged(table))
        columns, keys = [("unique_id", "string")], [("run_date", "string")]
        sandbox.table(DATABASE, table, columns, f"s3://{BUCKET}/{location}/", keys, classification="parquet")
        register(sandbox, table, location)
        sandbox.s3.put_object(Bucket=BUCKET, Key=f"{location}/run_date={DAY}/part-0.parquet", Body=rows(COUNTS[table]))
    yield sandbox
    for each in sandbox.s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        if each["Key"].startswith(("data/", "dags/")):
            sandbox.s3.delete_object(Bucket=BUCKET, Key=each["Key"])
    athena.delete_work_group(WorkGroup=WORKGROUP, RecursiveDeleteOption=True)
    for table in TABLES:
        sandbox.glue.delete_table(DatabaseName=DATABASE, Name=table)
    sandbox.glue.delete_database(Name=DATABASE)


def test_a_whole_day_has_no_differences(day: Sandbox) -> None:
    result = check(day)
    assert result.differences == []
    assert {(row.table, row.expected, row.found, row.registered) for row in result.rows} == {
        (table, count, count, True) for table, count in COUNTS.items()
    }


def test_a_partition_removed_behind_its_back(day: Sandbox) -> None:
    day.glue.delete_partition(DatabaseName=DATABASE, TableName="dim_date", PartitionValues=[str(DAY)])
    missing, count = check(day).differences
    assert missing.startswith("dim_date: the day's partition isn't registered")
    assert count == "dim_date: Athena finds 0 rows, the run counted 3"


def test_a_partition_that_points_elsewhere(day: Sandbox) -> None:
    day.glue.delete_partition(DatabaseName=DATABASE, TableName="dim_date", PartitionValues=[str(DAY)])
    register(day, "dim_date", "data/staging/dim_person")
    (difference,) = check(day).differences
    assert (
        "dim_date: the day's partition points to s3://lake/data/staging/dim_person/run_date=2024-09-15/" in difference
    )


def test_rows_that_are_missing(day: Sandbox) -> None:
    key = f"{TABLES['dim_person']}/run_date={DAY}/part-0.parquet"
    day.s3.put_object(Bucket=BUCKET, Key=key, Body=rows(2))
    assert check(day).differences == ["dim_person: Athena finds 2 rows, the run counted 3"]


def test_quarantined_rows_that_are_missing(day: Sandbox) -> None:
    day.s3.delete_object(Bucket=BUCKET, Key=f"data/quarantine/run_date={DAY}/part-0.parquet")
    assert check(day).differences == ["quarantine: Athena finds 0 rows, the run counted 1"]


def test_rows_that_are_missing_in_a_departments_table(day: Sandbox) -> None:
    key = f"{TABLES['non_pii_data']}/run_date={DAY}/part-0.parquet"
    day.s3.put_object(Bucket=BUCKET, Key=key, Body=rows(2))
    assert check(day).differences == ["non_pii_data: Athena finds 2 rows, the run counted 3"]


def test_a_table_of_another_judgement(day: Sandbox) -> None:
    put(day, metrics_key("dim_date"), {**staged("dim_date"), "judgement": "j0"})
    assert check(day).differences == ["dim_date: its rows are of another judgement of the raw file than the newest"]


def test_a_job_that_staged_other_rows_than_the_clean_ones(day: Sandbox) -> None:
    put(day, metrics_key("judgement"), {**judgement(), "clean_rows": 4})
    differences = check(day).differences
    assert "judgement: 4 raw rows, but 4 clean and 1 quarantined" in differences
    assert "dim_date: its job wrote 3 rows of 4 clean ones" in differences


def test_a_day_without_quarantined_rows_needs_no_partition_of_quarantine(day: Sandbox) -> None:
    put(day, metrics_key("judgement"), {**judgement(), "raw_rows": 3, "quarantined_rows": 0})
    day.s3.delete_object(Bucket=BUCKET, Key=f"data/quarantine/run_date={DAY}/part-0.parquet")
    day.glue.delete_partition(DatabaseName=DATABASE, TableName="quarantine", PartitionValues=[str(DAY)])
    assert check(day).differences == []


def test_a_day_that_was_not_run(day: Sandbox) -> None:
    with pytest.raises(CommandError, match=r"2024-09-16.metrics[.]json is missing") as raised:
        Verification(day.client, DEPLOYMENT).check(date(2024, 9, 16))
    assert "make airflow-trigger DATE=2024-09-16" in raised.value.next_step


def test_metrics_that_are_half_written(day: Sandbox) -> None:
    day.s3.put_object(Bucket=BUCKET, Key=metrics_key("judgement"), Body=b'{"raw_rows"')
    with pytest.raises(CommandError, match="isn't JSON"):
        check(day)


def test_a_table_that_athena_cannot_read(day: Sandbox) -> None:
    key = f"{TABLES['dim_person']}/run_date={DAY}/part-0.parquet"
    day.s3.put_object(Bucket=BUCKET, Key=key, Body=b"no parquet")
    with pytest.raises(CommandError, match="The query failed: HIVE_BAD_DATA"):
        check(day)


def test_a_bucket_that_may_not_be_read(day: Sandbox) -> None:
    with pytest.raises(CommandError, match=r"can't be verified.*NoSuchBucket"):
        Verification(day.client, Deployment(**{**vars(DEPLOYMENT), "bucket": "elsewhere"})).check(DAY)


def check(day: Sandbox) -> Any:
    return Verification(day.client, DEPLOYMENT).check(DAY)


def pipeline() -> dict[str, Any]:
    return {
        "prefixes": {"metrics": "data/metrics/"},
        "datasets": [{"name": "dim_person"}, {"name": "dim_date"}],
        "trusted": {"tables": [{"name": "non_pii_data"}]},
    }


def judgement() -> dict[str, Any]:
    return {"judgement": "j1", "raw_rows": 4, "clean_rows": 3, "quarantined_rows": 1}


def staged(table: str) -> dict[str, Any]:
    return {"dataset": table, "judgement": "j1", "staged_rows": 3}


def metrics_key(name: str) -> str:
    return f"data/metrics/{name}/run_date={DAY}/metrics.json"


def put(sandbox: Sandbox, key: str, document: Any) -> None:
    sandbox.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(document).encode())


def rows(count: int) -> bytes:
    return parquet(pa.table({"unique_id": pa.array([f"id-{each}" for each in range(count)], pa.string())}))


def register(sandbox: Sandbox, table: str, location: str) -> None:
    sandbox.partition(DATABASE, table, [str(DAY)], f"s3://{BUCKET}/{location}/run_date={DAY}/")
