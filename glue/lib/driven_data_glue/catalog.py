"""The Glue Data Catalog and Glue's job runs, as far as the jobs need them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from driven_data_glue.errors import JobError

# https://docs.aws.amazon.com/glue/latest/webapi/API_JobRun.html
ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"})


class Catalog:
    """The days of a database's tables: each is a partition with the one value <run_date>."""

    def __init__(self, glue: Any, database: str) -> None:
        self._glue, self._database = glue, database

    def register(self, table: str, day: str, location: str) -> None:
        """Makes the day visible at `location`, which may be done already."""
        place = {"DatabaseName": self._database, "TableName": table}
        with _told(f"register {day} of {self._database}.{table}"):
            described = self._glue.get_table(DatabaseName=self._database, Name=table)["Table"]["StorageDescriptor"]
            partition = {"Values": [day], "StorageDescriptor": {**described, "Location": location}}
            try:
                self._glue.create_partition(**place, PartitionInput=partition)
            except self._glue.exceptions.AlreadyExistsException:
                there = self._glue.get_partition(**place, PartitionValues=[day])["Partition"]["StorageDescriptor"]
                if there["Location"].rstrip("/") != location.rstrip("/"):
                    self._glue.delete_partition(**place, PartitionValues=[day])
                    self._glue.create_partition(**place, PartitionInput=partition)

    def hide(self, table: str, day: str) -> None:
        """Makes the day invisible; its files stay."""
        absent = suppress(self._glue.exceptions.EntityNotFoundException)
        with _told(f"hide {day} of {self._database}.{table}"), absent:
            self._glue.delete_partition(DatabaseName=self._database, TableName=table, PartitionValues=[day])


class JobRuns:
    def __init__(self, glue: Any) -> None:
        self._glue = glue

    def has_ended(self, job: str, run: str) -> bool | None:
        """Whether the Glue job run is over; None when Glue doesn't tell."""
        try:
            return self._glue.get_job_run(JobName=job, RunId=run)["JobRun"]["JobRunState"] in ENDED
        except self._glue.exceptions.EntityNotFoundException:
            return True
        except (ClientError, BotoCoreError):
            return None


@contextmanager
def _told(doing: str) -> Iterator[None]:
    """Turns Glue's errors into a JobError that says what was being done."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise JobError(f"can't {doing}: {error}; see Glue's message and run again") from error
