"""Starts, finds and stops the sandbox's service, whatever an earlier command left behind."""

import dataclasses
import fcntl
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import urllib3

from ops.errors import CommandError
from sandbox import aws, processes
from sandbox.judge.sessions import Assumer
from sandbox.settings import ROOT, Settings

READY_SECONDS = 60


@dataclass(frozen=True)
class Service:
    """The running service. settings: with the port that it really has."""

    settings: Settings
    region: str
    token: str
    pid: int

    def client(self, service: str, access: aws.Access = aws.ADMINISTRATOR) -> Any:
        """A boto3 client of the sandbox's endpoint."""
        return aws.client(service, self.settings.endpoint, self.region, access)

    def status(self) -> dict[str, Any]:
        """What it tells of itself. Raises CommandError when it doesn't answer."""
        answer = status_on(self.settings.port)
        if answer.get("token") != self.token:
            raise CommandError(
                f"The sandbox's service has ended; its log: {self.settings.logs / 'service.log'}.",
                "start it again with 'make sandbox'.",
            )
        return answer

    def warm(self, role: str) -> None:
        """Has it start the Spark JVM of a role's jobs and Trino, without waiting for it."""
        self._post(f"warm?role={role}")

    def assume(self, role: str, session: str, by: Assumer) -> aws.Access:
        """Credentials of a role, which its trust policy must let the assumer have. Raises CommandError."""
        asked = {"role": role, "session": session, "by": dataclasses.asdict(by)}
        answer = self._post("assume", json=asked)
        if answer.status >= 400:
            raise CommandError(answer.json()["message"], "correct the role's trust policy in the stack.")
        return aws.Access(**answer.json())

    def _post(self, path: str, **more: Any) -> urllib3.BaseHTTPResponse:
        return urllib3.request("POST", f"{self.settings.endpoint}/_sandbox/{path}", timeout=30, retries=False, **more)


def find(settings: Settings) -> Service | None:
    """The service if it runs and answers, else None."""
    try:
        record = json.loads((settings.home / "service.json").read_text())
        answer = status_on(record["port"])
    except (FileNotFoundError, ValueError, KeyError):
        return None
    if answer.get("token") != record["token"]:
        return None
    running = dataclasses.replace(settings, port=record["port"])
    return Service(running, record["region"], record["token"], record["pid"])


def require(settings: Settings) -> Service:
    service = find(settings)
    if not service:
        raise CommandError("The sandbox isn't running.", "start it with 'make sandbox'.")
    return service


def ensure(settings: Settings, region: str) -> tuple[Service, bool]:
    """The running service, or a new one; and whether it is new (and so holds nothing yet)."""
    processes.stop(settings.home, role="command")  # of a command that was interrupted
    service = find(settings)
    if service and service.region == region:
        return service, False
    if service:
        raise CommandError(
            f"The sandbox runs in the region {service.region}, and this deployment needs {region}.",
            "run 'make sandbox-down' first.",
        )
    processes.stop(settings.home)
    return _start(settings, region), True


def stop(settings: Settings) -> int:
    """Ends every process of the sandbox and drops its data; returns how many processes there were."""
    count = processes.stop(settings.home)
    for name in ("service.json", "ui.json"):
        (settings.home / name).unlink(missing_ok=True)
    for name in ("airflow", "emulator", "stacks", "terraform", "runs", "spark", "trino", "sessions"):
        shutil.rmtree(settings.home / name, ignore_errors=True)
    return count


@contextmanager
def exclusive(home: Path, command: str) -> Iterator[None]:
    """One command at a time works on the sandbox. The lock ends with its holder, however that ends.

    Raises CommandError naming the other command and its process when there is one.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "another command"
            raise CommandError(f"The sandbox is busy with {holder}.", "wait for it to end, or interrupt it.") from None
        file.truncate(0)
        file.write(f"'{command}' (process {os.getpid()})")
        file.flush()
        try:
            yield
        finally:
            processes.stop(home, role="command")  # what an error or an interrupt left running


def _start(settings: Settings, region: str) -> Service:
    processes.check_port_free(settings.port, "PORT")
    token = secrets.token_hex(16)
    log = settings.logs / "service.log"
    process = processes.start([sys.executable, "-m", "sandbox", "serve", region, token], settings.home, log, cwd=ROOT)
    record = {"pid": process.pid, "port": settings.port, "region": region, "token": token}
    (settings.home / "service.json").write_text(json.dumps(record))

    def ready() -> bool:
        answer = status_on(settings.port)
        return answer.get("token") == token and processes.listens(psutil.Process(process.pid), settings.port)

    try:
        who, next_step = "The sandbox's service", "mend that and start again."
        processes.await_ready(process, log, who, ready, READY_SECONDS, next_step)
    except CommandError:
        processes.stop(settings.home)
        raise
    return Service(settings, region, token, process.pid)


def status_on(port: int) -> dict[str, Any]:
    """What the service on this port tells of itself; nothing when there is none."""
    try:
        return urllib3.request("GET", f"http://127.0.0.1:{port}/_sandbox/status", timeout=5, retries=False).json()
    except (urllib3.exceptions.HTTPError, ValueError):
        return {}
