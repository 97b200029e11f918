"""One Spark and one emulator for all tests, and a data lake of its own for each: in a folder, or in a bucket."""

import json
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from pyspark.sql import SparkSession

sys.path[:0] = [str(Path(__file__).parents[1] / "lib"), str(Path(__file__).parent)]

from emulator import REGION, emulator  # noqa: E402
from judged import Judge, job_session  # noqa: E402
from lake import DATABASE, PROJECT, Lake, S3Lake, packaged  # noqa: E402
from local_storage import allow_folders  # noqa: E402

from driven_data_glue.table import PipelineTable, parse_table  # noqa: E402

allow_folders()
# Room for all the code that Spark generates: with the 48 MB of C1 alone, HotSpot sweeps and compiles it anew.
JVM_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m"


@pytest.fixture(scope="session", autouse=True)
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The emulator's, which boto3 and Spark find in the environment, as the jobs find AWS's on Glue."""
    with emulator(tmp_path_factory.mktemp("emulator")) as address:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ |= {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "NO_PROXY": "127.0.0.1,localhost",
        }
        yield address


@pytest.fixture(scope="session", autouse=True)
def spark(endpoint: str) -> Iterator[SparkSession]:
    """Two cores, few shuffle partitions and a JVM that starts fast; the jobs find it as they find Glue's."""
    jars = PROJECT / "build" / "spark-jars"
    assert list(jars.glob("hadoop-aws-*.jar")), f"{jars} is empty; run make setup"
    os.environ["JAVA_HOME"] = str(Path(sys.prefix) / "jvm")  # pinned with the environment (bin/make-venv)
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.codegen.cache.maxEntries", "1000")  # all the jobs' code; the default keeps 100 classes
        .config("spark.driver.memory", "1g")
        .config("spark.driver.extraJavaOptions", JVM_OPTIONS)
        .config("spark.driver.extraClassPath", f"{jars}/*")
        .config("spark.hadoop.fs.s3.impl", "org.apache.hadoop.fs.s3a.S3AFileSystem")
        .config("spark.hadoop.fs.s3a.endpoint", endpoint)
        .config("spark.hadoop.fs.s3a.endpoint.region", REGION)
        .config("spark.hadoop.fs.s3a.path.style.access", "true")
        .config("spark.hadoop.fs.s3a.connection.ssl.enabled", "false")
        .config(
            "spark.hadoop.fs.s3a.aws.credentials.provider", "com.amazonaws.auth.EnvironmentVariableCredentialsProvider"
        )
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture(scope="session")
def pipeline_table() -> dict[str, Any]:
    """As the stack packages it."""
    text = (PROJECT / "pipeline" / "pipeline.yaml").read_text()
    table = yaml.safe_load(text.replace("${prefix}", "").replace("${company}", "driven_data"))
    return json.loads(json.dumps({"database": DATABASE, **packaged(table)}, default=str))  # days are text in JSON


@pytest.fixture
def lake(tmp_path: Path, pipeline_table: dict[str, Any]) -> Lake:
    return Lake(tmp_path).create(pipeline_table)


@pytest.fixture(scope="session")
def aws(endpoint: str) -> Any:
    """Makes clients of the emulator."""
    session = boto3.Session()
    return session.client


@pytest.fixture(scope="session")
def pseudonym_key(aws: Any) -> str:
    """The ARN of an HMAC key in KMS, as the stack makes it."""
    key = aws("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    return key["KeyMetadata"]["Arn"]


@pytest.fixture
def s3_lake(aws: Any, pipeline_table: dict[str, Any]) -> S3Lake:
    lake = S3Lake(f"lake-{uuid.uuid4()}", aws("s3"), aws("glue"))
    lake.create(pipeline_table)
    return lake


@pytest.fixture(scope="session")
def table(pipeline_table: dict[str, Any]) -> PipelineTable:
    return parse_table(json.dumps(pipeline_table), "pipeline.json")


@pytest.fixture
def judge(spark: SparkSession, table: PipelineTable, tmp_path: Path) -> Judge:
    return Judge(job_session(spark), table, tmp_path)
