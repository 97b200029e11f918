"""One Spark for all tests, and a data lake in a temporary folder for each."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pyspark.sql import SparkSession

sys.path[:0] = [str(Path(__file__).parents[1] / "lib"), str(Path(__file__).parent)]

from lake import PROJECT, Lake  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def spark() -> Iterator[SparkSession]:
    """Two cores, few shuffle partitions and a JVM that starts fast; the jobs find it as they find Glue's."""
    os.environ["JAVA_HOME"] = str(Path(sys.prefix) / "jvm")  # pinned with the environment (bin/make-venv)
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.codegen.cache.maxEntries", "1000")  # all the jobs' code; the default keeps 100 classes
        .config("spark.driver.memory", "1g")
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    text = (PROJECT / "pipeline" / "pipeline.yaml").read_text()
    table = yaml.safe_load(text.replace("${prefix}", "").replace("${company}", "driven_data"))
    (tmp_path / "pipeline.json").write_text(json.dumps(table))
    return Lake(tmp_path)
