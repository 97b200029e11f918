"""AWS for the tests: the sandbox's emulator and front, started by this process, with nothing kept."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from ops.tests.provider import SharedProvider
from sandbox import aws, processes
from sandbox.emulator import Emulator
from sandbox.gateway import Gateway
from sandbox.judge.deployed import Deployed
from sandbox.judge.judge import Judge
from sandbox.judge.recording import Recording
from sandbox.mends import Mends
from sandbox.provision import ENDPOINT, OVERRIDE, override
from sandbox.settings import CREDENTIALS, ROOT

REGION = "eu-central-1"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Front(AbstractContextManager["Front"]):
    """A running emulator with its front. endpoint: the front's address."""

    _held = _after = _refused = ""

    def __init__(self, provider: Path | None = None, judged: bool = False) -> None:
        """provider: the AWS provider's program, to serve many commands; without it, each Terraform starts its own.
        judged: calls are judged by the deployed policies.
        """
        self._program = provider
        self._ending = ExitStack()
        self._judged = judged

    def __enter__(self) -> Front:
        self._home = tempfile.TemporaryDirectory(prefix="ops-tests-")
        self._emulator = Emulator(Path(self._home.name), REGION)
        self._emulator.start()
        self.port = processes.free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._runner = self._in_loop(self._serve())
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.close()
        self._in_loop(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._emulator.stop()
        self._home.cleanup()

    def provider(self, folder: Path, access: dict[str, str]) -> dict[str, str]:
        """Starts a provider for a stack's folder that acts with this access; the environment of what shares it."""
        if not self._program:
            return {}
        log = Path(self._home.name) / f"provider-{uuid.uuid4().hex[:8]}.log"
        own = {**self.environment(), **access}
        return self._ending.enter_context(SharedProvider(self._program, folder, log, own)).environment

    def client(self, service: str) -> Any:
        return aws.client(service, self.endpoint, REGION)

    def make_bucket(self, name: str) -> None:
        where = {"LocationConstraint": REGION}
        self.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=where)

    def environment(self) -> dict[str, str]:
        """What lets a command reach this AWS and no other one."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {
            **kept,
            **CREDENTIALS,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": ENDPOINT,
            "HTTP_PROXY": self.endpoint,
            "http_proxy": self.endpoint,
        }

    @contextmanager
    def holding_back(self, operation: str, after: str = "") -> Iterator[threading.Event]:
        """Carries the operation out, but answers the first at the end alone; the event says that it was carried out.

        after: answers the operation until this one was carried out.
        """
        self._held, self._after, self._done, self._release = operation, after, threading.Event(), asyncio.Event()
        try:
            yield self._done
        finally:
            self._held = ""
            self._loop.call_soon_threadsafe(self._release.set)

    @contextmanager
    def refusing_to_write(self, key: str) -> Iterator[None]:
        """Answers as AWS does once a session has expired, when this object of S3's is written."""
        self._refused = key
        try:
            yield
        finally:
            self._refused = ""

    @web.middleware
    async def _hold_back(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self._refused and request.method == "PUT" and request.path.endswith(self._refused):
            return web.Response(status=400, text="<Error><Code>ExpiredToken</Code><Message>expired</Message></Error>")
        answer = await handler(request)
        operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if operation == self._after:
            self._after = ""
        elif operation and operation == self._held and not self._after:
            self._held = ""
            self._done.set()
            await self._release.wait()
        return answer

    def _in_loop(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)

    async def _serve(self) -> web.AppRunner:
        gateway = Gateway(self._emulator.endpoint, Mends(REGION))
        deployed = Deployed(lambda service: aws.client(service, self._emulator.endpoint, REGION), lambda query: "")
        self.judge = Judge(deployed, REGION, Recording())
        application = gateway.application([self.judge.middleware] if self._judged else [])
        application.middlewares.append(self._hold_back)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        return runner


class Workspace:
    """A copy of synthesised stacks in a folder of its own, and the commands run on it.

    Those with the same access share a provider, which works in the folder of the first stack that one is run on.
    """

    def __init__(self, folder: Path, front: Front) -> None:
        self.folder, self.front = folder, front
        self.stacks, self.build = folder / "stacks", folder / "build"
        self.locks, self.imports = folder / "locks", folder / "imports"
        self._providers: dict[str, dict[str, str]] = {}

    def shared_provider(self, stack: str, environment: dict[str, str] | None = None) -> dict[str, str]:
        """What lets a command in this environment use the shared provider."""
        access = {name: value for name, value in (environment or {}).items() if name.startswith("AWS_")}
        caller = access.get("AWS_ACCESS_KEY_ID", "")
        if caller not in self._providers:
            self._providers[caller] = self.front.provider(self.stacks / stack, access)
        return self._providers[caller]

    def add(self, name: str, document: dict[str, Any], assets: Path | None = None) -> Path:
        """Puts a stack there, with the override file that leads it to the emulator."""
        directory = self.stacks / name
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "cdk.tf.json").write_text(json.dumps(document, indent=2) + "\n")
        (directory / OVERRIDE).write_text(json.dumps(override(document), indent=2) + "\n")
        if assets and assets.is_dir():
            shutil.copytree(assets, directory / "assets", dirs_exist_ok=True)
        return directory

    def add_synthesised(self, directory: Path) -> Path:
        document = json.loads((directory / "cdk.tf.json").read_text())
        return self.add(directory.name, document, directory / "assets")

    def environment(self, **more: str) -> dict[str, str]:
        return {
            **self.front.environment(),
            "STACKS_DIR": str(self.stacks),
            "BUILD_DIR": str(self.build),
            "LOCKS_DIR": str(self.locks),
            "IMPORTS_DIR": str(self.imports),
            "LOCK_TIMEOUT": "5s",
            **more,
        }

    def start(self, command: str, stack: str, *options: str, **environment: str) -> subprocess.Popen[str]:
        """Starts a command that is to be interrupted or killed: Terraform has a provider of its own, unless told
        otherwise.

        An apply's plan needs it too (own_provider): Terraform applies no plan that was made with another provider.
        """
        return subprocess.Popen(
            [sys.executable, "-m", "ops", command, "--stack", stack, *options],
            cwd=ROOT,
            env=self.environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(
        self, command: str, stack: str, *options: str, expect: int = 0, own_provider: bool = False, **environment: str
    ) -> str:
        """Runs a command; returns what it printed. Fails when it doesn't end with the expected code."""
        shared = {} if own_provider else self.shared_provider(stack, environment)
        process = self.start(command, stack, *options, **{**shared, **environment})
        output, _ = process.communicate(timeout=1800)
        assert process.returncode == expect, f"ops {command} ended with {process.returncode}:\n{output}"
        return output

    def planned(self, stack: str) -> list[dict[str, Any]]:
        """The saved plan's changes, as Terraform's JSON has them."""
        plan = json.loads((self.build / "plans" / stack / "plan.json").read_text())
        return [each for each in plan["resource_changes"] if each["change"]["actions"] not in (["no-op"], ["read"])]

    def addresses(self, stack: str) -> list[str]:
        """What the saved plan changes."""
        return [each["address"] for each in self.planned(stack)]
