"""What every job does around its work: arguments, the pipeline table, the day's lock, Spark, a scratch folder."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from driven_data_glue import aws
from driven_data_glue.arguments import RunArguments
from driven_data_glue.catalog import Catalog, JobRuns
from driven_data_glue.errors import JobError
from driven_data_glue.locks import DayLock, Holder
from driven_data_glue.metrics import Judgement, StagingMetrics, unchanged, write_metrics
from driven_data_glue.partition import publish
from driven_data_glue.session import in_few_steps, open_session
from driven_data_glue.steps import StepLog
from driven_data_glue.storage import File, S3Storage
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
    storage: S3Storage
    catalog: Catalog
    table: PipelineTable
    places: Places
    lock: DayLock
    scratch: str
    log: StepLog

    def rows(self, files: Sequence[File], schema: str) -> DataFrame:
        """Columns of Parquet files, to be summed up or compared."""
        rows = self.spark.read.schema(schema).parquet(*(file.path for file in files))
        return in_few_steps(rows, sum(file.size for file in files))

    def keys(self, files: Sequence[File]) -> DataFrame:
        return self.rows(files, f"`{self.table.key.name}` string")

    def publish(
        self, files: list[File], partition: str, metrics: Judgement | StagingMetrics, table: str | None = None
    ) -> None:
        """Makes the files the partition's, and then writes the metrics.

        While the content changes there are no metrics, so nothing is made of a mixture, and readers of the table, if it
        is one's, don't see the day: they see the former day, none, or the new one.
        """
        path = self.places.metrics(table or JUDGEMENT)
        if not unchanged(self.storage, path, metrics):
            self.lock.check()
            if table:
                self.catalog.hide(table, self.places.day)
            self.storage.delete(path)
        publish(self.storage, files, partition, self.lock.check)
        self.lock.check()
        write_metrics(self.storage, path, metrics)
        self.log.step(f"published {len(files)} file(s), {partition}")


@contextmanager
def running(name: str, job: str, arguments: RunArguments, also: Sequence[str] = ()) -> Iterator[Job]:
    """Holds the day for this run and cleans up behind it.

    name: what the job's metrics and lock are filed under; job: its name in messages, where Glue gives none; also: other
    jobs' names whose day it holds too.
    """
    log = StepLog(f"{job} {arguments.run_date}")
    storage, glue = services(arguments.data_root)
    table = deployed_table(storage, arguments.pipeline_table)
    places = Places(arguments.data_root, table.prefixes, arguments.run_date.isoformat())
    holder = Holder(arguments.job_name or job, arguments.run_id, arguments.job_run_id)
    try:
        with ExitStack() as held:
            locks = [DayLock(storage, places.lock(each), holder, JobRuns(glue)) for each in (name, *also)]
            lock, *_ = map(held.enter_context, locks)
            spark = open_session(log.name, arguments.job_run_id)
            scratch = places.scratch(name)
            try:
                yield Job(spark, storage, Catalog(glue, table.database), table, places, lock, scratch, log)
            finally:
                storage.delete_folder(scratch)
    except JobError as error:
        # Glue's event of a failed run carries its error and no arguments, so the day stands in the error.
        raise type(error)(f"{places.day}: {error}") from error


def services(data_root: str) -> tuple[S3Storage, Any]:
    """What the jobs use of AWS: S3, and the client of Glue, for its catalog and job runs."""
    storage = S3Storage(data_root)
    return storage, aws.client("glue", storage.bucket)


def deployed_table(storage: S3Storage, uri: str) -> PipelineTable:
    found = storage.read_if_there(uri)
    if found is None:
        raise JobError(f"the pipeline table {uri} doesn't exist; deploy the stack again")
    return parse_table(found[0].decode(), uri)
