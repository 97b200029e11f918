"""The Spark session of one run, the same on Glue, under spark-submit, in a shared JVM and in tests."""

import os

from pyspark import SparkConf, SparkContext
from pyspark.sql import DataFrame, SparkSession

SETTINGS = {
    # Dates and times of the data name no zone, so none may shift them.
    "spark.sql.session.timeZone": "UTC",
    # Unreadable values are looked for by the rules; a cast must not end the job before they speak.
    "spark.sql.ansi.enabled": "false",
    # Dates before 1582 are written as they read in ISO 8601 (Spark's default is to fail).
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.compression.codec": "snappy",
    "spark.sql.adaptive.enabled": "true",
    # What is kept between two passes is read once or twice from disk: compressing it costs more than it saves.
    "spark.sql.inMemoryColumnarStorage.compressed": "false",
    # The checks make long generated methods, and HotSpot leaves methods of more bytes than this uncompiled.
    "spark.sql.codegen.hugeMethodLimit": "8000",
}


# A task goes through so many bytes sooner than Spark sets up the two stages of a shuffle.
SMALL_BYTES = 32 * 2**20


def in_few_steps(rows: DataFrame, size: int) -> DataFrame:
    """Rows of about so many bytes, to be summed up: in one task where they are few, so that nothing is shuffled."""
    return rows.coalesce(1) if size <= SMALL_BYTES else rows


def open_session(name: str, job_run_id: str | None) -> SparkSession:
    """A new session with the job's own settings: in a shared JVM the other runs' sessions keep theirs.

    Spark jobs are grouped under `job_run_id`, so that stopping a run can cancel what it still does.
    """
    spark = (_join_running_context() or SparkSession.builder.appName(name).getOrCreate()).newSession()
    remember_classes(spark)
    for key, value in SETTINGS.items():
        spark.conf.set(key, value)
    if job_run_id:
        spark.sparkContext.setJobGroup(job_run_id, name, interruptOnCancel=True)
    return spark


def remember_classes(spark: SparkSession) -> None:
    """Keeps the JVM's classes that PySpark names at each expression, which py4j would look for in every jar each time:
    https://github.com/py4j/py4j/blob/0.10.9.7/py4j-java/src/main/java/py4j/reflection/TypeUtil.java
    """
    for name in ("functions", "PythonUtils", "SparkSession", "SparkSession$"):
        setattr(spark._jvm, name, getattr(spark._jvm, name))


def _join_running_context() -> SparkSession | None:
    """The session of the JVM behind PYSPARK_GATEWAY_PORT, if a Spark context already runs there.

    Glue and spark-submit start the script with a gateway to a JVM that has no context yet, and the builder
    makes it. A JVM shared by several runs has one, and a second can't be made beside it.
    """
    if "PYSPARK_GATEWAY_PORT" not in os.environ or SparkContext._active_spark_context is not None:
        return None
    SparkContext._ensure_initialized()
    jvm = SparkContext._jvm
    running = jvm.SparkSession.getDefaultSession()
    if not running.isDefined():
        return None
    java_context = jvm.JavaSparkContext(running.get().sparkContext())
    context = SparkContext(jsc=java_context, conf=SparkConf(_jconf=java_context.getConf()))
    return SparkSession(context, running.get())
