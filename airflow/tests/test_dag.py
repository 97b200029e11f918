"""The DAG as Airflow sees it: parsing, tasks, edges, schedule, parameters, rendered arguments."""

import copy
import datetime
import json
import os
import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest
from airflow.sdk.api.datamodels._generated import DagRun, DagRunState, DagRunType
from airflow.sdk.exceptions import ParamValidationError
from airflow.utils.file import list_py_file_paths
from conftest import make_dags_folder, pipeline_table

UTC = datetime.UTC
BUCHAREST = ZoneInfo("Europe/Bucharest")
TASKS = ("address", "date", "finance", "person", "network_usage")
DEPARTMENTS = ("payment_data", "technical_data", "pii_data", "non_pii_data")
CRAWLERS = {
    "update_raw_data": "raw_driven_data",
    "update_address": "staging_dim_address",
    "update_date": "staging_dim_date",
    "update_finance": "staging_dim_finance",
    "update_person": "staging_dim_person",
    "update_network_usage": "staging_fact_network_usage",
}

PARSE = """
import json, os, sys, time
import airflow.sdk, airflow.providers.amazon.aws.operators.base_aws  # their import time isn't ours
for folder in sys.argv[1:]:
    sys.stdout.flush()
    if os.fork():
        if os.wait()[1]:
            sys.exit(1)
        continue
    sys.path.insert(0, folder)
    import glue_operators
    opened, connected = set(), []
    def audit(event, args):
        if event == "open" and str(args[0]).startswith(folder) and "__pycache__" not in str(args[0]):
            opened.add(str(args[0]).rpartition("/")[2])
        if event == "socket.connect":
            connected.append(repr(args))
    sys.addaudithook(audit)
    started = time.perf_counter()
    import driven_data_pipeline
    seconds = time.perf_counter() - started
    print(json.dumps(dict(seconds=seconds, opened=sorted(opened), connected=connected,
                          modules=sorted(set(sys.modules) & {"faker", "lineage", "raw_batch", "raw_file", "pandas"}),
                          hours=driven_data_pipeline.dag.dagrun_timeout.total_seconds() / 3600,
                          job_minutes=driven_data_pipeline.judge_raw_data.execution_timeout.total_seconds() / 60,
                          dag=driven_data_pipeline.dag.dag_id)))
    break
"""
COMPANIES = {"driven_data": "", "lead_data": "lead_data_"}  # and their names' prefix


