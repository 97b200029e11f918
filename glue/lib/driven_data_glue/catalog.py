"""The Glue Data Catalog and Glue's job runs, as far as the jobs need them."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from driven_data_glue import aws
from driven_data_glue.errors import JobError

# https://docs.aws.amazon.com/glue/latest/webapi/API_JobRun.html
ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"})
_NOT_FOUND, _EXISTS = "EntityNotFoundException", "AlreadyExistsException"


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
            except ClientError as error:
                if aws.code_of(error) != _EXISTS:
                    raise
                there = self._glue.get_partition(**place, PartitionValues=[day])["Partition"]["StorageDescriptor"]
                if there["Location"].rstrip("/") != location.rstrip("/"):
                    self._glue.delete_partition(**place, PartitionValues=[day])
                    self._glue.create_partition(**place, PartitionInput=partition)

    def hide(self, table: str, day: str) -> None:
        """Makes the day invisible; its files stay."""
        with _told(f"hide {day} of {self._database}.{table}"):
            try:
                self._glue.delete_partition(DatabaseName=self._database, TableName=table, PartitionValues=[day])
            except ClientError as error:
                if aws.code_of(error) != _NOT_FOUND:
                    raise


class NoCatalog:
    """Of a local data lake: nobody queries it by its catalog."""

    def register(self, table: str, day: str, location: str) -> None: ...

    def hide(self, table: str, day: str) -> None: ...


class JobRuns:
    def __init__(self, glue: Any) -> None:
        self._glue = glue

    def has_ended(self, job: str, run: str) -> bool | None:
        """Whether the Glue job run is over; None when Glue doesn't tell."""
        try:
            return self._glue.get_job_run(JobName=job, RunId=run)["JobRun"]["JobRunState"] in ENDED
        except ClientError as error:
            return True if aws.code_of(error) == _NOT_FOUND else None
        except BotoCoreError:
            return None


class _told:
    """Turns Glue's errors into a JobError that says what was being done."""

    def __init__(self, doing: str) -> None:
        self._doing = doing

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, ClientError | BotoCoreError):
            raise JobError(f"can't {self._doing}: {error}; see Glue's message and run again") from error
