"""A real emulator with the front before it, in this process; Spark's JVM starts with the first job run."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import aws, processes
from sandbox.service import serve
from sandbox.settings import Settings

REGION = "eu-central-1"
BUCKET = "lake"
ROLE = "arn:aws:iam::000000000000:role/glue"
ENVIRONMENT = dict(os.environ)  # the machine's own, before a fixture changes it


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


class Sandbox:
    """The service's settings and clients, and short ways to define jobs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.s3, self.glue, self.logs = (self.client(name) for name in ("s3", "glue", "logs"))

    def client(self, service: str, access: aws.Access = aws.ADMINISTRATOR) -> Any:
        return aws.client(service, self.settings.endpoint, REGION, access)

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
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            run = self.glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
            if done(run):
                return run
            time.sleep(0.1)
        raise AssertionError(f"{job} is {run['JobRunState']} after {seconds} s: {run.get('ErrorMessage')}")

    def log(self, group: str, stream: str) -> list[str]:
        events = self.logs.filter_log_events(logGroupName=group, logStreamNames=[stream])["events"]
        return [event["message"] for event in events]

    def status(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.settings.endpoint}/_sandbox/status", timeout=5) as answer:
            return json.loads(answer.read())


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Own folder and port; the Spark jars and the Python environments are the project's."""
    home = tmp_path_factory.mktemp("sandbox")
    env = {**os.environ, "PORT": str(processes.free_port())}
    project = Settings.from_environment(env)
    (home / "spark-jars").symlink_to(project.spark_jars)
    (home / "trino").symlink_to(project.trino)
    return dataclasses.replace(project, build_dir=Path(home))


@pytest.fixture(scope="session")
def sandbox(settings: Settings) -> Iterator[Sandbox]:
    os.environ["JAVA_HOME"] = "/the/machines/own"  # must not matter to Spark
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve(settings, REGION, "test", stop))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    box = Sandbox(settings)
    _await(box.status)
    box.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    make_role(box, "glue", {"Effect": "Allow", "Action": "*", "Resource": "*"})
    yield box
    loop.call_soon_threadsafe(stop.set)
    thread.join(30)
    assert not processes.ours(settings.home), "the service left processes behind"


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


def _await(ask: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            ask()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
