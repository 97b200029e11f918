"""The Spark that the tests and the benchmark run on."""

import sys
from pathlib import Path

from pyspark.sql import SparkSession


def test_spark_runs_on_the_pinned_java(spark: SparkSession) -> None:
    system = spark._jvm.java.lang.System
    assert system.getProperty("java.specification.version") == "17"
    assert Path(system.getProperty("java.home")) == (Path(sys.prefix) / "jvm").resolve()
