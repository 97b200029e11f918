"""Both ways of making the five tables of a day, on the Spark that they are measured on."""

import json
import os
import runpy
import sys
import time
from pathlib import Path
from typing import Any

import walkthrough
import yaml
from lake import PROJECT, BenchLake
from pyspark.sql import SparkSession

sys.path.insert(0, str(PROJECT / "glue" / "lib"))  # the jobs' library, where Glue has it too
sys.path.append(str(PROJECT / "glue" / "tests"))  # for local_storage
WORK = PROJECT / "build" / "bench"
WARM_UPS = 2  # turns until HotSpot has compiled the most of it


def pipeline_table() -> dict[str, Any]:
    """The pipeline table as the measured jobs get it."""
    text = (PROJECT / "pipeline" / "pipeline.yaml").read_text()
    table = yaml.safe_load(text.replace("${prefix}", "").replace("${company}", "driven_data"))
    del table["trusted"]  # their SQL is packaged with them
    return json.loads(json.dumps({"database": "driven_data_db", **table}, default=str))


def open_spark(heap: str, java_options: str = "") -> SparkSession:
    """Spark on two cores. heap: the JVM's, which bounds the jobs' memory."""
    os.environ["JAVA_HOME"] = str(Path(sys.prefix) / "jvm")  # pinned with the environment (bin/make-venv)
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.sql.codegen.cache.maxEntries", "1000")  # all the jobs' code; the default keeps 100 classes
        .config("spark.driver.memory", heap)
        .config("spark.driver.extraJavaOptions", java_options)
        .config("spark.local.dir", str(WORK / "spark"))
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    return spark


class Ways:
    """Both ways of making the five tables of a day."""

    def __init__(self, spark: SparkSession, table: dict[str, Any]) -> None:
        self._spark = spark
        self._columns = {dataset["name"]: dataset["columns"] for dataset in table["datasets"]}
        from local_storage import allow_folders

        allow_folders()
        jobs = PROJECT / "glue" / "jobs"
        scripts = ["judge_raw_data", *(f"staging_{name}" for name in self._columns)]
        self._jobs = {name: runpy.run_path(str(jobs / f"{name}.py"))["main"] for name in scripts}

    def ours(self, lake: BenchLake) -> dict[str, float]:
        """Gives each job's seconds."""
        seconds = {}
        for name, main in self._jobs.items():
            started = time.perf_counter()
            main(lake.job_arguments())
            seconds[name] = time.perf_counter() - started
        return seconds

    def walkthrough(self, lake: BenchLake) -> dict[str, float]:
        for name, columns in self._columns.items():
            walkthrough.run(self._spark, lake.root / "data" / "raw", lake.root / "console" / name, columns)
        return {}
