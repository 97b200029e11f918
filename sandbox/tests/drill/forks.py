"""Runs Glue job scripts one after the other, each in a process of its own that can be killed. Runs in the Glue
environment: what every job imports is imported once, and each run is a fork.

forks.py: on standard input a line of JSON for each run, as run_job.py's file has it; on standard output the run's
process id on a line, then its exit code on another.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "spark"))
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "glue" / "lib"))

import run_job

import driven_data_glue.judge
import driven_data_glue.staging
import driven_data_glue.trusted  # noqa: F401
from driven_data_glue import aws


def main() -> None:
    for service in ("s3", "glue", "kms"):  # the services' models, read once
        aws.session().client(service)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                run = json.loads(line)
                file.write(line)
                file.flush()
                output = os.open(run["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                os.dup2(output, 1)
                os.dup2(output, 2)
                sys.argv = ["run_job.py", file.name]
                run_job.main()
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
