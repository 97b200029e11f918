"""The Amazon provider's Glue operators, made strict for jobs and crawlers that Terraform owns."""

import time
from typing import Any

from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.amazon.aws.operators.glue_crawler import GlueCrawlerRunOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from botocore.exceptions import ClientError, WaiterError


class ExistingGlueJobOperator(GlueJobOperator):
    """Runs a Glue job that exists already, and fails with the job's own error.

    The provider's operator creates a missing job out of its own defaults and reports a failed run by its
    state only.
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
            raise AirflowException(
                f"Glue job {self.job_name}, run {external_id}, ended {run['JobRunState']}: {message}"
            ) from error


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
