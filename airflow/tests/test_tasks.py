"""The Python tasks on a real S3, called as Airflow calls them."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException

DATE = "2024-09-15"
RUN = SimpleNamespace(logical_date=datetime(2024, 9, 15, 4, tzinfo=UTC), run_after=None)
NO_PARAMS = {"run_date": None, "rows": None, "seed": None, "source_key": None}


def extract(dag, **params) -> str:
    return dag.get_task("extract_raw_data").python_callable(params={**NO_PARAMS, **params}, dag_run=RUN)


def test_extract_lands_the_runs_file(dag, s3, bucket):
    uri = extract(dag, rows=20, seed=1)
    assert uri == f"s3://{bucket}/data/raw/raw_batch_data_{DATE}.csv"
    body = s3.get_object(Bucket=bucket, Key=f"data/raw/raw_batch_data_{DATE}.csv")["Body"].read()
    assert body.count(b"\n") == 21


def test_extract_of_an_unfit_file_fails_without_retries(dag, s3, bucket):
    with pytest.raises(AirflowFailException, match="upload the file first"):
        extract(dag, source_key="data/incoming/none.csv")


@pytest.fixture
def metrics(table, bucket) -> dict[str, dict]:
    """What five jobs write for a good day of 100 rows, two of them bad."""
    return {
        dataset["name"]: {
            "dataset": dataset["name"],
            "run_date": DATE,
            "raw_file": f"s3://{bucket}/raw.csv",
            "raw_rows": 100,
            "staged_rows": 98,
            "quarantined_rows": 2,
            "unique_id_fingerprint": "ab12",
        }
        for dataset in table["datasets"]
    }


@pytest.fixture
def reconcile(dag, s3, bucket):
    def run(metrics: dict[str, dict]) -> None:
        for table, values in metrics.items():
            key = f"data/metrics/{table}/run_date={DATE}/metrics.json"
            s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(values).encode())
        ti = SimpleNamespace(xcom_pull=lambda task_ids: f"s3://{bucket}/raw.csv")
        dag.get_task("reconcile_counts").python_callable(params=NO_PARAMS, dag_run=RUN, ti=ti)

    return run


def test_a_good_day_reconciles(reconcile, metrics):
    reconcile(metrics)


def test_a_day_without_rows_reconciles(reconcile, metrics):
    for values in metrics.values():
        values.update(raw_rows=0, staged_rows=0, quarantined_rows=0)
    reconcile(metrics)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"staged_rows": 97}, r"dim_finance: raw 100 != staged 97 \+ quarantined 2"),
        ({"quarantined_rows": 3}, r"dim_finance: raw 100 != staged 98 \+ quarantined 3"),
        ({"raw_rows": 101, "quarantined_rows": 3}, "different numbers of raw rows: .*dim_finance 101"),
        ({"staged_rows": 97, "quarantined_rows": 3}, "different numbers of rows: .*dim_finance 97"),
        ({"unique_id_fingerprint": "ff00"}, "different unique_ids .*dim_finance ff00"),
        (
            {"run_date": "2024-09-14"},
            "dim_finance: the metrics are of run_date 2024-09-14, this run's is 2024-",
        ),
        ({"raw_file": "s3://other/raw.csv"}, "dim_finance: the metrics are of raw_file s3://other/raw.csv"),
        ({"dataset": "dim_date"}, "dim_finance: the metrics are of dataset dim_date"),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_a_mismatch_fails_naming_table_and_numbers(reconcile, metrics, change, message):
    metrics["dim_finance"].update(change)
    with pytest.raises(AirflowFailException, match=message):
        reconcile(metrics)


def test_missing_metrics_fail_naming_the_task_to_clear(reconcile, metrics):
    del metrics["dim_person"]
    with pytest.raises(AirflowFailException, match=r"dim_person: .* is missing; clear transform_person"):
        reconcile(metrics)


def test_incomplete_metrics_fail(reconcile, metrics):
    del metrics["dim_person"]["staged_rows"]
    with pytest.raises(AirflowFailException, match="dim_person: the metrics lack staged_rows"):
        reconcile(metrics)
