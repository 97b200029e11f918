"""``python -m sandbox <command>``: the make targets sandbox and sandbox-*. Options are environment variables.

run       the whole pipeline for one day (options.py)     up       only up to the provisioned stack
backfill  one day after another, FROM= to TO=             query    SQL='…' against the sandbox's Athena
ui        Airflow's web UI                                status   what is running
verify    a second plan, empty but for known_gaps.yaml    down     stop everything, drop its data
access    what each group may read, tried; into the docs
permissions  what of each role's permissions was used     keep-calls  renews the tests' recording from the last run
lead <command…>  runs a command that asks AWS, led to the sandbox     with <command…>  with Airflow's API running
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys

from ops.errors import CommandError
from sandbox import lifecycle
from sandbox.lock import exclusive
from sandbox.options import Options
from sandbox.settings import CREDENTIALS, Settings


def main(arguments: list[str]) -> int:
    command, *rest = arguments or [""]
    if command == "serve":
        return _serve(*rest)
    leading = command in ("lead", "with")
    commands = {
        "run": _run,
        "up": _up,
        "backfill": _backfill,
        "query": _query,
        "ui": _ui,
        "verify": _verify,
        "status": _status,
        "down": _down,
        "access": _access,
        "permissions": _permissions,
        "keep-calls": _keep_calls,
        "lead": lambda settings: _lead(settings, rest),
        "with": lambda settings: _with(settings, rest),
    }
    if command not in commands or bool(rest) != leading:
        print(__doc__, file=sys.stderr)
        return 64
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        return commands[command](Settings.from_environment()) or 0
    except CommandError as error:
        print(f"\nsandbox: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "\nsandbox: interrupted. 'make sandbox' takes it up again; 'make sandbox-down' stops it.", file=sys.stderr
        )
        return 130


def _run(settings: Settings) -> None:
    from sandbox import run

    options = Options.from_environment()
    with exclusive(settings.home, "make sandbox"):
        run.run(settings, options)


def _up(settings: Settings) -> None:
    from sandbox import run

    options = Options.from_environment()
    with exclusive(settings.home, "sandbox up"):
        run.up(settings, options)


def _backfill(settings: Settings) -> None:
    from sandbox import run

    options = Options.from_environment(backfill=True)
    with exclusive(settings.home, "make sandbox-backfill"):
        run.run(settings, options)


def _query(settings: Settings) -> None:
    from sandbox import ask

    ask.query(lifecycle.require(settings), os.environ.get("STACK") or "driven-data", os.environ.get("SQL", ""))


def _ui(settings: Settings) -> None:
    from sandbox import ui

    options = Options.from_environment()
    with exclusive(settings.home, "make sandbox-ui"):
        ui.start(settings, options)


def _with(settings: Settings, command: list[str]) -> int:
    from sandbox import ui

    options = Options.from_environment()
    with exclusive(settings.home, "make … ON=sandbox"):
        if not ui.address(settings):
            ui.start(settings, options)
    return _lead(settings, command)


def _lead(settings: Settings, command: list[str]) -> int:
    service = lifecycle.require(settings)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    aws = {**CREDENTIALS, "AWS_ENDPOINT_URL": service.settings.endpoint, "AWS_EC2_METADATA_DISABLED": "true"}
    no_proxy = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return subprocess.run(command, env={**kept, **aws, **no_proxy}, check=False).returncode


def _verify(settings: Settings) -> int:
    from sandbox import verify

    options = Options.from_environment()
    with exclusive(settings.home, "sandbox verify"):
        return verify.verify(settings, options)


def _access(settings: Settings) -> None:
    from ops.project import Project
    from sandbox import matrix

    service, stack = lifecycle.require(settings), os.environ.get("STACK") or "driven-data"
    matrix.renew(stack, matrix.Tries(service, Project.from_environment().stack(stack).document).matrix())


def _permissions(settings: Settings) -> int:
    from sandbox.judge import permissions

    return permissions.show(settings)


def _keep_calls(settings: Settings) -> None:
    from sandbox.judge import permissions

    permissions.keep(settings)


def _status(settings: Settings) -> int:
    from sandbox import status

    return status.show(settings)


def _down(settings: Settings) -> None:
    with exclusive(settings.home, "make sandbox-down"):
        count = lifecycle.stop(settings)
    print(f"sandbox: stopped {count} processes." if count else "sandbox: nothing was running.")


def _serve(region: str, token: str) -> int:
    from sandbox.service import serve_until_signalled

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
