"""Launches the shared Spark JVM and holds it. Runs in the Glue environment, as a process of its own.

host.py <file>: writes ``{"port": …, "secret": …}`` into the file once Spark is up; then takes job groups to cancel, one
a line, on its standard input, and ends with it. This process and the JVM end with each other.
"""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from pyspark import SparkContext
from pyspark.sql import SparkSession

CANCEL_SECONDS = 30


def main() -> None:
    session = SparkSession.builder.getOrCreate()
    context = session.sparkContext
    context.setLogLevel("WARN")
    gateway = context._gateway.gateway_parameters
    unfinished = Path(f"{sys.argv[1]}.new")
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps({"port": gateway.port, "secret": gateway.auth_token}))
    unfinished.rename(sys.argv[1])
    threading.Thread(target=_end_with, args=[context._gateway.proc], daemon=True).start()
    for line in sys.stdin:
        threading.Thread(target=_cancel, args=[context, line.strip()], daemon=True).start()


def _cancel(context: SparkContext, group: str) -> None:
    """Cancels a stopped run's Spark jobs; also those that a call under way in the JVM begins only after the stop."""
    for _ in range(CANCEL_SECONDS):
        context._jsc.sc().cancelJobGroup(group)
        time.sleep(1)


def _end_with(jvm: subprocess.Popen[bytes]) -> None:
    os._exit(jvm.wait() or 1)


if __name__ == "__main__":
    main()
