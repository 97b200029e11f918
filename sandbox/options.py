"""What a run is asked to do, from make's variables; each wrong one is refused before anything starts.

STACK     deployment (default driven-data)
DATE      the run's day, YYYY-MM-DD (default 2024-09-15: the same call gives the same data)
RAW_FILE  a CSV file (.csv, .csv.gz) taken as that day's raw data instead of generated data
ROWS      rows to generate (default: 1000 for a day that has no raw file yet)
SEED      seed of the generator (default: made from bucket and day)
FROM, TO  first and last day of a backfill
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from ops.errors import CommandError
from sandbox.settings import number

DEFAULT_DATE = date(2024, 9, 15)
DEFAULT_ROWS = 1000
MOST_ROWS = 10_000_000


@dataclass(frozen=True)
class Options:
    """raw_file: a readable file; rows and seed: None where not given."""

    deployment: str
    days: tuple[date, ...]
    raw_file: Path | None
    rows: int | None
    seed: int | None

    @classmethod
    def from_environment(cls, backfill: bool = False, env: Mapping[str, str] | None = None) -> "Options":
        """Raises CommandError for anything that can't be run."""
        env = os.environ if env is None else env
        days = _range(env) if backfill else (_day(env, "DATE", DEFAULT_DATE),)
        raw_file = _raw_file(env)
        rows, seed = number(env, "ROWS", 0, MOST_ROWS), number(env, "SEED", 0, 2**63 - 1)
        if raw_file and (rows is not None or seed is not None):
            raise CommandError(
                "RAW_FILE and ROWS or SEED exclude each other.", "give a file, or let rows be generated."
            )
        if raw_file and backfill:
            raise CommandError("RAW_FILE is one day's data.", "use 'make sandbox DATE=… RAW_FILE=…'.")
        return cls(deployment(env), days, raw_file, rows, seed)


def deployment(env: Mapping[str, str] | None = None) -> str:
    return (os.environ if env is None else env).get("STACK") or "driven-data"


def _day(env: Mapping[str, str], name: str, default: date | None) -> date:
    value = env.get(name) or str(default or "")
    try:
        day = date.fromisoformat(value)
        if str(day) != value:  # another way to write it, which others wouldn't read
            raise ValueError
    except ValueError:
        raise CommandError(f"{name}={value} isn't a day.", f"give it as YYYY-MM-DD: {name}={DEFAULT_DATE}.") from None
    if day > date.today():
        raise CommandError(f"{name}={value} lies in the future.", "give today or an earlier day.")
    return day


def _range(env: Mapping[str, str]) -> tuple[date, ...]:
    first, last = _day(env, "FROM", None), _day(env, "TO", None)
    if last < first:
        raise CommandError(f"FROM={first} is after TO={last}.", "swap them.")
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))


def _raw_file(env: Mapping[str, str]) -> Path | None:
    value = env.get("RAW_FILE")
    if not value:
        return None
    path = Path(value).expanduser().absolute()
    if not path.is_file():
        raise CommandError(f"RAW_FILE={value}: there is no such file ({path}).", "give the path of a CSV file.")
    if not path.name.endswith((".csv", ".csv.gz")):
        raise CommandError(f"RAW_FILE={value} isn't a .csv or .csv.gz file.", "give the path of a CSV file.")
    if not path.stat().st_size:
        raise CommandError(f"RAW_FILE={value} is empty.", "a day without rows still has its header line.")
    if not os.access(path, os.R_OK):
        raise CommandError(f"RAW_FILE={value} can't be read.", f"run 'chmod +r {value}'.")
    return path
