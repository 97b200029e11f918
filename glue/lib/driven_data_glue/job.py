"""What every job does around its work: arguments, the pipeline table, the day's lock, Spark, a scratch folder."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from pyspark.sql import SparkSession

from driven_data_glue import aws
from driven_data_glue.arguments import Arguments, ForgetArguments
from driven_data_glue.catalog import Catalog, JobRuns, NoCatalog
from driven_data_glue.errors import JobError
from driven_data_glue.locks import DayLock, Holder
from driven_data_glue.session import open_session
from driven_data_glue.steps import StepLog
from driven_data_glue.storage import Storage, storage_of
from driven_data_glue.table import PipelineTable, parse_table

JUDGEMENT = "judgement"  # the judge's name among the metrics


@dataclass(frozen=True)
class Places:
    """Where a day lies."""

    root: str
    prefixes: dict[str, str]
    day: str

    def clean(self, day: str | None = None) -> str:
        return self._place("clean", f"run_date={day or self.day}")

    @property
    def quarantine(self) -> str:
        return self._place("quarantine", f"run_date={self.day}")

    def staging(self, dataset: str) -> str:
        return self._place("staging", f"{dataset}/run_date={self.day}")

    def trusted(self, table: str) -> str:
        return self._place("trusted", f"{table}/run_date={self.day}")

    def metrics(self, name: str) -> str:
        return self._place("metrics", f"{name}/run_date={self.day}/metrics.json")

    def lock(self, name: str) -> str:
        return self._place("metrics", f"{name}/run_date={self.day}/lock.json")

    def scratch(self, name: str) -> str:
        """A folder of this run alone."""
        return self._place("scratch", f"{name}/{self.day}-{uuid.uuid4()}")

    def _place(self, prefix: str, path: str) -> str:
        return f"{self.root.rstrip('/')}/{self.prefixes[prefix]}{path}"


@dataclass(frozen=True)
class Job:
    """One run of a job, while it holds its day."""

    spark: SparkSession
    storage: Storage
    catalog: Catalog | NoCatalog
    table: PipelineTable
    places: Places
    lock: DayLock
    scratch: str
    log: StepLog


@contextmanager
def running(name: str, job: str, arguments: Arguments | ForgetArguments, also: Sequence[str] = ()) -> Iterator[Job]:
    """Holds the day for this run and cleans up behind it.

    name: what the job's metrics and lock are filed under; job: its name in messages, where Glue gives none; also: other
    jobs' names whose day it holds too.
    """
    log = StepLog(f"{job} {arguments.run_date}")
    storage = storage_of(arguments.data_root)
    table = deployed_table(storage, arguments.pipeline_table)
    places = Places(arguments.data_root, table.prefixes, arguments.run_date.isoformat())
    catalog, job_runs = _of_glue(arguments.data_root, table.database)
    holder = Holder(arguments.job_name or job, arguments.run_id, arguments.job_run_id)
    try:
        with ExitStack() as held:
            locks = [DayLock(storage, places.lock(each), holder, job_runs) for each in (name, *also)]
            lock, *_ = map(held.enter_context, locks)
            spark = open_session(log.name, arguments.job_run_id)
            scratch = places.scratch(name)
            try:
                yield Job(spark, storage, catalog, table, places, lock, scratch, log)
            finally:
                storage.delete_folder(scratch)
    except JobError as error:
        # Glue's event of a failed run carries its error and no arguments, so the day stands in the error.
        raise type(error)(f"{places.day}: {error}") from error


def deployed_table(storage: Storage, uri: str) -> PipelineTable:
    found = storage.read_if_there(uri)
    if found is None:
        raise JobError(f"the pipeline table {uri} doesn't exist; deploy the stack again")
    return parse_table(found[0].decode(), uri)


def _of_glue(data_root: str, database: str) -> tuple[Catalog | NoCatalog, JobRuns | None]:
    """Glue's catalog and job runs; a lake on local disk has neither."""
    if not data_root.startswith("s3://"):
        return NoCatalog(), None
    glue = aws.client("glue", data_root.split("/")[2])
    return Catalog(glue, database), JobRuns(glue)
