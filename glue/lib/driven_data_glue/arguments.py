"""The jobs' arguments. The stack gives the defaults, the DAG gives the day and its raw file."""

import argparse
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NoReturn, TypeVar

from driven_data_glue.errors import BadArguments

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class RunArguments:
    data_root: str
    pipeline_table: str
    run_date: date | None
    run_id: str | None
    job_run_id: str | None
    job_name: str | None


@dataclass(frozen=True, kw_only=True)
class Arguments(RunArguments):
    run_date: date
    raw_file: str
    target_file_mb: float
    code_version: str


@dataclass(frozen=True, kw_only=True)
class JudgeArguments(Arguments):
    max_bad_row_share: float
    duplicate_history_days: int


@dataclass(frozen=True, kw_only=True)
class TrustedArguments(Arguments):
    pseudonym_key: str


@dataclass(frozen=True, kw_only=True)
class ForgetArguments(RunArguments):
    """step: what is to be done; run_date: of the step `day` alone."""

    step: str
    pseudonym_key: str


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # argparse would exit with status 2, of which Glue shows nothing but "SystemExit: 2".
        raise BadArguments(f"bad job arguments: {message}; {self.format_usage().strip()}")


def parse_arguments(argv: Sequence[str] | None) -> Arguments:
    """A staging job's arguments. Ignores unknown ones: Glue adds its own (--job-language, --TempDir, ...)."""
    return Arguments(**vars(_parser("staging job").parse_known_args(argv)[0]))


def parse_judge_arguments(argv: Sequence[str] | None) -> JudgeArguments:
    """The same, with what only the judge takes."""
    parser = _parser("judge_raw_data")
    parser.add_argument("--max_bad_row_share", type=_share, default=0.05, help="a larger share fails the run")
    parser.add_argument(
        "--duplicate_history_days", type=_days, default=7, help="days before whose keys a row must not repeat; 0: none"
    )
    return JudgeArguments(**vars(parser.parse_known_args(argv)[0]))


def parse_trusted_arguments(argv: Sequence[str] | None) -> TrustedArguments:
    """The same, with what only the job of the departments' tables takes."""
    parser = _parser("trusted_data")
    parser.add_argument("--pseudonym_key", required=True, type=_kms_key, help="ARN of the HMAC key in AWS KMS")
    return TrustedArguments(**vars(parser.parse_known_args(argv)[0]))


def parse_forget_arguments(argv: Sequence[str] | None) -> ForgetArguments:
    """What is to be forgotten stands in the bucket: Glue keeps a run's arguments, and CloudTrail the call's."""
    parser = _common("forget_person")
    parser.add_argument("--step", required=True, choices=("search", "files", "day"))
    parser.add_argument("--run_date", type=_day, help="of the step day")
    parser.add_argument("--pseudonym_key", required=True, type=_kms_key, help="ARN of the HMAC key in AWS KMS")
    arguments = ForgetArguments(**vars(parser.parse_known_args(argv)[0]))
    if (arguments.run_date is None) == (arguments.step == "day"):
        parser.error("--run_date goes with --step day, and with no other")
    return arguments


def _parser(name: str) -> _Parser:
    parser = _common(name)
    parser.add_argument("--run_date", required=True, type=_day, help="the day whose partition is replaced")
    parser.add_argument("--raw_file", required=True, help="the day's raw file, .csv or .csv.gz")
    parser.add_argument("--target_file_mb", type=_positive, default=128.0, help="size of one file of clean rows, about")
    parser.add_argument(
        "--code_version", default="unversioned", help="of script, library and table; goes to the metrics"
    )
    return parser


def _common(name: str) -> _Parser:
    parser = _Parser(prog=name, allow_abbrev=False, add_help=False)
    parser.add_argument("--data_root", required=True, help="the bucket, s3://<bucket>/")
    parser.add_argument("--pipeline_table", required=True, help="the packaged pipeline table, JSON")
    parser.add_argument("--run_id", help="the DAG run: a retry in it takes over the lock of the try before")
    parser.add_argument("--JOB_RUN_ID", dest="job_run_id", help="given by Glue; names the run's Spark jobs")
    parser.add_argument("--JOB_NAME", dest="job_name", help="given by Glue")
    return parser


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day as YYYY-MM-DD")
    return day


def _kms_key(text: str) -> str:
    if not re.fullmatch(r"arn:[^:]+:kms:[^:]+:\d{12}:key/.+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not the ARN of a KMS key")
    return text


def _checked(kind: Callable[[str], T], holds: Callable[[T], bool], what: str) -> Callable[[str], T]:
    def number(text: str) -> T:
        found = kind(text)
        if not holds(found):
            raise argparse.ArgumentTypeError(f"{text} is not {what}")
        return found

    return number


_share = _checked(float, lambda share: 0 <= share <= 1, "a share from 0 to 1")
_days = _checked(int, lambda days: 0 <= days <= 366, "a number of days from 0 to 366")
_positive = _checked(float, lambda number: number > 0, "more than 0")
