"""MiniStack, the emulator of S3 and of Glue's catalog, as a process of these tests."""

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PROJECT = Path(__file__).parents[2]
REGION = "eu-central-1"


@contextmanager
def emulator(home: Path) -> Iterator[str]:
    """Runs one on a free loopback port, for as long as the block; gives its endpoint."""
    program = os.environ.get("MINISTACK") or str(PROJECT / ".venv" / "sandbox" / "bin" / "ministack")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "MINISTACK_"))} | {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "ATHENA_ENGINE": "mock",
        "S3_DATA_DIR": str(home / "s3"),
        "STATE_DIR": str(home / "state"),
        "TMPDIR": str(home),
        "DOCKER_HOST": "unix:///nonexistent",
        "LOG_LEVEL": "WARNING",
    }
    with (home / "emulator.log").open("wb") as log:
        process = subprocess.Popen([program], env=env, cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        endpoint = f"http://127.0.0.1:{port}"
        _await(process, f"{endpoint}/_ministack/ready", home / "emulator.log")
        yield endpoint
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


def _await(process: subprocess.Popen, url: str, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise RuntimeError(f"the emulator isn't ready:\n{log.read_text(errors='replace')[-2000:]}")
