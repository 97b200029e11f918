"""The Amazon provider's Glue operators, made strict for jobs and crawlers that Terraform owns."""

import re
import time
from collections.abc import Sequence
from typing import Any

from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.amazon.aws.operators.glue_crawler import GlueCrawlerRunOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from botocore.exceptions import ClientError, WaiterError

# A table's parameters that say how its files are read: a crawler gives them to the partitions it registers.
_INHERITED = ("classification", "compressionType", "typeOfData")
# What the jobs raise where another try would end the same. Glue's message may begin with a category of its own.
PERMANENT = re.compile(
    r"(?:Error Category: [^;]*; )?(?:Failed Line Number: [^;]*; )?(?:\w+\.)*"
    r"(RawFileRefused|TooManyBadRows|BadArguments)\b"
)


class ExistingGlueJobOperator(GlueJobOperator):
    """Runs a Glue job that exists already, and fails with the job's own error.

    The provider's operator creates a missing job out of its own defaults and reports a failed run by its
    state only. Errors that another try can't mend aren't retried.
    """

    def submit_job(self, context: Any) -> str:
        if not self.hook.has_job(self.job_name):
            raise AirflowFailException(
                f"There is no Glue job {self.job_name} in {self.hook.conn_region_name}; apply the stack first"
            )
        return super().submit_job(context)

    def is_job_succeeded(self, status: str) -> bool:
        # Airflow keeps a task's last run id beyond its success. Clearing the task has to run the job
        # again, not to take the earlier success for this one; only a run that is still going is taken up.
        return False

    def poll_until_complete(self, external_id: Any, context: Any) -> None:
        try:
            super().poll_until_complete(external_id, context)
        except AirflowException as error:
            run = self.hook.conn.get_job_run(JobName=self.job_name, RunId=external_id)["JobRun"]
            message = run.get("ErrorMessage") or "no error message; see the job's log group"
            kind = AirflowFailException if PERMANENT.match(message) else AirflowException
            raise kind(f"Glue job {self.job_name}, run {external_id}, ended {run['JobRunState']}: {message}") from error


class ExclusiveGlueCrawlerOperator(GlueCrawlerRunOperator):
    """Runs an existing crawler from start to end.

    A crawl that somebody else started may have passed this run's files before they were written. So it is
    waited for, and then the crawler is started again; the task's execution timeout bounds the waiting.
    """

    def execute(self, context: Any) -> str:
        while not self._start():
            self.log.info("Crawler %s is busy with an earlier crawl; waiting for its end", self.crawler_name)
            time.sleep(self.poll_interval)
        try:
            status = self.hook.wait_for_crawler_completion(self.crawler_name, self.poll_interval)
        except WaiterError as error:
            raise AirflowException(self._failure()) from error
        if status != "SUCCEEDED":
            raise AirflowException(self._failure())
        return self.crawler_name

    def _start(self) -> bool:
        try:
            self.hook.start_crawler(self.crawler_name)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "CrawlerRunningException":
                return False
            if code == "EntityNotFoundException":
                raise AirflowFailException(
                    f"There is no Glue crawler {self.crawler_name}; apply the stack first"
                ) from error
            raise
        return True

    def _failure(self) -> str:
        last = self.hook.get_crawler(self.crawler_name).get("LastCrawl", {})
        message = last.get("ErrorMessage") or "no error message; see the log group /aws-glue/crawlers"
        return f"Glue crawler {self.crawler_name} ended {last.get('Status', 'without a status')}: {message}"


class RegisteringCrawlerOperator(ExclusiveGlueCrawlerOperator):
    """Makes one partition of a table visible: registers it, runs the table's crawler, checks the registration.

    A crawler says SUCCEEDED too when it skipped a folder whose files it finds incompatible with the table, so its
    word isn't enough. The crawler finds the partition done.

    :param partition: the partition key and its value
    """

    template_fields: Sequence[str] = (*ExclusiveGlueCrawlerOperator.template_fields, "partition")

    def __init__(self, *, database: str, table: str, partition: tuple[str, str], **kwargs: Any):
        super().__init__(**kwargs)
        self.database = database
        self.table = table
        self.partition = partition

    def execute(self, context: Any) -> str:
        self._register()
        super().execute(context)
        self._check()
        return self.crawler_name

    @property
    def _glue(self) -> Any:
        return self.hook.conn

    @property
    def _name(self) -> str:
        return f"{self.database}.{self.table}, partition {'='.join(self.partition)}"

    def _find(self) -> dict | None:
        try:
            return self._glue.get_partition(
                DatabaseName=self.database, TableName=self.table, PartitionValues=[self.partition[1]]
            )["Partition"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "EntityNotFoundException":
                return None
            raise

    def _declared(self) -> dict:
        try:
            return self._glue.get_table(DatabaseName=self.database, Name=self.table)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "EntityNotFoundException":
                raise AirflowFailException(
                    f"There is no table {self.table} in the Glue database {self.database}; apply the stack first"
                ) from error
            raise

    def _location(self, table: dict) -> str:
        return f"{table['StorageDescriptor']['Location'].rstrip('/')}/{'='.join(self.partition)}/"

    def _register(self) -> None:
        table = self._declared()
        found = self._find()
        if found:
            self._check_location(found, self._location(table))
            return
        # As a crawler's partition that inherits from its table.
        described = {key: value for key, value in table.get("Parameters", {}).items() if key in _INHERITED}
        storage = {**table["StorageDescriptor"], "Location": self._location(table)}
        try:
            self._glue.create_partition(
                DatabaseName=self.database,
                TableName=self.table,
                PartitionInput={
                    "Values": [self.partition[1]],
                    "StorageDescriptor": storage,
                    "Parameters": described,
                },
            )
            self.log.info("Registered %s at %s", self._name, storage["Location"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "AlreadyExistsException":
                raise

    def _check(self) -> None:
        expected = self._location(self._declared())
        found = self._find()
        if not found:
            raise AirflowException(
                f"{self._name}, isn't registered, although it was before crawler {self.crawler_name} ran and the "
                f"crawler ended SUCCEEDED: a crawler that deletes partitions found no files in {expected}, or "
                "another run of the day replaces them just now. Look at the folder and the crawler's log group "
                "/aws-glue/crawlers, then clear this task; if the folder is empty, clear the table's transform task"
            )
        self._check_location(found, expected)
        self.log.info("%s, is registered at %s", self._name, expected)

    def _check_location(self, found: dict, expected: str) -> None:
        actual = found["StorageDescriptor"]["Location"]
        if actual.rstrip("/") != expected.rstrip("/"):
            raise AirflowFailException(
                f"{self._name}, is registered at {actual}, where this pipeline doesn't write; its files are in "
                f"{expected}. Drop it (ALTER TABLE {self.table} DROP PARTITION "
                f"({self.partition[0]} = '{self.partition[1]}')) and clear this task"
            )
