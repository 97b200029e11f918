"""Starts, finds and stops the sandbox's processes, also those whose parent was killed.

A process is ours when its environment names our folder, or when it belongs to a session that we started: Airflow's
processes overwrite the memory that their environment is read from when they rename themselves, but never leave their
session. Nothing is ever looked for by its name.
"""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from textwrap import indent
from typing import Any

import psutil

from ops.errors import CommandError

MARKER = "DRIVENDATA_SANDBOX_HOME"
ROLE = "DRIVENDATA_SANDBOX_ROLE"  # "command": ends with the command that started it; else it outlives it
PATIENCE = 20  # seconds for a leader to end its children in order
_PR_SET_PDEATHSIG = 1


def start(
    command: Sequence[str | Path],
    home: Path,
    log: Path,
    role: str = "service",
    env: Mapping[str, str] | None = None,
    keep_log: bool = False,
    **more: Any,
) -> subprocess.Popen[bytes]:
    """Starts a process with a session of its own, which outlives the terminal; its output goes into ``log``.

    keep_log: its output is added to what the log holds; more: as Popen has it.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if not keep_log:
        log.unlink(missing_ok=True)
    given = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT, "start_new_session": True, **more}
    env = {**(os.environ if env is None else env), MARKER: str(home), ROLE: role}
    with log.open("ab") as output:
        process = subprocess.Popen([str(part) for part in command], env=env, stdout=output, **given)
    remember_session(home, process.pid, role)
    return process


def kill(process: subprocess.Popen[bytes]) -> None:
    """Ends a process of ours that keeps nothing, with its children."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def await_ready(
    process: subprocess.Popen[bytes],
    log: Path,
    who: str,
    ready: Callable[[], bool],
    seconds: int,
    next_step: str,
    pause: float = 0.1,
) -> None:
    """Raises CommandError with the log's end when the process ends before it is ready, or isn't within the seconds."""
    deadline = time.monotonic() + seconds
    while (code := process.poll()) is None and time.monotonic() < deadline:
        if ready():
            return
        time.sleep(pause)
    how = f"wasn't ready within {seconds} s" if code is None else f"ended with exit code {code} before it was ready"
    raise failure(f"{who} {how}.", log, next_step)


def failure(what: str, log: Path, next_step: str) -> CommandError:
    """What went wrong, with the end of a log."""
    end = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    return CommandError(f"{what} The end of {log}:\n{indent(end, '    ')}", next_step)


def remember_session(home: Path, pid: int, role: str) -> None:
    sessions = home / "sessions"
    sessions.mkdir(parents=True, exist_ok=True)
    with suppress(psutil.NoSuchProcess):
        known = {"started": psutil.Process(pid).create_time(), "boot": psutil.boot_time(), "role": role}
        unfinished = sessions / f"{pid}.new"
        unfinished.write_text(json.dumps(known))
        unfinished.replace(sessions / f"{pid}.json")  # at once, for others read it meanwhile


def die_with_parent() -> None:
    """To be run in a child before it becomes its program: it ends when its parent is killed (Linux only).

    Elsewhere such a child stays until the next ``sandbox-down`` or start finds it by its environment.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def ours(home: Path, role: str | None = None) -> list[psutil.Process]:
    """The sandbox's running processes, of one role or of all; this one and its ancestors left out."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    sessions = _sessions(home)
    roles = ((p, _role(p, home, sessions)) for p in psutil.process_iter() if p.pid not in own)
    return [p for p, found in roles if found and role in (None, found)]


def stop(home: Path, role: str | None = None) -> int:
    """Asks the sandbox's processes, of one role or all, to end; ends by force those that don't; returns their number.

    Leaders of our sessions are asked first and alone, so that they can end their children in order.
    """
    found = ours(home, role)
    leaders = [p for p in found if _safely(lambda p=p: os.getsid(p.pid)) == p.pid]
    psutil.wait_procs(_signal(leaders, "terminate"), timeout=PATIENCE)
    _, alive = psutil.wait_procs(_signal(ours(home, role), "terminate"), timeout=3)
    _signal(alive, "kill")
    deadline = time.monotonic() + 5
    while (left := ours(home, role)) and time.monotonic() < deadline:  # what they had started meanwhile
        psutil.wait_procs(_signal(left, "kill"), timeout=1)
    if left:
        names = ", ".join(f"{p.pid}" for p in left)
        raise CommandError(f"These processes of the sandbox don't end: {names}.", f"end them with 'kill -9 {names}'.")
    return len(found)


def memory(home: Path) -> int:
    """Resident bytes of the sandbox's processes and of this one with its children, summed."""
    me = psutil.Process()
    processes = {p.pid: p for p in [*ours(home), me, *me.children(recursive=True)]}
    return sum(_safely(lambda p=p: p.memory_info().rss) or 0 for p in processes.values())


def check_port_free(port: int, variable: str) -> None:
    """Raises CommandError naming who listens on a loopback port that is taken, and the variable to change."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CommandError(
                f"Port {port} on 127.0.0.1 is taken by {_listener(port)}.",
                f"stop it, or choose another port: {variable}=<port>.",
            ) from None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(process: psutil.Process, port: int) -> bool:
    """Whether the process or one of its children is the listener on that port."""
    children = _safely(lambda: process.children(recursive=True)) or []
    return any(_holds(p, port) for p in [process, *children])


def _holds(process: psutil.Process, port: int) -> bool:
    connections = _safely(lambda: process.net_connections("tcp")) or []
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in connections)


def _listener(port: int) -> str:
    for process in psutil.process_iter():
        if _holds(process, port):
            return f"process {process.pid} ({_safely(process.name) or 'unknown'})"
    return "a process of another user"


def _sessions(home: Path) -> dict[int, str]:
    """The roles of the recorded sessions whose leader is still that process, or has gone since this boot."""
    sessions = {}
    for record in (home / "sessions").glob("*.json"):
        try:
            pid, known = int(record.stem), json.loads(record.read_text())
        except FileNotFoundError:  # another command has removed it meanwhile
            continue
        started = _safely(lambda pid=pid: psutil.Process(pid).create_time())
        same_boot = abs(known["boot"] - psutil.boot_time()) < 60
        if same_boot and started in (None, known["started"]):
            sessions[pid] = known["role"]
        else:
            record.unlink(missing_ok=True)  # another process has that id by now
    return sessions


def _role(process: psutil.Process, home: Path, sessions: Mapping[int, str]) -> str | None:
    """What a process does for us, None when it isn't ours."""
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        session = os.getsid(process.pid)
        if session in sessions:
            return sessions[session]
        env = process.environ()
        return env.get(ROLE, "service") if env.get(MARKER) == str(home) else None
    except (psutil.Error, OSError):
        return None  # gone meanwhile, or another user's


def _signal(processes: Sequence[psutil.Process], how: str) -> list[psutil.Process]:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            getattr(process, how)()
    return list(processes)


def _safely(ask):
    try:
        return ask()
    except (psutil.Error, OSError):
        return None
