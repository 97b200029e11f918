"""No log of ours prints a row's value: days full of one person's, and a search in everything that they tell.

The days run on the real Airflow and Spark, whose log is as talkative as Glue's: one that is sound but for its
quarantine, one with too many bad rows, one whose header is joined with a row, and jobs that fail over rows. What the
sound one tells OpenLineage is looked at too.
"""

from __future__ import annotations

import base64
import json
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ops.errors import CommandError
from sandbox.dag import DagRun
from sandbox.settings import ROOT
from sandbox.tests.conftest import Sandbox, awaited
from sandbox.tests.deployed import Deployed
from sandbox.tests.everything import Everything, search

sys.path.append(str(ROOT / "glue" / "tests"))
from raw_files import HEADER, csv_text, line_of, row

SOUND, BAD, JOINED = date(2024, 5, 6), date(2024, 5, 7), date(2024, 5, 8)
DAG = "people_data_pipeline"
# Of a person who is nobody, in every row. A value that doesn't fit has the name in it, whatever its column.
SURNAME = "Quillon-Zvonimirescu"
PERSON = row(
    person_name=f"{SURNAME} Ștefan",
    user_name="quillon-zvonimirescu",
    email="quillon-zvonimirescu@marked.example",
    birth_date="1911-11-13",
    address=f"Strada {SURNAME} Nr. 7, Brașov",
    phone="0799 313 717",
    mac_address="d7:3b:91:c2:5e:f8",
    ip_address="203.171.59.244",
    accessed_at="2003-07-19 05:43:17",
    consumed_traffic="1987653",
)
SESSION = "-7e1d-4c3a-9d2f-d1e5c0ffee42"
SESSIONS = [PERSON | {"unique_id": f"5b1c{number:04x}{SESSION}"} for number in range(600)]
# Too short to be told from other numbers: the session's length and the speeds.
MARKS = [SURNAME, SESSION, *(PERSON[each] for each in (*HEADER[:11], "consumed_traffic"))]
FREE = ("person_name", "user_name", "address")  # any text fits


def misfits() -> bytes:
    """Lines that don't fit, in each way."""
    sessions = iter(SESSIONS[-40:])
    bad = [line_of(next(sessions) | {column: f"{SURNAME} {column}"}) for column in HEADER if column not in FREE]
    bad += [line_of(next(sessions) | {column: ""}) for column in ("person_name", "birth_date", "session_duration")]
    bad += [line_of(next(sessions)) + f",{SURNAME}", line_of(next(sessions)).partition(",")[0]]
    bad += [line_of(next(sessions)).replace("Strada", '"Strada', 1), line_of(SESSIONS[0])]
    return "\n".join(bad).encode() + b"\n" + line_of(next(sessions)).encode().replace("ș".encode(), b"\xff") + b"\n"


@pytest.fixture(scope="module")
def told(sandbox: Sandbox, people: Deployed) -> Iterator[Everything]:
    """By the days, which have run."""
    told = Everything(sandbox, people.resources, people.bucket)
    set_log_level(sandbox, "INFO")  # as Glue's
    header, first = csv_text(SESSIONS[:9]).split("\n", 1)
    files = {
        SOUND: csv_text(SESSIONS[:-40]).encode() + misfits(),
        BAD: csv_text([]).encode() + misfits(),
        JOINED: f"{header},{first}".encode(),
    }
    ended = run_days(people, files)
    assert ended.keys() == {BAD, JOINED}, ended
    assert "TooManyBadRows" in ended[BAD]
    assert "doesn't start with the raw table's header" in ended[JOINED]
    fail_over_rows(people, files[JOINED])
    set_log_level(sandbox, "WARN")
    yield told
    told.close()


def set_log_level(sandbox: Sandbox, level: str) -> None:
    """Of Spark, in the JVM that the days' jobs share."""
    context = "SparkSession.builder.getOrCreate().sparkContext"
    job = sandbox.job("sets-log-level", f"from pyspark.sql import SparkSession\n{context}.setLogLevel('{level}')")
    assert sandbox.run(job)["JobRunState"] == "SUCCEEDED"


