"""``python -m sandbox <command>``: the make targets sandbox and sandbox-*. Options are environment variables.

run       the whole pipeline for one day (options.py)     backfill  one day after another, FROM= to TO=
query     SQL='…' against the sandbox's Athena            ui        Airflow's web UI
status    what is running                                 down      stop everything, drop its data
access    what each group may read, tried; into the docs
permissions  what of each role's permissions was used     keep-calls  renews the tests' recording from the last run
lead <command…>  runs a command that asks AWS, led to the sandbox     with <command…>  with Airflow's API running
"""

import asyncio
import logging
import os
import signal
import subprocess
import sys
from contextlib import nullcontext

from ops.airflow.deployment import Deployment
from ops.athena import Athena
from ops.errors import CommandError
from ops.project import Project
from sandbox import aws, lifecycle, matrix, processes, run, ui
from sandbox.judge import permissions
from sandbox.lifecycle import exclusive
from sandbox.options import Options, deployment
from sandbox.report import Report
from sandbox.settings import CREDENTIALS, Settings, leave_users_aws

# The commands that work alone on the sandbox, as another one hears of them.
ALONE = {
    "run": "make sandbox",
    "backfill": "make sandbox-backfill",
    "ui": "make sandbox-ui",
    "down": "make sandbox-down",
}
MOST_ROWS_SHOWN = 100


def main(arguments: list[str]) -> int:
    command, *rest = arguments or [""]
    leave_users_aws()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a terminal that isn't UTF-8 still shows what it can
    if command == "serve":
        return _serve(*rest)
    commands = {
        "run": lambda settings: run.run(settings, Options.from_environment()),
        "backfill": lambda settings: run.run(settings, Options.from_environment(backfill=True)),
        "query": _query,
        "ui": lambda settings: ui.start(settings, Options.from_environment()),
        "status": _status,
        "down": _down,
        "access": _access,
        "permissions": permissions.show,
        "keep-calls": permissions.keep,
        "lead": lambda settings: _lead(settings, rest),
        "with": lambda settings: _with(settings, rest),
    }
    if command not in commands or bool(rest) != (command in ("lead", "with")):
        print(__doc__, file=sys.stderr)
        return 64
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        settings = Settings.from_environment()
        with exclusive(settings.home, ALONE[command]) if command in ALONE else nullcontext():
            return commands[command](settings) or 0
    except (CommandError, *aws.UNREACHABLE) as error:
        if not isinstance(error, CommandError):
            error = CommandError(f"The sandbox doesn't answer: {error}", "start it again with 'make sandbox'.")
        print(f"\nsandbox: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(
            "\nsandbox: interrupted. 'make sandbox' takes it up again; 'make sandbox-down' stops it.", file=sys.stderr
        )
        return 130


def _query(settings: Settings) -> None:
    """One query against the deployment's database, printed as a table."""
    service, sql = lifecycle.require(settings), os.environ.get("SQL", "")
    if not sql.strip():
        raise CommandError("SQL is empty.", "for example: make sandbox-query SQL='SELECT count(*) FROM raw'.")
    deployed = Deployment.of(Project.from_environment().stack(deployment()))
    athena = Athena(service.client, deployed.workgroup, deployed.database)
    result = athena.ask(sql, keep=MOST_ROWS_SHOWN)
    file = athena.save(result, settings.answers, f"{deployment()}-query")
    Report(0).rows("Result", result, MOST_ROWS_SHOWN, file)


def _status(settings: Settings) -> int:
    """What of the sandbox is running; returns 3 when the service isn't."""
    service = lifecycle.find(settings)
    count = len(processes.ours(settings.home))
    if not service:
        leftovers = f" {count} processes are left over: 'make sandbox-down' ends them." if count else ""
        print(f"The sandbox isn't running.{leftovers}")
        return 3
    told = service.status()
    spark, trino = ("running" if told[name] else "not running" for name in ("spark", "trino"))
    print(f"AWS endpoint   {service.settings.endpoint} (region {service.region})")
    print(f"Spark JVM      {spark}, {told['active_runs']} job runs under way")
    print(f"Trino          {trino}")
    print(f"Airflow's UI   {ui.address(settings) or 'not running'}")
    print(f"Processes      {count}, {processes.memory(settings.home) / 1e9:.1f} GB")
    stacks = sorted(path.stem for path in (settings.home / "stacks").glob("*.applied"))
    print(f"Stacks         {', '.join(stacks) or 'none'}")
    return 0


def _down(settings: Settings) -> None:
    count = lifecycle.stop(settings)
    print(f"sandbox: stopped {count} processes." if count else "sandbox: nothing was running.")


def _access(settings: Settings) -> None:
    tries = matrix.Tries(lifecycle.require(settings), Project.from_environment().stack(deployment()).document)
    matrix.renew(deployment(), tries.matrix())


def _with(settings: Settings, command: list[str]) -> int:
    options = Options.from_environment()
    with exclusive(settings.home, "make … ON=sandbox"):
        if not ui.address(settings, options.deployment):
            ui.start(settings, options)
    return _lead(settings, command)


def _lead(settings: Settings, command: list[str]) -> int:
    led = {**CREDENTIALS, "AWS_ENDPOINT_URL": lifecycle.require(settings).settings.endpoint}
    return subprocess.run(command, env={**os.environ, **led}, check=False).returncode


def _serve(region: str, token: str) -> int:
    from sandbox.service import serve_until_signalled  # aiohttp and the emulator's judge, for this command alone

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        asyncio.run(serve_until_signalled(Settings.from_environment(), region, token))
    except CommandError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
