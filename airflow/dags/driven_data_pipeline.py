"""
### Daily network usage, from raw file to queryable tables

Every day at 07:00 Bucharest time, so that the data is fresh at 08:00 the whole year round:

1. **extract_raw_data** lands the day's raw file, `data/raw/raw_batch_data_<date>.csv`, and
   **update_raw_data** runs the raw crawler.
2. **transform_...** starts the Glue job of each staging table; **update_...** then runs that table's
   crawler, so that the day's partition can be queried.
3. **reconcile_counts** checks the jobs' own counts: each table staged or quarantined every raw row, and
   all tables hold the same `unique_id`s.

Airflow only orchestrates: the Glue jobs and crawlers are made by the stack and never changed from here.

**A run's date** is the parameter `run_date`, else the day of the run's logical date in Bucharest, else (a
manual run without one) the day on which it was triggered. Every task may be cleared and run again: a day
replaces only itself.

**Backfill**: `airflow backfill create --dag-id driven_data_pipeline --from-date 2024-09-01T00:00+03:00
--to-date 2024-09-30T23:59+03:00`. Give the end of the last day, because its run is at 07:00. Up to three
days run at once.

**Parameters** of a manual run: another `run_date`; `rows` and `seed` to generate the day's file anew;
`source_key` to take a file of the bucket instead. With none of them a day's existing raw file is kept.
"""

import json
import logging
import os
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, Param, task
from glue_operators import ExclusiveGlueCrawlerOperator, ExistingGlueJobOperator

log = logging.getLogger(__name__)

TABLE = json.loads(Path(__file__).with_name("pipeline.json").read_text(encoding="utf-8"))
TIMEZONE = ZoneInfo("Europe/Bucharest")
START_OF_RUN = time(7, 0)
AWS_CONNECTION = "aws_default"
# Seconds between two looks at a running job or crawler. The sandbox lowers it.
POLL_SECONDS = int(os.environ.get("DRIVEN_DATA_POLL_SECONDS", "10"))

PARAMS = {
    "run_date": Param(
        None,
        type=["null", "string"],
        format="date",
        title="Run date",
        description="The day to run, YYYY-MM-DD. By default the date of the run itself.",
    ),
    "rows": Param(
        None,
        type=["null", "integer"],
        minimum=0,
        maximum=10_000_000,
        title="Rows",
        description="Generate the day's raw file anew with this many rows. By default 100,372 rows in an "
        "empty bucket and 0 to 1,101 rows later.",
    ),
    "seed": Param(
        None,
        type=["null", "integer"],
        title="Seed",
        description="Generate the day's raw file anew from this seed: the same seed, date and number of rows "
        "make the same file. By default the seed follows from the bucket's name.",
    ),
    "source_key": Param(
        None,
        type=["null", "string"],
        pattern=r"^[^/\s].*\.csv(\.gz)?$",
        title="Source key",
        description="Take this object of the bucket as the day's raw file, e.g. data/incoming/batch.csv "
        "(.csv or .csv.gz, with the raw table's header line). Not together with rows or seed.",
    ),
}


def run_date_of(params, dag_run) -> str:
    """The day that a run is about, YYYY-MM-DD."""
    if params["run_date"]:
        return params["run_date"]
    moment = dag_run.logical_date or dag_run.run_after
    return moment.astimezone(TIMEZONE).date().isoformat()


