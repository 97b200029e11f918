"""The pipeline from synth to queried data: ``make sandbox``, ``sandbox-backfill``."""

import json
import subprocess
import time
from contextlib import suppress
from datetime import date
from pathlib import Path
from textwrap import indent
from typing import Any

from ops.airflow.deployment import Deployment
from ops.athena import Athena
from ops.errors import CommandError
from ops.project import Project
from sandbox import aws, lifecycle, matrix, processes, tables
from sandbox.airflow import Airflow
from sandbox.dag import DagRun
from sandbox.dashboard import Dashboards
from sandbox.lifecycle import Service
from sandbox.options import DEFAULT_ROWS, Options
from sandbox.page import Page, add_section
from sandbox.provision import Provisioner
from sandbox.report import PeakMemory, Report, shown_path
from sandbox.settings import ROOT, Settings
from sandbox.told import Inbox

ROWS_SHOWN = 3


class Pipeline:
    """One deployment's pipeline in the sandbox."""

    def __init__(self, settings: Settings, options: Options, report: Report) -> None:
        self.settings, self.options, self.report = settings, options, report

    def bring_up(self, warm: bool = False) -> None:
        """Synthesises the stack, starts the service and provisions the stack into it.

        warm: start Spark's JVM and Trino meanwhile. Terraform mostly waits: the AWS provider watches a bucket's
        lifecycle rules for 50 s before it takes them for settled.
        """
        report, deployment = self.report, self.options.deployment
        with report.step(f"Synthesise the stack {deployment}"):
            synthesise()
        stack = Project.from_environment().stack(deployment)
        self.document, self.deployed = stack.document, Deployment.of(stack)
        with report.step("Start the AWS emulator") as step:
            self.service, new = self._service(stack.region)
            self.judged_before = self.service.status()["judging_seconds"]
            step.summary = f"{'started' if new else 'already running'}, endpoint {self.service.settings.endpoint}"
        self.airflow = Airflow(self.settings, self.service, deployment)
        migrating = self.airflow.begin_migration()  # beside Terraform
        if warm:
            self.service.warm(self.document["resource"]["aws_iam_role"]["glue"]["name"])
        with report.step("Provision with Terraform") as step:
            step.summary = Provisioner(self.settings, self.service, deployment).provision()
        self.inbox = Inbox(self.service.settings.endpoint, self.service.region)
        self.inbox.subscribe()
        self.airflow.finish_migration(migrating)
        self.env = self.airflow.sync(self.deployed.environment)

    def run_days(self) -> None:
        """Runs the DAG for each day, and stops at the first that fails.

        An Airflow that sandbox-ui has started is ended first: its scheduler would take the run's tasks for its own.
        """
        if processes.stop(self.settings.home, role="ui"):
            self.report.line("Stopped Airflow's web UI, which shares its database with this run: make sandbox-ui.")
        days = self.options.days
        for number, day in enumerate(days, 1):
            of = f" ({number} of {len(days)})" if len(days) > 1 else ""
            with self.report.step(f"Run {self.deployed.dag} for {day}{of}") as step:
                run = DagRun(self.airflow, self.env, self.deployed.dag, day, self._conf(day), step.task)
                run.run()
                step.summary = f"succeeded, log {shown_path(run.log)}"

    def look(self, page: Page) -> None:
        """Asks the saved queries, counts the tables and reads the dashboards, for the terminal and for the page."""
        athena = Athena(self.service.client, self.deployed.workgroup, self.deployed.database)
        for query in athena.saved():
            answer = athena.ask(query.sql, keep=page.ROWS_SHOWN, database=query.database)
            file = athena.save(answer, self.settings.answers, f"{self.options.deployment}-{query.name}")
            self.report.rows(query.name, answer, ROWS_SHOWN, file)
            page.answers.append((query, answer, file))
        page.tables = tables.count(athena, aws.tables(self.service.client("glue"), self.deployed.database))
        tables.add_times(page.tables, self._table(), [task for step in self.report.steps for task in step.tasks])
        if any(table.name == tables.QUARANTINE for table in page.tables):
            page.bad = tables.quarantined(athena, self.options.days)
        dashboards = Dashboards(self.service.settings.endpoint, self.service.region)
        for each in self.document["resource"].get("aws_cloudwatch_dashboard", {}).values():
            page.dashboards[each["dashboard_name"]] = dashboards.tiles(each["dashboard_name"])

    def try_groups(self) -> matrix.Matrix:
        """Lets each group of people try what it may read, for the page and ``make permissions``."""
        found = matrix.Tries(self.service, self.document).matrix()
        pipeline, (day, *_) = self._table(), self.options.days[::-1]
        masked = [
            f"{pipeline['prefixes']['metrics']}{each['name']}/run_date={day}/metrics.json"
            for each in pipeline["trusted"]["tables"]
        ]
        s3 = self.service.client("s3")
        metrics = [s3.get_object(Bucket=self.deployed.bucket, Key=key)["Body"].read() for key in masked]
        told = [*(f"Not tried: {each}." for each in found.untried), *matrix.anonymity(metrics)]
        title = f"Who may read what of {self.options.deployment}, tried by each group"
        add_section(self.settings, matrix.SECTION, title, "\n".join(told), ["table", *found.columns], found.rows)
        return found

    def refusals(self) -> list[dict[str, Any]]:
        """The calls that were refused in this run so far."""
        began = time.time() - self.report.elapsed()
        return [each for each in self.service.status()["refused"] if each["at"] >= began]

    def _service(self, region: str) -> tuple[Service, bool]:
        service, new = lifecycle.ensure(self.settings, region)
        if not new and Provisioner(self.settings, service, self.options.deployment).interrupted():
            # What a cut-off apply made may be missing in its state, so nothing of it can be trusted.
            lifecycle.stop(self.settings)
            return lifecycle.ensure(self.settings, region)
        return service, new

    def _conf(self, day: date) -> dict[str, Any]:
        """The DAG run's configuration. Without options a day that has its raw file keeps it."""
        options = self.options
        if options.raw_file:
            return {"source_key": self._upload(options.raw_file)}
        conf = {name: value for name in ("rows", "seed") if (value := getattr(options, name)) is not None}
        if not conf and not self._has_raw_file(day):
            return {"rows": DEFAULT_ROWS}
        return conf

    def _upload(self, path: Path) -> str:
        key = f"{self._table()['prefixes']['incoming']}{path.name}"
        self.service.client("s3").upload_file(str(path), self.deployed.bucket, key)
        return key

    def _has_raw_file(self, day: date) -> bool:
        found = aws.objects(self.service.client("s3"), self.deployed.bucket, self._table()["prefixes"]["raw"])
        return any(str(day) in each["Key"] for each in found)

    def _table(self) -> dict[str, Any]:
        """The deployed pipeline table, which lies beside the DAG."""
        return json.loads((self.airflow.dags / "pipeline.json").read_text())


