"""The Python tasks on a real S3, called as Airflow calls them."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException

DATE = "2024-09-15"
MORNING = datetime(2024, 9, 15, 4, tzinfo=UTC)
RUN = SimpleNamespace(logical_date=MORNING, run_after=None, start_date=MORNING)
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
    """What the jobs write for a good day of 100 rows, two of them bad."""
    common = {
        "run_date": DATE,
        "raw_file": f"s3://{bucket}/raw.csv",
        "judgement": "j1",
        "unique_id_fingerprint": "ab12",
    }
    return {
        "judgement": {
            **common,
            "raw_rows": 100,
            "clean_rows": 98,
            "quarantined_rows": 2,
            "reasons": {"iban:checksum": 2},
        },
        **{
            each["name"]: {**common, "dataset": each["name"], "staged_rows": 98}
            for each in [*table["datasets"], *table["trusted"]["tables"]]
        },
    }


@pytest.fixture
def reconcile(dag, s3, bucket):
    def run(metrics: dict[str, dict], raw_file: bool = True) -> None:
        for name, values in metrics.items():
            key = f"data/metrics/{name}/run_date={DATE}/metrics.json"
            s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(values).encode())
        if raw_file:
            s3.put_object(Bucket=bucket, Key="raw.csv", Body=b"0123456789")
        ti = SimpleNamespace(xcom_pull=lambda task_ids: f"s3://{bucket}/raw.csv")
        dag.get_task("reconcile_counts").python_callable(params=NO_PARAMS, dag_run=RUN, ti=ti)

    return run


def test_a_good_day_reconciles(reconcile, metrics):
    reconcile(metrics)


def test_a_day_whose_raw_file_has_expired_reconciles(reconcile, metrics):
    reconcile(metrics, raw_file=False)


def test_a_day_without_rows_reconciles(reconcile, metrics):
    for name, values in metrics.items():
        values.update(
            {"raw_rows": 0, "clean_rows": 0, "quarantined_rows": 0} if name == "judgement" else {"staged_rows": 0}
        )
    reconcile(metrics)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("judgement", {"raw_rows": 101}, r"judgement: raw 101 != clean 98 \+ quarantined 2"),
        ("judgement", {"quarantined_rows": 3}, r"judgement: raw 100 != clean 98 \+ quarantined 3"),
        ("judgement", {"run_date": "2024-09-14"}, "judgement: the metrics are of run_date 2024-09-14, this run's is 2"),
        ("judgement", {"judgement": "j2"}, "dim_finance: written from judgement j1, the day's is j2"),
        ("judgement", {"raw_file": "s3://other/raw.csv"}, "judgement: the metrics are of raw_file s3://other/raw.csv"),
        ("dim_finance", {"staged_rows": 97}, "dim_finance: wrote 97 != clean 98"),
        ("dim_finance", {"judgement": "j0"}, "dim_finance: written from judgement j0, the day's is j1"),
        ("dim_finance", {"unique_id_fingerprint": "ff00"}, r"dim_finance: holds other unique_ids \(fingerprint ff00\)"),
        ("dim_finance", {"run_date": "2024-09-14"}, "dim_finance: the metrics are of run_date 2024-09-14, this run's"),
        ("dim_finance", {"raw_file": "s3://other/raw.csv"}, "dim_finance: the metrics are of raw_file s3://other/raw"),
        ("non_pii_data", {"staged_rows": 97}, "non_pii_data: wrote 97 != clean 98"),
        ("dim_finance", {"dataset": "dim_date"}, "dim_finance: the metrics are of dataset dim_date"),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_a_mismatch_fails_naming_table_and_numbers(reconcile, metrics, name, change, message):
    metrics[name].update(change)
    with pytest.raises(AirflowFailException, match=message):
        reconcile(metrics)


@pytest.mark.parametrize(
    ("name", "task"),
    [("dim_person", "transform_person"), ("payment_data", "transform_trusted"), ("judgement", "judge_raw_data")],
    ids=["table", "department", "judgement"],
)
def test_missing_metrics_fail_naming_the_task_to_clear(reconcile, metrics, name, task):
    del metrics[name]
    with pytest.raises(AirflowFailException, match=rf"{name}: .* is missing; clear {task} to run its job again"):
        reconcile(metrics)


@pytest.mark.parametrize(("name", "key"), [("dim_person", "staged_rows"), ("judgement", "clean_rows")])
def test_incomplete_metrics_fail(reconcile, metrics, name, key):
    del metrics[name][key]
    with pytest.raises(AirflowFailException, match=f"{name}: the metrics lack {key}"):
        reconcile(metrics)
