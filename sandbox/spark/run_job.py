"""Runs one Glue job script on the shared Spark JVM. Runs in the Glue environment, one process for each job run.

run_job.py <run.json>: ``script``, ``py_files`` (as --extra-py-files), ``arguments``, ``result`` (the file to write the
outcome to) and ``group`` (the Spark job group). The script sees an ordinary start: its own arguments, and a
SparkSession of its own from ``SparkSession.builder.getOrCreate()``.
"""

import json
import os
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any

from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession


def main() -> None:
    run = json.loads(Path(sys.argv[1]).read_text())
    error = ""
    try:
        _join(run)
        sys.argv = [run["script"], *run["arguments"]]
        sys.path.insert(0, str(Path(run["script"]).parent))
        runpy.run_path(run["script"], run_name="__main__")
    except SystemExit as leaving:
        if leaving.code not in (None, 0):
            error = f"SystemExit: {leaving.code}"
    except BaseException as failure:
        traceback.print_exc()
        error = _as_glue_shows(failure)
    Path(run["result"]).write_text(json.dumps({"error": error}))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1 if error else 0)  # without the exit hooks, which would close the JVM's side of other runs


def _join(run: dict[str, Any]) -> None:
    """Makes the JVM's context this process's, with a session of its own: no temporary views or settings are shared."""
    gateway = launch_gateway()  # joins the JVM that PYSPARK_GATEWAY_PORT names
    jvm = gateway.jvm
    default = jvm.org.apache.spark.sql.SparkSession.getDefaultSession().get()
    java_context = jvm.org.apache.spark.api.java.JavaSparkContext(default.sparkContext())
    context = SparkContext(gateway=gateway, jsc=java_context, conf=SparkConf(_jconf=java_context.getConf()))
    # As the job's role: the first run's decides, and the JVM has only runs of one role.
    hadoop = java_context.hadoopConfiguration()
    hadoop.set("fs.s3a.access.key", os.environ["AWS_ACCESS_KEY_ID"])
    hadoop.set("fs.s3a.secret.key", os.environ["AWS_SECRET_ACCESS_KEY"])
    SparkSession(context, default.newSession())
    # A script's stop() ends its own session only.
    SparkSession.stop = lambda self: None
    SparkContext.stop = lambda self: None
    context.setJobGroup(run["group"], run["script"], interruptOnCancel=True)
    for path in run["py_files"]:
        context.addPyFile(path)


def _as_glue_shows(failure: BaseException) -> str:
    """The exception's type and message without the Java trace that Spark's exceptions carry."""
    message = str(failure)
    for mark in ("\n\nJVM stacktrace:", "\n\tat "):
        message = message.partition(mark)[0]
    return f"{type(failure).__name__}: {message.strip()}"[:4000]


if __name__ == "__main__":
    main()