def synthesise() -> None:
    """Raises CommandError with synth's own messages."""
    done = subprocess.run([ROOT / "bin" / "synth"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CommandError(f"Synth failed:\n{(done.stdout + done.stderr).strip()}", "correct the deployment file.")


def run(settings: Settings, options: Options) -> None:
    """``make sandbox`` and ``sandbox-backfill``."""
    report = Report(4 + len(options.days))
    page = Page(settings, options, report)
    with PeakMemory(settings.home) as memory, page.written(memory):
        pipeline = Pipeline(settings, options, report)
        pipeline.bring_up(warm=True)
        try:
            pipeline.run_days()
        finally:
            tell(report, pipeline.inbox)
        with report.step("Query with Athena") as step:
            pipeline.look(page)
            refused = pipeline.refusals()  # before the groups try more than they may
            tried = pipeline.try_groups()
            columns, rows = calls(pipeline.service.status())
            text = "The deployed policies judged every call; make permissions shows what each permission was used for."
            add_section(settings, "permissions", "Permissions", text, columns, rows)
            report.line()
            step.summary = f"workgroup {pipeline.deployed.workgroup}"
    judged(report, pipeline, refused)
    tables.show(report, page.tables, page.bad, options.days)
    if tried.columns:
        report.line("\nWhat each group of people may read, tried as one of them:")
        report.table(["table", *tried.columns], tried.rows, whole=True)
    for crawler, warnings in pipeline.service.status()["crawler_warnings"].items():
        for warning in warnings:
            report.line(f"Crawler {crawler} warns: {warning}")
    report.line(f"\nTook {report.elapsed():.0f} s, at most {memory.bytes / 1e9:.1f} GB of memory.")
    report.line(
        f"Still running: the AWS emulator on {pipeline.service.settings.endpoint}. Next: make sandbox "
        "DATE=<another day>, make sandbox-query SQL='…', make sandbox-ui, make sandbox-down."
    )
    report.line(f"The run with its tables, times and answers: {shown_path(settings.page)}")


def tell(report: Report, inbox: Inbox) -> None:
    """What people would have got by e-mail meanwhile."""
    with suppress(*aws.UNREACHABLE):  # the service has ended, and why the days failed is still to be said
        for message in inbox.take():
            report.line(f"\nTold on {message.topic}: {message.subject}")
            report.line(indent(message.text, "    "))


def calls(status: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Columns and rows: how often each identity called since the emulator started."""
    return ["identity", "calls"], [[caller, f"{count:,}"] for caller, count in status["calls"].items()]


def judged(report: Report, pipeline: Pipeline, refused: list[dict[str, Any]]) -> None:
    """Who called how often, and which of the pipeline's calls were refused in this run."""
    status = pipeline.service.status()
    seconds = status["judging_seconds"] - pipeline.judged_before
    report.line(f"\nThe deployed policies judged every call, in {seconds:.1f} s of this run (make permissions).")
    report.line("Calls since the emulator started:")
    report.table(*calls(status), right=["calls"])
    for refusal in refused:
        report.line(f"Refused: {refusal['message']}\n    {refusal['hint']}")
