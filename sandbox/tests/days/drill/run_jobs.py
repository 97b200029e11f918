"""Runs Glue job scripts for the drill, in the Glue environment. A run is as run_job.py's file has it."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "spark"))
sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "glue" / "lib"))

import forks
import run_job

import driven_data_glue.judge
import driven_data_glue.staging
import driven_data_glue.trusted  # noqa: F401
from driven_data_glue import aws


def run(given: dict[str, Any]) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(given, file)
        file.flush()
        sys.argv = ["run_job.py", file.name]
        run_job.main()


if __name__ == "__main__":
    for service in ("s3", "glue", "kms"):  # the services' models, read once
        aws.session().client(service)
    forks.serve(run)
