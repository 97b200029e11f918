"""The Spark session of one run, the same on Glue, in the sandbox and in tests."""

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
    # The checks make long generated methods, and HotSpot leaves methods of more bytes than this uncompiled.
    "spark.sql.codegen.hugeMethodLimit": "8000",
}

# Of the Parquet files that the jobs write.
WRITING = {
    "parquet.enable.dictionary": "false",  # most values are unlike all others
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
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
    spark = SparkSession.builder.appName(name).getOrCreate().newSession()
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
