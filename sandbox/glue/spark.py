"""The Spark JVM that a role's job runs share: started when first needed, ended when idle, renewed after a crash.

One for each role, because Hadoop keeps a bucket's S3 client, with its credentials, for the life of the JVM.
"""

import asyncio
import json
import logging
import os
import secrets
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from ops.errors import CommandError
from sandbox import aws, processes
from sandbox.settings import Settings

log = logging.getLogger("sandbox.spark")

HOST = Path(__file__).resolve().parent.parent / "spark" / "host.py"
START_SECONDS = 120
# The JVM keeps the plans of runs whose Python has ended, until its heap is full of them. These are some 28 days' runs.
RUNS_OF_A_JVM = 200
DEATH_SECONDS = 5  # until the process that launched the JVM tells its exit code


class Spark:
    """A running JVM: a small Python process that launched it, and the port and secret to join it."""

    def __init__(self, process: subprocess.Popen[bytes], python: Path, log_file: Path, env: dict[str, str]) -> None:
        self.process, self.python, self._log_file, self._env = process, python, log_file, env
        self.port, self.secret = 0, ""
        self._ending = False
        self.role, self.users, self.runs, self.idle_since = "", 0, 0, time.monotonic()

    def job_environment(self, access: aws.Access = aws.ADMINISTRATOR) -> dict[str, str]:
        """access: what the job's process signs its calls with, and Spark with it (run_job.py)."""
        return {
            **self._env,
            **access.environment,
            "PYSPARK_GATEWAY_PORT": str(self.port),
            "PYSPARK_GATEWAY_SECRET": self.secret,
        }

    def cancel(self, group: str) -> None:
        """Cancels the Spark jobs of a run."""
        assert self.process.stdin
        with suppress(OSError):  # the JVM is gone, and its jobs with it
            self.process.stdin.write(f"{group}\n".encode())
            self.process.stdin.flush()

    def death(self) -> str:
        """How the JVM ended, empty while it runs."""
        if self._answers() or self._ending:
            return ""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(DEATH_SECONDS)
        return f"Spark's JVM ended unexpectedly (exit code {self.process.returncode}). Its log: {self._log_file}"

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            return True
        return False

    def stop(self) -> None:
        self._ending = True
        if self.process.poll() is None:
            assert self.process.stdin
            with suppress(OSError):
                self.process.stdin.close()  # both Python and the JVM end with their input
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        processes.kill(self.process)


class SharedSpark:
    def __init__(self, settings: Settings, region: str) -> None:
        self._settings, self._region = settings, region
        self._all: list[Spark] = []
        self._starting = asyncio.Lock()

    @property
    def running(self) -> bool:
        return any(each.process.poll() is None for each in self._all)

    async def acquire(self, role: str = "") -> Spark:
        """The role's JVM, started anew when there is none, when it has died or had its runs. Pair with release().

        Others that nobody uses are ended first, so that side by side deployments take the memory of one.
        """
        async with self._starting:
            for each in list(self._all):
                died = each.process.poll() is not None
                others = role and each.role not in ("", role)
                if died or (not each.users and (others or each.runs >= RUNS_OF_A_JVM)):
                    self._all.remove(each)
                    await asyncio.to_thread(each.stop)
            for each in self._all:
                if not role or each.role in ("", role):
                    break
            else:
                each = await asyncio.to_thread(self._start)
                self._all.append(each)
            each.role = each.role or role
            each.users += 1
            each.runs += 1
            return each

    async def ready(self, role: str) -> None:
        """Returns when the role's JVM runs."""
        self.release(await self.acquire(role))

    def release(self, spark: Spark) -> None:
        spark.users -= 1
        spark.idle_since = time.monotonic()

    async def end_when_idle(self) -> None:
        """Runs for ever: stops a JVM that nobody has used for the configured time."""
        while True:
            await asyncio.sleep(5)
            for each in list(self._all):
                idle = time.monotonic() - each.idle_since
                if not each.users and idle > self._settings.jvm_idle_seconds:
                    log.info("idle for %d s: the JVM of %s ends", idle, each.role)
                    self._all.remove(each)
                    await asyncio.to_thread(each.stop)

    def stop(self) -> None:
        while self._all:
            self._all.pop().stop()

    def _start(self) -> Spark:
        env = self._environment()
        python, log_file = self._settings.venv("glue"), self._settings.logs / "spark.log"
        told = self._settings.home / "spark" / f"{secrets.token_hex(8)}.json"
        process = processes.start(
            [python, "-P", HOST, told],
            self._settings.home,
            log_file,
            env=env,
            keep_log=True,  # several JVMs share it
            cwd=told.parent,
            stdin=subprocess.PIPE,
            preexec_fn=processes.die_with_parent,
        )
        spark = Spark(process, python, log_file, env)
        try:
            next_step = "mend that, try again."
            processes.await_ready(process, log_file, "Spark's JVM", told.exists, START_SECONDS, next_step)
        except CommandError:
            spark.stop()
            raise
        spark.port, spark.secret = json.loads(told.read_text()).values()
        told.unlink()
        log.info("JVM started, process %d", process.pid)
        return spark

    def _environment(self) -> dict[str, str]:
        """The environment of the JVM and of the job processes; writes the configuration that it names."""
        directory = self._settings.home / "spark"
        (directory / "conf").mkdir(parents=True, exist_ok=True)
        (directory / "tmp").mkdir(exist_ok=True)
        (directory / "conf" / "spark-defaults.conf").write_text(self._defaults(directory))
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("SPARK_", "PYSPARK_", "PYTHON"))}
        python = str(self._settings.venv("glue"))
        return {
            **inherited,
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_ENDPOINT_URL": self._settings.endpoint,
            "JAVA_HOME": str(self._settings.java_home),
            "SPARK_CONF_DIR": str(directory / "conf"),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "PYSPARK_PYTHON": python,
            "PYSPARK_DRIVER_PYTHON": python,
        }

    def _defaults(self, directory: Path) -> str:
        """As Glue 5.0 would, s3:// is read and written with S3A; the rest keeps a small machine quick."""
        # With the 48 MB that C1 alone gets for its code, HotSpot would sweep and compile Spark's generated code anew.
        code = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m"
        java = f"{code} -XX:+UseSerialGC -Djava.io.tmpdir={directory}/tmp"
        conf = {
            "spark.master": "local[2]",
            "spark.app.name": "glue",
            "spark.driver.memory": self._settings.spark_memory,
            "spark.driver.extraClassPath": f"{self._settings.spark_jars}/*",
            "spark.driver.extraJavaOptions": java,
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.local.dir": f"{directory}/tmp",
            "spark.sql.warehouse.dir": f"{directory}/warehouse",
            "spark.sql.shuffle.partitions": "4",
            # The jobs of a day share this JVM: with the default of 100 each throws out what the next one needs.
            "spark.sql.codegen.cache.maxEntries": "1000",
            "spark.default.parallelism": "2",
            "spark.scheduler.mode": "FAIR",
            "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
            "spark.hadoop.fs.s3a.endpoint": self._settings.endpoint,
            "spark.hadoop.fs.s3a.endpoint.region": self._region,
            "spark.hadoop.fs.s3a.path.style.access": "true",
            "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
            "spark.hadoop.fs.s3a.aws.credentials.provider": "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
        }
        return "".join(f"{key} {value}\n" for key, value in conf.items())
