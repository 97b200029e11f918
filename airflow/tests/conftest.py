"""Real Airflow in a throwaway home, and a real S3 (MiniStack) on this machine."""

import functools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "airflow" / "dags"
PLUGINS = ROOT / "airflow" / "plugins"
WORK = Path(tempfile.mkdtemp(prefix="driven-data-airflow-tests-"))
DAGS = WORK / "dags"

# Airflow reads its settings when it is imported, so they come before any import of it.
os.environ.update(
    AIRFLOW_HOME=str(WORK / "home"),
    AIRFLOW__CORE__DAGS_FOLDER=str(DAGS),
    AIRFLOW__CORE__PLUGINS_FOLDER=str(PLUGINS),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW_CONN_AWS_DEFAULT='{"conn_type": "aws", "extra": {"region_name": "eu-central-1"}}',
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="eu-central-1",
    AWS_EC2_METADATA_DISABLED="true",
)

import boto3  # noqa: E402
import botocore.session  # noqa: E402
import pytest  # noqa: E402
import yaml  # noqa: E402

# Each hook makes a session of its own, and each session would read AWS's descriptions of its services anew.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)

START_SECONDS = 30
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_EVENTBRIDGE", "AWS_ENDPOINT_URL_CLOUDWATCH")


def pipeline_table(company: str, prefix: str = "") -> dict:
    """The pipeline table as the stack packages it."""
    text = (ROOT / "pipeline" / "pipeline.yaml").read_text(encoding="utf-8")
    table = yaml.safe_load(text.replace("${prefix}", prefix).replace("${company}", company))
    monitoring = {"namespace": f"DrivenData/{company.replace('_', '-')}", "complete_by": "08:00"}
    names = {"company": company, "database": f"{company}_db"}
    return {**table, **names, "job_timeout_minutes": 30, "monitoring": monitoring}


COLUMNS = tuple(column["name"] for column in pipeline_table("driven_data")["raw"]["columns"])


def make_dags_folder(folder: Path, table: dict) -> Path:
    """The DAGs folder as the stack uploads it."""
    shutil.copytree(SOURCES, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pipeline.json").write_text(json.dumps(table, default=str), encoding="utf-8")
    return folder


make_dags_folder(DAGS, pipeline_table("driven_data"))
sys.path[:0] = [str(DAGS), str(PLUGINS)]


def pytest_unconfigure() -> None:
    shutil.rmtree(WORK, ignore_errors=True)


@pytest.fixture(scope="session")
def table() -> dict:
    return pipeline_table("driven_data")


@pytest.fixture(scope="session")
def dag():
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(DAGS))
    assert bag.import_errors == {}
    return bag.dags["driven_data_pipeline"]


@pytest.fixture(autouse=True)
def _no_caller(monkeypatch) -> None:
    """Hooks name their caller in the user agent, and read the source of every frame above them to find it."""
    from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook

    monkeypatch.setattr(AwsGenericHook, "_get_caller", lambda *_: "Unknown")


@pytest.fixture(scope="session")
def s3():
    """The client of a MiniStack of our own, which Airflow's hooks find by AWS_ENDPOINT_URL_S3 and the others'."""
    program = Path(os.environ.get("MINISTACK") or ROOT / ".venv" / "sandbox" / "bin" / "ministack")
    if not program.exists():
        pytest.fail(f"{program} is missing; run `make setup`, or let MINISTACK name MiniStack's executable")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    scratch = WORK / "ministack"
    scratch.mkdir()
    environment = {
        **os.environ,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_REGION": "eu-central-1",
        "IOT_MTLS_ENABLED": "0",
        "S3_DATA_DIR": str(scratch / "s3"),
        "TMPDIR": str(scratch),
    }
    log = (scratch / "log").open("wb")
    process = subprocess.Popen([program], env=environment, cwd=scratch, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _ready(f"{url}/_ministack/ready"):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"MiniStack didn't start:\n{(scratch / 'log').read_text()}")
            time.sleep(0.1)
        os.environ.update(dict.fromkeys(ENDPOINTS, url))
        yield boto3.client("s3", endpoint_url=url)
    finally:
        for name in ENDPOINTS:
            os.environ.pop(name, None)
        process.terminate()
        process.wait(timeout=10)
        log.close()


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.fixture
def bucket(s3, monkeypatch) -> str:
    """An empty bucket, known to the DAG by its Variables."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    monkeypatch.setenv("AIRFLOW_VAR_S3_BUCKET_NAME", name)
    monkeypatch.setenv("AIRFLOW_VAR_S3_FILE_PATH", "data/raw/raw_batch_data")
    return name
