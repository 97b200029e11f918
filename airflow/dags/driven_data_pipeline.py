"""
### Daily network usage, from raw file to queryable tables

Every day at 07:00 Bucharest time, so that the data is fresh at 08:00 the whole year round:

1. **extract_raw_data** lands the day's raw file, `data/raw/raw_batch_data_<date>.csv`, and
   **update_raw_data** runs the raw crawler.
2. **judge_raw_data** starts the Glue job that judges every raw row once: the clean ones are kept, the
   others go to quarantine with the reason. **transform_...** starts the job of each staging table, which
   takes its columns of the clean rows, and that of the departments' tables, which masks what a department
   isn't entitled to.
3. **reconcile_counts** is the gate before what readers see: every raw row is clean or quarantined, and each
   table holds exactly the clean rows of this judgement.
4. **update_...** registers the day's partition of its table; of a staging table it also runs the crawler
   and checks that the day can be queried.

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
from glue_operators import (
    ExclusiveGlueCrawlerOperator,
    ExistingGlueJobOperator,
    RegisteringCrawlerOperator,
    RegisteringOperator,
)

log = logging.getLogger(__name__)

TABLE = json.loads(Path(__file__).with_name("pipeline.json").read_text(encoding="utf-8"))
TRUSTED = TABLE["trusted"]
MONITORING = TABLE.get("monitoring")  # none in a deployment that tells nobody
TIMEZONE = ZoneInfo("Europe/Bucharest")
START_OF_RUN = time(7, 0)
# Glue stops a run that takes longer than its job may; the task does where Glue doesn't.
JOB_TIMEOUT = timedelta(minutes=TABLE["job_timeout_minutes"] + 30)
# Seconds between the triggerer's looks at a running job or crawler. The sandbox lowers it.
POLL_SECONDS = int(os.environ.get("DRIVEN_DATA_POLL_SECONDS", "10"))
RUN_DATE = "{{ run_date_of(params, dag_run) }}"

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


def task_failed(context) -> None:
    """Tells that a task failed for good."""
    import telling

    if MONITORING:
        day = run_date_of(context["params"], context["dag_run"])
        telling.tell_failure(MONITORING["namespace"], day, context)


def run_failed(context) -> None:
    """Tells that a run timed out."""
    import telling

    if MONITORING:
        # Airflow gives a run that timed out before its first task nothing but its id.
        day = run_date_of(context["params"], context["dag_run"]) if "dag_run" in context else "of the run below"
        telling.tell_timeout(MONITORING["namespace"], day, context)


with DAG(
    dag_id=TABLE["dag"],
    description="Raw batch to five staging tables, every day",
    doc_md=__doc__,
    schedule="0 7 * * *",
    start_date=datetime(2024, 1, 1, tzinfo=TIMEZONE),
    catchup=False,
    max_active_runs=3,
    dagrun_timeout=max(timedelta(hours=6), 2 * JOB_TIMEOUT + timedelta(hours=2)),  # two jobs follow each other
    params=PARAMS,
    user_defined_macros={"run_date_of": run_date_of},
    on_failure_callback=run_failed,
    tags=[TABLE["company"], "batch"],
    default_args={
        "owner": TABLE["company"],
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(minutes=30),
        "on_failure_callback": task_failed,
        "poll_seconds": POLL_SECONDS,
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
        from airflow.sdk.lineage import get_hook_lineage_collector

        hook, bucket = S3Hook(), Variable.get("S3_BUCKET_NAME")
        files = raw_file.RawFiles(
            s3=hook.get_conn(),
            bucket=bucket,
            path=Variable.get("S3_FILE_PATH"),
            columns=tuple(column["name"] for column in TABLE["raw"]["columns"]),
        )
        moment = datetime.combine(date.fromisoformat(run_date_of(params, dag_run)), START_OF_RUN)
        try:
            request = raw_file.Request(params["rows"], params["seed"], params["source_key"])
            landed = files.ensure(moment, request)
        except raw_file.RawFileError as error:
            raise AirflowFailException(str(error)) from error
        # For OpenLineage; nobody listens in a deployment without it.
        table = f"s3://{bucket}/{TABLE['prefixes']['raw'].rstrip('/')}"
        get_hook_lineage_collector().add_output_asset(context=hook, uri=table)
        return landed

    @task
    def reconcile_counts(*, params, dag_run, ti) -> None:
        """
        The gate: checks that raw = clean + quarantined, and that each table holds the clean rows of this
        judgement (same number, same `unique_id`s).

        Reads the small metrics files that the jobs wrote. A mismatch fails the run, saying which table and
        the numbers, and no reader sees the day. A reconciled day's metrics go to CloudWatch.
        """
        import count_reconciliation
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook
        from airflow.sdk import Variable
        from airflow.sdk.exceptions import AirflowFailException

        s3, bucket, run_date = S3Hook(), Variable.get("S3_BUCKET_NAME"), run_date_of(params, dag_run)

        def read(name: str, task_id: str) -> dict:
            key = f"{TABLE['prefixes']['metrics']}{name}/run_date={run_date}/metrics.json"
            if not s3.check_for_key(key, bucket):
                raise AirflowFailException(
                    f"{name}: s3://{bucket}/{key} is missing; clear {task_id} to run its job again"
                )
            return json.loads(s3.read_key(key, bucket))

        judgement = read("judgement", TABLE["judgement"]["task"])
        tables = {each["name"]: read(each["name"], f"transform_{each['task']}") for each in TABLE["datasets"]}
        for each in TRUSTED["tables"]:
            tables[each["name"]] = read(each["name"], f"transform_{TRUSTED['task']}")
        raw_file = ti.xcom_pull(task_ids="extract_raw_data")
        problems = count_reconciliation.mismatches(judgement, tables, run_date, raw_file)
        if problems:
            raise AirflowFailException("The counts don't reconcile:\n" + "\n".join(f"- {text}" for text in problems))
        log.info(
            "%s: %d raw rows = %d clean + %d quarantined; the clean ones are in each of %d tables",
            run_date,
            judgement["raw_rows"],
            judgement["clean_rows"],
            judgement["quarantined_rows"],
            len(tables),
        )
        if MONITORING:
            import telling

            found = s3.head_object(*reversed(S3Hook.parse_s3_url(raw_file)))
            size = found["ContentLength"] if found else None  # the raw file of an old day may have expired
            now = datetime.now(TIMEZONE)
            metrics = telling.day_metrics(judgement, size, dag_run.start_date, now, MONITORING["complete_by"])
            telling.publish(MONITORING["namespace"], metrics)

    def run_job(task_id: str, job: str, doc_md: str) -> ExistingGlueJobOperator:
        return ExistingGlueJobOperator(
            task_id=task_id,
            job_name=job,
            script_args={
                "--run_date": RUN_DATE,
                "--raw_file": "{{ ti.xcom_pull(task_ids='extract_raw_data') }}",
                "--run_id": "{{ dag_run.run_id }}",
            },
            execution_timeout=JOB_TIMEOUT,
            doc_md=doc_md,
        )

    update_raw_data = ExclusiveGlueCrawlerOperator(
        task_id="update_raw_data",
        crawler_name=TABLE["raw"]["crawler"],
        max_active_tis_per_dag=1,  # a crawler runs once at a time; a task that waits counts
        doc_md=f"Runs the crawler `{TABLE['raw']['crawler']}` over the raw files.",
    )
    judge_raw_data = run_job(
        TABLE["judgement"]["task"],
        TABLE["judgement"]["job"],
        f"Runs the Glue job `{TABLE['judgement']['job']}`: judges each raw row of the day once, into clean rows "
        "and quarantine.",
    )
    reconciled = reconcile_counts()
    extract_raw_data() >> update_raw_data >> judge_raw_data

    transform_trusted = run_job(
        f"transform_{TRUSTED['task']}",
        TRUSTED["job"],
        f"Runs the Glue job `{TRUSTED['job']}`: the day's clean rows into each department's table, masked where the "
        "department isn't entitled to a column.",
    )
    judge_raw_data >> transform_trusted >> reconciled
    for department_table in TRUSTED["tables"]:
        update = RegisteringOperator(
            task_id=f"update_{department_table['name']}",
            database=TABLE["database"],
            table=department_table["name"],
            partition=("run_date", RUN_DATE),
            doc_md=f"Makes the day visible in `{department_table['name']}`: registers its partition.",
        )
        [transform_trusted, reconciled] >> update

    for dataset in TABLE["datasets"]:
        transform = run_job(
            f"transform_{dataset['task']}",
            dataset["job"],
            f"Runs the Glue job `{dataset['job']}`: the day's clean rows into `{dataset['name']}`.",
        )
        update = RegisteringCrawlerOperator(
            task_id=f"update_{dataset['task']}",
            crawler_name=dataset["crawler"],
            database=TABLE["database"],
            table=dataset["name"],
            partition=("run_date", RUN_DATE),
            max_active_tis_per_dag=1,
            doc_md=f"Makes the day visible in `{dataset['name']}`: registers its partition, runs the crawler "
            f"`{dataset['crawler']}` and checks the registration.",
        )
        judge_raw_data >> transform >> [reconciled, update]
        reconciled >> update
