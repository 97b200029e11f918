"""Operators for Glue jobs and crawlers that Terraform owns: they start them, never make or change them.

Waiting is deferred to the triggerer, so a task holds a worker for the seconds of starting and of judging the end.
"""

import re
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, NoReturn

import glue_triggers
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.links.glue import GlueJobRunDetailsLink
from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowException, AirflowFailException

# A table's parameters that say how its files are read: a crawler gives them to the partitions it registers.
_INHERITED = ("classification", "compressionType", "typeOfData")
# What the jobs raise where another try would end the same. Glue's message may begin with a category of its own.
PERMANENT = re.compile(
    r"(?:Error Category: [^;]*; )?(?:Failed Line Number: [^;]*; )?(?:\w+\.)*"
    r"(RawFileRefused|TooManyBadRows|BadArguments)\b"
)
RUN_ID = "glue_job_run_id"
# https://docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html
TOLD_BY_GLUE = ("FAILED", "TIMEOUT")


class GlueOperator(AwsBaseOperator[AwsBaseHook]):
    """What the operators share.

    :param poll_seconds: time between two looks of the triggerer
    """

    aws_hook_class = AwsBaseHook

    def __init__(self, *, poll_seconds: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.poll_seconds = poll_seconds

    @property
    def _hook_parameters(self) -> dict[str, Any]:
        return {**super()._hook_parameters, "client_type": "glue", "config": glue_triggers.CLIENT}

    @property
    def glue(self) -> Any:
        return self.hook.conn

    @contextmanager
    def _existing(self, what: str) -> Iterator[None]:
        """What isn't there isn't there for a retry either."""
        try:
            yield
        except self.glue.exceptions.EntityNotFoundException as error:
            raise AirflowFailException(f"There is no {what}; apply the stack first") from error

    @property
    def _waiting(self) -> dict[str, Any]:
        """The arguments that every trigger takes. The execution timeout doesn't count while a task is deferred."""
        return {
            "deadline": time.time() + self.execution_timeout.total_seconds(),
            "poll_seconds": self.poll_seconds,
            "aws_conn_id": self.aws_conn_id,
            "region_name": self.region_name,
        }


def ended(what: str, state: str, message: str, kind: type[AirflowException] = AirflowException) -> AirflowException:
    """The error of a run of Glue's that didn't succeed. `told_by_glue`: whether Glue has sent an event of it."""
    error = kind(f"{what} ended {state}: {message}")
    error.told_by_glue = state in TOLD_BY_GLUE
    return error


class ExistingGlueJobOperator(GlueOperator):
    """Runs a Glue job that exists already, and fails with the job's own error.

    A task that is cleared runs its job again. A run whose end no attempt has seen is taken up by the next one: Airflow
    may declare an attempt failed while it wakes (https://github.com/apache/airflow/issues/72716). A killed task stops
    its run. Errors that another try can't mend aren't retried.
    """

    template_fields: Sequence[str] = aws_template_fields("job_name", "script_args")
    template_fields_renderers: ClassVar = {"script_args": "json"}
    operator_extra_links = (GlueJobRunDetailsLink(),)

    def __init__(self, *, job_name: str, script_args: dict[str, str], **kwargs: Any):
        super().__init__(**kwargs)
        self.job_name = job_name
        self.script_args = script_args
        self._starting: str | None = None

    def execute(self, context: Any) -> NoReturn:
        earlier = context["task_state_store"].get(RUN_ID)
        if earlier and self._is_known(earlier):
            self.log.info("Taking up run %s of Glue job %s, which an earlier attempt started", earlier, self.job_name)
            self._wait(context, earlier, taken_up=True)
        self._start(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> str:
        run_id, state = event["run_id"], event["state"]
        # Before anything is started: an attempt that Airflow has replaced fails here.
        context["task_state_store"].delete(RUN_ID)
        if state == glue_triggers.SUCCEEDED:
            return run_id
        if state == glue_triggers.STOPPED and event["taken_up"]:
            # Clearing a waiting task stops its run, and this attempt was quicker than the stop.
            self.log.info("Run %s of Glue job %s was stopped; starting another", run_id, self.job_name)
            self._start(context)
        if state == glue_triggers.OVERDUE:
            self._stop(run_id)
            raise AirflowException(
                f"Glue job {self.job_name}, run {run_id}, didn't end within {self.execution_timeout}, the task's "
                "execution timeout, and was stopped"
            )
        message = event["message"] or "no error message; see the job's log group"
        kind = AirflowFailException if PERMANENT.match(message) else AirflowException
        raise ended(f"Glue job {self.job_name}, run {run_id},", state, message, kind)

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Asked by Airflow's OpenLineage provider, in a deployment that has it."""
        import lineage

        s3 = AwsBaseHook(aws_conn_id=self.aws_conn_id, client_type="s3", config=glue_triggers.CLIENT).conn
        return lineage.JobLineage(self.script_args, s3).of(self.job_name)

    def on_kill(self) -> None:
        # While the task waits, the trigger sees to it.
        if self._starting:
            self._stop(self._starting)

    def _is_known(self, run_id: str) -> bool:
        try:
            self.glue.get_job_run(JobName=self.job_name, RunId=run_id)
        except self.glue.exceptions.EntityNotFoundException:
            return False
        return True

    def _start(self, context: Any) -> NoReturn:
        with self._existing(f"Glue job {self.job_name} in {self.hook.conn_region_name}"):
            run_id = self.glue.start_job_run(JobName=self.job_name, Arguments=self.script_args)["JobRunId"]
        self._starting = run_id
        context["task_state_store"].set(RUN_ID, run_id)
        self.log.info("Started run %s of Glue job %s", run_id, self.job_name)
        self._wait(context, run_id, taken_up=False)

    def _wait(self, context: Any, run_id: str, *, taken_up: bool) -> NoReturn:
        GlueJobRunDetailsLink.persist(
            context=context,
            operator=self,
            region_name=self.hook.conn_region_name,
            aws_partition=self.hook.conn_partition,
            job_name=urllib.parse.quote(self.job_name, safe=""),
            job_run_id=run_id,
        )
        self.defer(
            trigger=glue_triggers.JobRunTrigger(
                job_name=self.job_name,
                run_id=run_id,
                taken_up=taken_up,
                **self._waiting,
            ),
            method_name="execute_complete",
        )

    def _stop(self, run_id: str) -> None:
        self.log.info("Stopping run %s of Glue job %s", run_id, self.job_name)
        answer = self.glue.batch_stop_job_run(JobName=self.job_name, JobRunIds=[run_id])
        if answer.get("Errors"):
            self.log.error("Run %s of Glue job %s couldn't be stopped: %s", run_id, self.job_name, answer["Errors"])


class ExclusiveGlueCrawlerOperator(GlueOperator):
    """Runs an existing crawler from start to end.

    A crawl that somebody else started may have passed this run's files before they were written. So it is
    waited for, and then the crawler is started again.
    """

    template_fields: Sequence[str] = aws_template_fields("crawler_name")

    def __init__(self, *, crawler_name: str, **kwargs: Any):
        super().__init__(**kwargs)
        self.crawler_name = crawler_name

    def execute(self, context: Any) -> NoReturn:
        ours = self._start()
        if not ours:
            self.log.info("Crawler %s is busy with an earlier crawl; waiting for its end", self.crawler_name)
        self.defer(
            trigger=glue_triggers.CrawlerTrigger(crawler_name=self.crawler_name, ours=ours, **self._waiting),
            method_name="execute_complete",
        )

    def execute_complete(self, context: Any, event: dict[str, Any]) -> str:
        state = event["state"]
        if state == glue_triggers.OVERDUE:
            raise AirflowException(
                f"Glue crawler {self.crawler_name} wasn't ready within {self.execution_timeout}, the task's execution "
                "timeout; it runs on"
            )
        if not event["ours"]:
            self.execute(context)
        if state != glue_triggers.SUCCEEDED:
            message = event["message"] or "no error message; see the log group /aws-glue/crawlers"
            raise ended(f"Glue crawler {self.crawler_name}", state, message)
        return self.crawler_name

    def _start(self) -> bool:
        """Whether the crawler could be started: not while it is busy."""
        errors = self.glue.exceptions
        try:
            with self._existing(f"Glue crawler {self.crawler_name}"):
                self.glue.start_crawler(Name=self.crawler_name)
        except (errors.CrawlerRunningException, errors.CrawlerStoppingException):
            return False
        return True


class RegisteringOperator(GlueOperator):
    """Makes one partition of a table visible: registers it where the table's files of that partition lie.

    :param partition: the partition key and its value
    """

    template_fields: Sequence[str] = aws_template_fields("partition")

    def __init__(self, *, database: str, table: str, partition: tuple[str, str], **kwargs: Any):
        super().__init__(**kwargs)
        self.database = database
        self.table = table
        self.partition = partition

    def execute(self, context: Any) -> str:
        self._register()
        return self.table

    @property
    def _name(self) -> str:
        return f"{self.database}.{self.table}, partition {'='.join(self.partition)}"

    def _find(self) -> dict | None:
        try:
            return self.glue.get_partition(
                DatabaseName=self.database, TableName=self.table, PartitionValues=[self.partition[1]]
            )["Partition"]
        except self.glue.exceptions.EntityNotFoundException:
            return None

    def _declared(self) -> dict:
        with self._existing(f"table {self.table} in the Glue database {self.database}"):
            return self.glue.get_table(DatabaseName=self.database, Name=self.table)["Table"]

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
            self.glue.create_partition(
                DatabaseName=self.database,
                TableName=self.table,
                PartitionInput={
                    "Values": [self.partition[1]],
                    "StorageDescriptor": storage,
                    "Parameters": described,
                },
            )
            self.log.info("Registered %s at %s", self._name, storage["Location"])
        except self.glue.exceptions.AlreadyExistsException:
            self.log.info("%s, was registered by somebody else meanwhile", self._name)

    def _check_location(self, found: dict, expected: str) -> None:
        actual = found["StorageDescriptor"]["Location"]
        if actual.rstrip("/") != expected.rstrip("/"):
            raise AirflowFailException(
                f"{self._name}, is registered at {actual}, where this pipeline doesn't write; its files are in "
                f"{expected}. Drop it (ALTER TABLE {self.table} DROP PARTITION "
                f"({self.partition[0]} = '{self.partition[1]}')) and clear this task"
            )


class RegisteringCrawlerOperator(RegisteringOperator, ExclusiveGlueCrawlerOperator):
    """The same for a table with a crawler: registers the partition, runs the crawler, checks the registration.

    A crawler says SUCCEEDED too when it skipped a folder whose files it finds incompatible with the table, so its
    word isn't enough. The crawler finds the partition done.
    """

    template_fields: Sequence[str] = (*ExclusiveGlueCrawlerOperator.template_fields, "partition")

    def execute(self, context: Any) -> NoReturn:
        self._register()
        ExclusiveGlueCrawlerOperator.execute(self, context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> str:
        crawler = super().execute_complete(context, event)
        self._check()
        return crawler

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
