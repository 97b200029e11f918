"""The AWS emulator (MiniStack) on a free loopback port, as its own process, with nothing kept."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

REGION = "eu-central-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}
# One endpoint for each service that the stack uses, under Terraform's names.
SERVICES = (
    "athena budgets cloudwatch cloudwatchevents cloudwatchlogs ec2 glue iam kms mwaa s3 sns sts"
).split()


class Emulator(AbstractContextManager["Emulator"]):
    """A running emulator. endpoint: its address; environment: what makes Terraform and boto3 use it."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Emulator:
        self._folder = tempfile.TemporaryDirectory(prefix="emulator-")
        folder = Path(self._folder.name)
        environment = {
            **os.environ,
            **CREDENTIALS,
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "IOT_MTLS_ENABLED": "0",
            "ATHENA_ENGINE": "duckdb",
            "S3_DATA_DIR": str(folder),
            "TMPDIR": str(folder),
        }
        self._log = (folder / "emulator.log").open("wb")
        command = [str(Path(sys.executable).parent / "ministack")]
        self._process = subprocess.Popen(command, env=environment, stdout=self._log, stderr=subprocess.STDOUT)
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        self._folder.cleanup()

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}),
        )

    def override(self, backend: dict[str, Any]) -> dict[str, Any]:
        """What sends a synthesised stack to the emulator, as the content of a Terraform override file."""
        settings = {
            "access_key": "test",
            "secret_key": "test",
            "skip_credentials_validation": True,
            "skip_metadata_api_check": True,
            "use_path_style": True,
            "endpoints": {"s3": self.endpoint, "iam": self.endpoint, "sts": self.endpoint},
        }
        provider = {
            "region": REGION,
            "access_key": "test",
            "secret_key": "test",
            "skip_credentials_validation": True,
            "skip_metadata_api_check": True,
            "s3_use_path_style": True,
            "endpoints": [{service: self.endpoint for service in SERVICES}],
        }
        return {
            "terraform": {"backend": {"s3": {**backend, **settings}}},
            "provider": {"aws": [provider]},
        }

    def reset(self) -> None:
        request = urllib.request.Request(f"{self.endpoint}/_ministack/reset", method="POST")
        urllib.request.urlopen(request, timeout=30).read()

    def _wait(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise RuntimeError(f"The emulator ended at once: {Path(self._log.name).read_text()[-2000:]}")
            try:
                urllib.request.urlopen(f"{self.endpoint}/_ministack/ready", timeout=1).read()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("The emulator wasn't ready within 60 s.")
