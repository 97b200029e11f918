"""``make sandbox-query SQL='…'``: one query against the deployment's database, printed as a table."""

from __future__ import annotations

from ops.errors import CommandError
from ops.project import Project
from sandbox.lifecycle import Service
from sandbox.queries import Athena
from sandbox.report import Report

MOST_ROWS_SHOWN = 100


def query(service: Service, deployment: str, sql: str) -> None:
    """Raises CommandError when there is no SQL, no such stack, or the query fails."""
    if not sql.strip():
        raise CommandError("SQL is empty.", "for example: make sandbox-query SQL='SELECT count(*) FROM raw'.")
    resources = Project.from_environment().stack(deployment).document["resource"]
    database = resources["aws_glue_catalog_database"]["database"]["name"]
    # The platform's own: the others are those of the groups.
    workgroup = resources["aws_athena_workgroup"]["workgroup"]["name"]
    athena = Athena(service, workgroup, database)
    result = athena.ask(sql, keep=MOST_ROWS_SHOWN)
    file = athena.save(result, service.settings.answers, f"{deployment}-query")
    Report(0).rows("Result", result, MOST_ROWS_SHOWN, file)