with DAG(
    dag_id=TABLE["dag"],
    description="Raw batch to five staging tables, every day",
    doc_md=__doc__,
    schedule="0 7 * * *",
    start_date=datetime(2024, 1, 1, tzinfo=TIMEZONE),
    catchup=False,
    max_active_runs=3,
    dagrun_timeout=timedelta(hours=6),
    params=PARAMS,
    user_defined_macros={"run_date_of": run_date_of},
    tags=[TABLE["company"], "batch"],
    default_args={
        "owner": TABLE["company"],
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(minutes=30),
    },
) as dag:
    # One at a time, so that of several days started on an empty bucket exactly one is the first load.
    @task(max_active_tis_per_dag=1)
    def extract_raw_data(*, params, dag_run) -> str:
        """
        Lands the day's raw file and returns its `s3://` URI.

        An existing file is kept unless `rows`, `seed` or `source_key` is given. The file is complete or
        absent.
        """
        import raw_file
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook
        from airflow.sdk import Variable
        from airflow.sdk.exceptions import AirflowFailException

        files = raw_file.RawFiles(
            s3=S3Hook(AWS_CONNECTION).get_conn(),
            bucket=Variable.get("S3_BUCKET_NAME"),
            path=Variable.get("S3_FILE_PATH"),
            columns=tuple(column["name"] for column in TABLE["raw"]["columns"]),
        )
        moment = datetime.combine(date.fromisoformat(run_date_of(params, dag_run)), START_OF_RUN)
        try:
            request = raw_file.Request(params["rows"], params["seed"], params["source_key"])
            return files.ensure(moment, request)
        except raw_file.RawFileError as error:
            raise AirflowFailException(str(error)) from error

    @task
    def reconcile_counts(*, params, dag_run, ti) -> None:
        """
        Checks that raw = staged + quarantined in each table and that all tables hold the same `unique_id`s.

        Reads the small metrics files that the jobs wrote; a mismatch fails the run, saying which table
        and the numbers.
        """
        import count_reconciliation
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook
        from airflow.sdk import Variable
        from airflow.sdk.exceptions import AirflowFailException

        s3, bucket, run_date = (
            S3Hook(AWS_CONNECTION),
            Variable.get("S3_BUCKET_NAME"),
            run_date_of(params, dag_run),
        )
        metrics = {}
        for dataset in TABLE["datasets"]:
            key = f"{TABLE['prefixes']['metrics']}{dataset['name']}/run_date={run_date}/metrics.json"
            if not s3.check_for_key(key, bucket):
                raise AirflowFailException(
                    f"{dataset['name']}: s3://{bucket}/{key} is missing; "
                    f"clear transform_{dataset['task']} to run its job again"
                )
            metrics[dataset["name"]] = json.loads(s3.read_key(key, bucket))
        raw_file = ti.xcom_pull(task_ids="extract_raw_data")
        problems = count_reconciliation.mismatches(metrics, run_date, raw_file)
        if problems:
            raise AirflowFailException("The counts don't reconcile:\n" + "\n".join(f"- {text}" for text in problems))
        first = next(iter(metrics.values()))
        log.info(
            "%s: %d raw rows = %d staged + %d quarantined in each of %d tables",
            run_date,
            first["raw_rows"],
            first["staged_rows"],
            first["quarantined_rows"],
            len(metrics),
        )

    def crawl(task_id: str, crawler: str) -> ExclusiveGlueCrawlerOperator:
        return ExclusiveGlueCrawlerOperator(
            task_id=task_id,
            crawler_name=crawler,
            aws_conn_id=AWS_CONNECTION,
            poll_interval=POLL_SECONDS,
            max_active_tis_per_dag=1,  # a crawler runs once at a time
            doc_md=f"Runs the crawler `{crawler}`, so that the day's new files can be queried.",
        )

    update_raw_data = crawl("update_raw_data", TABLE["raw"]["crawler"])
    reconciled = reconcile_counts()
    extract_raw_data() >> update_raw_data

    for dataset in TABLE["datasets"]:
        transform = ExistingGlueJobOperator(
            task_id=f"transform_{dataset['task']}",
            job_name=dataset["job"],
            script_args={
                "--run_date": "{{ run_date_of(params, dag_run) }}",
                "--raw_file": "{{ ti.xcom_pull(task_ids='extract_raw_data') }}",
            },
            aws_conn_id=AWS_CONNECTION,
            job_poll_interval=POLL_SECONDS,
            stop_job_run_on_kill=True,
            execution_timeout=timedelta(hours=1),
            doc_md=f"Runs the Glue job `{dataset['job']}`: the day's raw rows into `{dataset['name']}`, and "
            "those that don't fit into quarantine.",
        )
        update = crawl(f"update_{dataset['task']}", dataset["crawler"])
        update_raw_data >> transform >> [update, reconciled]
