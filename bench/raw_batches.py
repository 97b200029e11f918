"""The pipeline's raw file generator as the DAG uses it (run in the Airflow environment)."""

import sys
from datetime import datetime
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT / "airflow" / "dags"))

from raw_batch import Batch  # noqa: E402

TABLE = yaml.safe_load((PROJECT / "pipeline" / "pipeline.yaml").read_text())
COLUMNS = tuple(column["name"] for column in TABLE["raw"]["columns"])


def batch(moment: datetime, rows: int, seed: str, first_load: bool) -> Batch:
    return Batch(moment, COLUMNS, rows, seed, first_load)