def run_days(people: Deployed, files: dict[date, bytes]) -> dict[date, str]:
    """What make sandbox would say of the runs that failed."""
    airflow = people.airflow()
    environment = airflow.sync(next(iter(people.document["resource"]["aws_mwaa_environment"].values()))["name"])
    ended: dict[date, str] = {}
    for day, content in files.items():
        key = f"data/incoming/{day}.csv"
        people.sandbox.s3.put_object(Bucket=people.bucket, Key=key, Body=content)
        try:
            DagRun(airflow, environment, DAG, day, {"source_key": key}, lambda *_: None).run()
        except CommandError as error:
            ended[day] = str(error)
            (airflow.settings.logs / f"told-{day}.log").write_text(ended[day])
    return ended


def fail_over_rows(people: Deployed, joined: bytes) -> None:
    """Jobs that come upon rows where they can't use them."""
    clean = f"data/clean/run_date={SOUND}/part-00000.snappy.parquet"
    for key in (f"data/raw/raw_batch_data_{JOINED}.csv", clean):
        assert key != clean or key in people.objects("data/clean/")
        people.sandbox.s3.put_object(Bucket=people.bucket, Key=key, Body=joined)
    assert error_of(people, "judge_raw_data", JOINED).startswith(f"RawFileRefused: {JOINED}: ")
    assert "can't be copied" in error_of(people, "staging_dim_person", SOUND)
    assert error_of(people, "trusted_data", SOUND)


def error_of(people: Deployed, job: str, day: date) -> str:
    raw_file = f"s3://{people.bucket}/data/raw/raw_batch_data_{day}.csv"
    run = people.sandbox.run(job, Arguments={"--run_date": str(day), "--raw_file": raw_file})
    assert run["JobRunState"] == "FAILED"
    return run["ErrorMessage"]


def test_no_rows_value_is_told(told: Everything) -> None:
    places = told.places()
    kinds = Counter(place.partition(" ")[0] for place in places)
    assert kinds.keys() == {"log", "event", "message", "metric", "job", "crawler", "object", "file"}
    for part in (
        *("file logs/spark.log", "file logs/service.log", "file logs/emulator.log", "file calls.json"),
        *(f"file logs/dag-people-data-{day}.log" for day in (SOUND, BAD, JOINED)),
        "file airflow/people-data/airflow.db",
        "metric DrivenData/people-data QuarantinedRows [{'Name': 'Reason', 'Value': 'birth_date:date'}]",
        f"object data/metrics/judgement/run_date={SOUND}/metrics.json",
    ):
        assert places.get(part), part
    assert b" INFO " in places["file logs/spark.log"]
    runs = [json.loads(run) for place, run in places.items() if place.startswith("job")]
    ours = [run for run in runs if "people-data-bucket" in str(run["Arguments"])]
    failed = [run for run in ours if run["JobRunState"] == "FAILED"]
    assert len(failed) == 4
    logs = "\n".join(place for place in places if place.startswith("log"))
    assert all(run["Id"] in logs for run in failed), "a failed job's log wasn't searched"
    assert search(places, MARKS) == []


@pytest.mark.parametrize(
    "text",
    [
        f"name={SURNAME};",
        SURNAME.upper(),
        json.dumps({"address": PERSON["address"]}),
        repr(PERSON["address"].encode()),
        "https://x.example/?at=2003-07-19%2005%3A43%3A17",
        "https://x.example/?at=2003-07-19+05%3A43%3A17",
        *(base64.b64encode(f"{lead}{SURNAME} 1".encode()).decode() for lead in ("", "1", "12")),
        SURNAME.encode().hex(),
    ],
)
def test_the_search_finds_a_value_in_any_form(text: str) -> None:
    assert search({"here": text.encode(), "elsewhere": b"Quillon, Zvonimirescu, 05:43:17"}, MARKS)


