"""A real emulator with the front before it, in this process; Spark's JVM starts with the first job run."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from aiohttp.typedefs import Middleware

from sandbox import aws, lifecycle, processes
from sandbox.service import serve
from sandbox.settings import Settings, leave_users_aws

if TYPE_CHECKING:
    from sandbox.tests.deployed import Deployed

REGION = "eu-central-1"
BUCKET = "lake"
ROLE = "arn:aws:iam::000000000000:role/glue"
ENVIRONMENT = dict(os.environ)  # the machine's own, before a fixture changes it
leave_users_aws()


PARQUET: dict[str, Any] = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}
OPEN_CSV: dict[str, Any] = {
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
        "Parameters": {"separatorChar": ",", "quoteChar": '"', "escapeChar": "\\"},
    },
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What ends a JVM that other tests have warmed comes last: the next one starts cold.

    Each role of jobs has a JVM of its own, which ends the idle one of another role.
    """
    items.sort(key=lambda item: [part in item.nodeid for part in ("test_forget.py", "_a_dead_jvm_", "_trinos_death_")])


Columns = Sequence[tuple[str, str]]
Found = TypeVar("Found")


class Sandbox:
    """The service's settings and clients, and short ways to define jobs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.s3, self.glue, self.logs = (self.client(name) for name in ("s3", "glue", "logs"))

    def client(self, service: str, access: aws.Access = aws.ADMINISTRATOR) -> Any:
        return aws.client(service, self.settings.endpoint, REGION, access)

    def bucket(self, name: str) -> None:
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})

    def table(
        self,
        database: str,
        name: str,
        columns: Columns,
        location: str,
        keys: Columns = (),
        form: dict[str, Any] = PARQUET,
        **parameters: str,
    ) -> None:
        """Columns and keys by name and type; form: of the storage; parameters: the table's."""
        storage = {"Columns": _described(columns), "Location": location, **form}
        given = {"Name": name, "TableType": "EXTERNAL_TABLE", "PartitionKeys": _described(keys)}
        given |= {"Parameters": {"EXTERNAL": "TRUE", **parameters}, "StorageDescriptor": storage}
        self.glue.create_table(DatabaseName=database, TableInput=given)

    def partition(self, database: str, table: str, values: list[str], location: str) -> None:
        """Registers a partition that is stored as its table."""
        storage = self.glue.get_table(DatabaseName=database, Name=table)["Table"]["StorageDescriptor"]
        given = {"Values": values, "StorageDescriptor": {**storage, "Location": location}}
        self.glue.create_partition(DatabaseName=database, TableName=table, PartitionInput=given)

    def job(self, name: str, script: str, **more: Any) -> str:
        """Defines a job that runs this Python text."""
        self.s3.put_object(Bucket=BUCKET, Key=f"jobs/{name}.py", Body=script.encode())
        command = {"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/jobs/{name}.py", "PythonVersion": "3"}
        self.glue.delete_job(JobName=name)  # another test's, if there is one
        self.glue.create_job(**{"Name": name, "Role": ROLE, "Command": command, "GlueVersion": "5.0", **more})
        return name

    def run(self, job: str, until: Callable[[dict[str, Any]], bool] | None = None, **more: Any) -> dict[str, Any]:
        """Starts a run and waits for its end, or for another condition."""
        run_id = self.glue.start_job_run(JobName=job, **more)["JobRunId"]
        return self.wait(job, run_id, until)

    def wait(
        self, job: str, run_id: str, until: Callable[[dict[str, Any]], bool] | None = None, seconds: int = 180
    ) -> dict[str, Any]:
        done = until or (lambda run: run["JobRunState"] in ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT"))

        def there() -> dict[str, Any] | None:
            run = self.glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
            return run if done(run) else None

        return awaited(there, f"the end of a run of {job}", seconds)

    def log(self, group: str, stream: str) -> list[str]:
        events = self.logs.filter_log_events(logGroupName=group, logStreamNames=[stream])["events"]
        return [event["message"] for event in events]

    def status(self) -> dict[str, Any]:
        return lifecycle.status_on(self.settings.port)


def own_settings(home: Path) -> Settings:
    """Own folder and port; the Spark jars and the Python environments are the project's."""
    project = Settings.from_environment({**os.environ, "PORT": str(processes.free_port())})
    (home / "spark-jars").symlink_to(project.spark_jars)
    (home / "trino").symlink_to(project.trino)
    return dataclasses.replace(project, build_dir=home)


@contextmanager
def serving(settings: Settings, before: Sequence[Middleware] = ()) -> Iterator[asyncio.AbstractEventLoop]:
    """The service, in a thread's event loop."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    service = serve(settings, REGION, "test", stop, before)
    thread = threading.Thread(target=lambda: loop.run_until_complete(service), daemon=True)
    thread.start()
    awaited(lambda: lifecycle.status_on(settings.port), "the service is ready")
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
    # A killed JVM takes a moment to give its memory back.
    awaited(lambda: not processes.ours(settings.home), "no process of the service is left", 10)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    os.environ["JAVA_HOME"] = "/the/machines/own"  # must not matter to Spark
    settings = own_settings(tmp_path_factory.mktemp("sandbox"))
    with serving(settings):
        box = Sandbox(settings)
        box.bucket(BUCKET)
        make_role(box, "glue", {"Effect": "Allow", "Action": "*", "Resource": "*"})
        yield box


def awaited(ask: Callable[[], Found], what: str, seconds: float = 60, pause: float = 0.1) -> Found:
    """What is asked for over and over, once it is there."""
    deadline = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(pause)
    return found


def ended(athena: Any, query: str) -> dict[str, Any]:
    """A query's execution at its end."""

    def there() -> dict[str, Any] | None:
        execution = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        return execution if execution["Status"]["State"] not in ("QUEUED", "RUNNING") else None

    return awaited(there, f"the end of {query}", 120, pause=0.02)


def parquet(table: pa.Table, **options: Any) -> bytes:
    """A file's content."""
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def _described(columns: Columns) -> list[dict[str, str]]:
    return [{"Name": name, "Type": kind} for name, kind in columns]


@pytest.fixture(scope="session")
def people(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """A whole stack in the emulator, which takes seconds to make."""
    from sandbox.tests.deployed import Deployed

    return Deployed(sandbox, tmp_path_factory.mktemp("people"))


def make_role(box: Sandbox, name: str, *statements: dict[str, Any], trusted: Any = None, boundary: str = "") -> str:
    """A role that Glue, or somebody else, may assume, with these statements; returns its ARN."""
    iam = box.client("iam")
    trust = {"Effect": "Allow", "Principal": trusted or {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    limited = {"PermissionsBoundary": boundary} if boundary else {}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust), **limited)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=document(*statements))
    return role


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