@pytest.fixture(scope="module")
def parsed(tmp_path_factory) -> dict[str, dict]:
    """What parsing the DAG of each company does, in a process of its own."""
    home = tmp_path_factory.mktemp("parsed")
    minutes = {"driven_data": 30, "lead_data": 300}  # of which Glue stops a job's run
    tables = {name: pipeline_table(name, prefix) for name, prefix in COMPANIES.items()}
    folders = [
        make_dags_folder(home / name, {**table, "job_timeout_minutes": minutes[name]}) for name, table in tables.items()
    ]
    run = subprocess.run(
        [sys.executable, "-c", PARSE, *map(str, folders)],
        env={key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW_VAR_")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(zip(COMPANIES, map(json.loads, run.stdout.splitlines()[-len(COMPANIES) :]), strict=True))


def test_parsing_reads_the_pipeline_table_and_nothing_else(parsed):
    of = parsed["driven_data"]
    assert set(of["opened"]) - {"driven_data_pipeline.py"} == {"pipeline.json"}
    assert of["connected"] == []
    assert of["modules"] == []
    assert of["seconds"] < 2


def test_a_job_may_take_as_long_as_the_deployment_lets_it(parsed):
    assert (parsed["driven_data"]["job_minutes"], parsed["driven_data"]["hours"]) == (60, 6)
    assert (parsed["lead_data"]["job_minutes"], parsed["lead_data"]["hours"]) == (330, 13)


def test_no_module_beside_the_dag_is_parsed_for_dags(dag):
    found = list_py_file_paths(os.environ["AIRFLOW__CORE__DAGS_FOLDER"], safe_mode=False)
    assert [path.rpartition("/")[2] for path in found] == ["driven_data_pipeline.py"]


def test_another_company_gets_a_dag_of_its_own(parsed):
    assert parsed["lead_data"]["dag"] == "lead_data_pipeline"


def test_tasks_and_edges(dag):
    edges = {(task.task_id, after) for task in dag.tasks for after in task.downstream_task_ids}
    expected = {("extract_raw_data", "update_raw_data"), ("update_raw_data", "judge_raw_data")}
    expected |= {("judge_raw_data", "transform_trusted"), ("transform_trusted", "reconcile_counts")}
    for name in DEPARTMENTS:
        expected |= {("transform_trusted", f"update_{name}"), ("reconcile_counts", f"update_{name}")}
    for name in TASKS:
        expected |= {
            ("judge_raw_data", f"transform_{name}"),
            (f"transform_{name}", "reconcile_counts"),
            (f"transform_{name}", f"update_{name}"),
            ("reconcile_counts", f"update_{name}"),
        }
    assert edges == expected


def test_jobs_and_crawlers_carry_the_tables_names(dag, table):
    crawlers = {t.task_id: t.crawler_name for t in dag.tasks if hasattr(t, "crawler_name")}
    assert crawlers == CRAWLERS
    jobs = {"judge_raw_data": "judge_raw_data", "transform_trusted": "trusted_data"}
    for name in DEPARTMENTS:
        update = dag.get_task(f"update_{name}")
        assert (update.database, update.table) == ("driven_data_db", name)
    for dataset in table["datasets"]:
        jobs[f"transform_{dataset['task']}"] = f"staging_{dataset['name']}"
        update = dag.get_task(f"update_{dataset['task']}")
        assert (update.database, update.table) == ("driven_data_db", dataset["name"])
    assert {task.task_id: task.job_name for task in dag.tasks if hasattr(task, "job_name")} == jobs


def test_every_task_is_documented_and_bounded(dag):
    for task in dag.tasks:
        assert task.doc_md, task.task_id
        assert task.execution_timeout <= datetime.timedelta(hours=1)
        assert task.retries == 3
        assert task.retry_exponential_backoff
    assert dag.doc_md
    assert dag.catchup is False


def scheduled(dag, start: datetime.datetime, end: datetime.datetime) -> list[datetime.datetime]:
    from airflow.serialization.serialized_objects import DagSerialization

    core_dag = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    return [info.logical_date for info in core_dag.iter_dagrun_infos_between(start, end)]


@pytest.mark.parametrize(("month", "hour"), [(1, 5), (7, 4)], ids=["winter", "summer"])
def test_runs_at_seven_in_bucharest(dag, month, hour):
    start = datetime.datetime(2024, month, 10, tzinfo=UTC)
    assert scheduled(dag, start, start + datetime.timedelta(hours=23)) == [start.replace(hour=hour)]


def test_a_backfill_has_one_run_for_each_day(dag):
    start = datetime.datetime(2024, 9, 1, tzinfo=BUCHAREST)
    end = datetime.datetime(2024, 9, 30, 23, 59, tzinfo=BUCHAREST)
    days = [moment.astimezone(BUCHAREST).day for moment in scheduled(dag, start, end)]
    assert days == list(range(1, 31))


def values_of(dag, **params) -> dict:
    """The run's parameters, checked and completed by Airflow."""
    values = copy.deepcopy(dag.params)
    values.update(params)
    return values.validate()


def render(task, run_type: DagRunType, logical_date, run_after, **params):
    """A task with its templates rendered by Airflow for a run, as a worker gets it."""
    dag = task.dag

    class TaskInstance:
        @staticmethod
        def xcom_pull(task_ids: str) -> str:
            return f"s3://bucket/result-of-{task_ids}"

    run = DagRun(
        dag_id=dag.dag_id,
        run_id="run",
        logical_date=logical_date,
        data_interval_start=logical_date,
        data_interval_end=logical_date,
        run_after=run_after,
        start_date=run_after,
        end_date=None,
        run_type=run_type,
        state=DagRunState.RUNNING,
        consumed_asset_events=[],
        partition_key=None,
    )
    task = task.prepare_for_execution()
    task.render_template_fields({"dag": dag, "params": values_of(dag, **params), "dag_run": run, "ti": TaskInstance()})
    return task


EVENING = datetime.datetime(2024, 9, 15, 22, 30, tzinfo=UTC)  # the next day in Bucharest
SEVEN = datetime.datetime(2024, 9, 15, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("run_type", "logical_date", "run_after", "params", "expected"),
    [
        (DagRunType.SCHEDULED, SEVEN, SEVEN, {}, "2024-09-15"),
        (DagRunType.BACKFILL, SEVEN, EVENING, {}, "2024-09-15"),
        (DagRunType.MANUAL, None, EVENING, {}, "2024-09-16"),
        (DagRunType.MANUAL, EVENING, EVENING, {}, "2024-09-16"),
        (DagRunType.MANUAL, None, EVENING, {"run_date": "2024-02-29"}, "2024-02-29"),
    ],
    ids=["scheduled", "backfill", "manual without logical date", "manual", "run_date given"],
)
def test_jobs_get_the_runs_date_and_raw_file(dag, run_type, logical_date, run_after, params, expected):
    for task_id in ("judge_raw_data", "transform_address", "transform_trusted"):
        assert render(dag.get_task(task_id), run_type, logical_date, run_after, **params).script_args == {
            "--run_date": expected,
            "--raw_file": "s3://bucket/result-of-extract_raw_data",
            "--run_id": "run",
        }


def test_tables_get_the_runs_date_as_their_partition(dag):
    for task_id in ("update_address", "update_non_pii_data"):
        update = render(dag.get_task(task_id), DagRunType.SCHEDULED, SEVEN, SEVEN)
        assert update.partition == ("run_date", "2024-09-15")


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"run_date": "2024-09-15", "rows": 0, "seed": -1},
        {"rows": 10_000_000},
        {"source_key": "data/incoming/batch.csv"},
        {"source_key": "data/incoming/a batch.csv.gz"},
    ],
)
def test_sensible_parameters_are_accepted(dag, params):
    assert values_of(dag, **params).items() >= params.items()


@pytest.mark.parametrize(
    "params",
    [
        {"run_date": "15.09.2024"},
        {"run_date": "2024-02-30"},
        {"rows": -1},
        {"rows": 1.5},
        {"rows": "many"},
        {"seed": "x"},
        {"source_key": "/data/batch.csv"},
        {"source_key": "data/batch.xlsx"},
        {"source_key": ""},
    ],
    ids=str,
)
def test_senseless_parameters_are_refused(dag, params):
    with pytest.raises(ParamValidationError):
        values_of(dag, **params)