def test_the_search_finds_what_is_told_on_purpose(sandbox: Sandbox, people: Deployed, told: Everything) -> None:
    """A value of its own, in each kind of place."""
    value = "Planted-Wolmirstedt"
    print_and_fail = f"import sys\nprint('{value}')\nsys.stderr.write('{value}')\nraise ValueError('{value}')"
    run = sandbox.run(sandbox.job("tells", print_and_fail))
    detail = json.dumps({"day": "2024-05-06", "task": "any", "error": value, "run": "any"})
    event = {"Source": "DrivenData/people-data", "DetailType": "Task Failed", "Detail": detail}
    sandbox.client("events").put_events(Entries=[event])
    metric = {"MetricName": "Any", "Value": 1, "Dimensions": [{"Name": "Reason", "Value": value}]}
    sandbox.client("cloudwatch").put_metric_data(Namespace="DrivenData/people-data", MetricData=[metric])
    keys = ("data/metrics/planted.json", "data/metrics/lineage/planted.json")
    for key in keys:
        sandbox.s3.put_object(Bucket=people.bucket, Key=key, Body=base64.b64encode(f'{{"a": "{value}"}}'.encode()))
    (sandbox.settings.logs / "planted.log").write_text(value)

    def places() -> list[str]:
        places = [place for place, _ in search(told.places(), [value])]
        return places if any(place.startswith("message") for place in places) else []

    found = awaited(places, "the message", 10)
    for key in keys:
        sandbox.s3.delete_object(Bucket=people.bucket, Key=key)
    assert {f"log /aws-glue/jobs/{stream} {run['Id']}" for stream in ("output", "error")} <= set(found)
    assert {f"job run tells {run['Id']}", "file logs/planted.log"} <= set(found)
    assert {f"object {key}" for key in keys} <= set(found)
    kinds = Counter(place.partition(" ")[0] for place in found)
    assert (kinds["event"], kinds["message"], kinds["metric"]) == (2, 1, 1)


def test_a_runs_seconds_count_from_its_own_start(sandbox: Sandbox, told: Everything) -> None:
    """Not from the morning of the day that it is of."""
    now = datetime.now(UTC)
    (found,) = sandbox.client("cloudwatch").get_metric_statistics(
        Namespace="DrivenData/people-data",
        MetricName="RunSeconds",
        StartTime=now - timedelta(days=1),
        EndTime=now,
        Period=86_400,
        Statistics=["Maximum"],
    )["Datapoints"]
    assert 0 < found["Maximum"] < 3_600


# --- OpenLineage ---


@pytest.fixture(scope="module")
def events(told: Everything) -> list[dict[str, Any]]:
    return [
        json.loads(text)
        for place, text in told.places().items()
        if place.startswith("object data/metrics/lineage/event")
    ]


