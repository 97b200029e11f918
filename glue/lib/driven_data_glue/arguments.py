"""The job's arguments. The stack gives the defaults, the DAG gives the day and its raw file."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NoReturn

from driven_data_glue.errors import JobError


@dataclass(frozen=True)
class Arguments:
    data_root: str
    pipeline_table: str
    run_date: date
    raw_file: str
    max_bad_row_share: float
    target_file_mb: float
    code_version: str
    job_run_id: str | None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # argparse would exit with status 2, of which Glue shows nothing but "SystemExit: 2".
        raise JobError(f"bad job arguments: {message}; {self.format_usage().strip()}")


def parse_arguments(argv: Sequence[str]) -> Arguments:
    """Reads the arguments and ignores unknown ones: Glue adds its own (--job-language, --TempDir, ...)."""
    parser = _Parser(prog="staging job", allow_abbrev=False, add_help=False)
    parser.add_argument("--data_root", required=True, help="the bucket, s3://<bucket>/, or a local folder")
    parser.add_argument("--pipeline_table", required=True, help="the packaged pipeline table, JSON")
    parser.add_argument("--run_date", required=True, type=_day, help="the day whose partition is replaced")
    parser.add_argument("--raw_file", required=True, help="the day's raw file, .csv or .csv.gz")
    parser.add_argument("--max_bad_row_share", type=_share, default=0.05, help="a larger share fails the run")
    parser.add_argument("--target_file_mb", type=_positive, default=128.0, help="size of one staging file, about")
    parser.add_argument(
        "--code_version", default="unversioned", help="of script, library and table; goes to the metrics"
    )
    parser.add_argument("--JOB_RUN_ID", dest="job_run_id", help="given by Glue; names the run's Spark jobs")
    return Arguments(**vars(parser.parse_known_args(argv)[0]))


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day as YYYY-MM-DD")
    return day


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a share from 0 to 1")
    return share


def _positive(text: str) -> float:
    number = float(text)
    if not number > 0:
        raise argparse.ArgumentTypeError(f"{text} is not more than 0")
    return number