@pytest.fixture(scope="module")
def completed(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The sound day's events, by task. Of the tasks that move data, the other days have but extract_raw_data's."""
    ended = [event for event in events if event["eventType"] == "COMPLETE"]
    return {event["job"]["name"].removeprefix(f"{DAG}."): event for event in ended}


def columns(output: dict[str, Any]) -> dict[str, list[tuple[str, str, str | None, bool]]]:
    """Of each column of an output what it is made of: dataset, column, change, and whether it is masked."""
    return {
        name: [
            (each["name"], each["field"], change.get("subtype"), change["masking"])
            for each in made["inputFields"]
            for change in each["transformations"]
        ]
        for name, made in output["facets"]["columnLineage"]["fields"].items()
    }


def test_events_have_the_form_of_openlineage(events: list[dict[str, Any]]) -> None:
    """What its schema asks of each event: https://openlineage.io/spec/2-0-2/OpenLineage.json"""
    for event in events:
        assert {"eventTime", "eventType", "job", "producer", "run", "schemaURL"} <= event.keys()
        assert datetime.fromisoformat(event["eventTime"]).tzinfo
        uuid.UUID(event["run"]["runId"])
        assert (event["job"]["namespace"], event["job"]["name"].split(".")[0]) == ("people-data", DAG)
        for part in (event["run"], event["job"], *event["inputs"], *event["outputs"]):
            for facet in (*part.get("facets", {}).values(), *part.get("outputFacets", {}).values()):
                assert {"_producer", "_schemaURL"} <= facet.keys()
    assert not any("sourceCode" in event["job"]["facets"] for event in events)


def test_each_run_begins_and_ends_once(events: list[dict[str, Any]]) -> None:
    ends: dict[str, list[str]] = {}
    for event in sorted(events, key=lambda event: event["eventTime"]):
        ends.setdefault(event["run"]["runId"], []).append(event["eventType"])
    tasks = {run: states for run, states in ends.items() if states[0] == "START"}
    assert {tuple(dict.fromkeys(states)) for states in tasks.values()} <= {("START", "COMPLETE"), ("START", "FAIL")}
    failed = [event for event in events if event["eventType"] == "FAIL" and event["job"]["name"] != DAG]
    assert {event["job"]["name"].removeprefix(f"{DAG}.") for event in failed} == {"judge_raw_data", "extract_raw_data"}
    assert all("message" in event["run"]["facets"]["errorMessage"] for event in failed)


def test_the_judges_event(completed: dict[str, dict[str, Any]]) -> None:
    (raw,) = completed["extract_raw_data"]["outputs"]
    event = completed["judge_raw_data"]
    (read,) = event["inputs"]
    assert (raw["namespace"], raw["name"]) == (read["namespace"], read["name"])
    assert (read["namespace"], read["name"]) == ("s3://people-data-bucket", "data/raw")
    clean, quarantine = event["outputs"]
    assert (clean["name"], quarantine["name"]) == ("data/clean", "data/quarantine")
    rows = [each["outputFacets"]["outputStatistics"]["rowCount"] for each in event["outputs"]]
    assert sum(rows) == read["inputFacets"]["inputStatistics"]["rowCount"]
    assert rows[1] == 21
    assert columns(clean)["iban"] == [("data/raw", "iban", "IDENTITY", False)]
    assert columns(clean)["birth_date"] == [("data/raw", "birth_date", "TRANSFORMATION", False)]
    assert [each["field"] for each in clean["facets"]["columnLineage"]["dataset"]] == HEADER
    assert [each[1] for each in columns(quarantine)["record"]] == HEADER


def test_a_staging_tables_event(completed: dict[str, dict[str, Any]]) -> None:
    event = completed["transform_finance"]
    (table,) = event["outputs"]
    assert ([each["name"] for each in event["inputs"]], table["name"]) == (["data/clean"], "data/staging/dim_finance")
    assert columns(table) == {name: [("data/clean", name, "IDENTITY", False)] for name in ("unique_id", "iban")}
    assert [(each["name"], each["type"]) for each in table["facets"]["schema"]["fields"]] == [
        ("unique_id", "string"),
        ("iban", "string"),
    ]
    assert table["outputFacets"]["outputStatistics"]["rowCount"] == 560


def test_the_departments_event(completed: dict[str, dict[str, Any]]) -> None:
    event = completed["transform_trusted"]
    tables = {each["name"].removeprefix("data/trusted/"): each for each in event["outputs"]}
    assert tables.keys() == {"payment_data", "technical_data", "pii_data", "non_pii_data"}
    payment = columns(tables["payment_data"])
    assert payment["iban"] == [("data/clean", "iban", None, False)]
    assert {each[1] for each in payment["payment_amount"]} == {
        *("download_speed", "upload_speed", "consumed_traffic", "session_duration"),
    }
    assert columns(tables["non_pii_data"])["iban"] == [("data/clean", "iban", None, True)]
    assert columns(tables["non_pii_data"])["accessed_at"] == [("data/clean", "accessed_at", None, False)]
    assert not any(each[3] for made in columns(tables["pii_data"]).values() for each in made)
