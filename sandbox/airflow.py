"""Airflow as MWAA would set it up, from what is deployed in the emulator.

The DAG folder is synced down from the bucket's DAG prefix, the plugins archive is unpacked and the start-up script is
sourced, so what runs is the deployed artefact, under the deployed execution role. Two things differ from MWAA: tasks
aren't retried (a cluster policy), so that a failure shows at once, and jobs and crawlers are asked every second whether
they have ended.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ops.errors import CommandError
from sandbox import aws, processes
from sandbox.judge.sessions import Assumer
from sandbox.lifecycle import Service
from sandbox.settings import Settings

_POLICY = '''"""The sandbox's cluster policy: a failing task fails at once."""


def task_policy(task):
    task.retries = 0
'''
MIGRATE_SECONDS = 180
# As MWAA calls the session of an environment's execution role.
SESSION = "AmazonMWAA-airflow"


@dataclass(frozen=True)
class Airflow:
    settings: Settings
    service: Service
    deployment: str

    @property
    def home(self) -> Path:
        return self.settings.home / "airflow" / self.deployment

    @property
    def dags(self) -> Path:
        return self.home / "dags"

    @property
    def program(self) -> Path:
        return self.settings.venv("airflow", "airflow")

    @cached_property
    def environment(self) -> dict[str, str]:
        """The environment of every Airflow process, before the deployed start-up script."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "PYTHON", "VIRTUAL_"))}
        endpoint, region = self.service.settings.endpoint, self.service.region
        return {
            **inherited,
            "PATH": f"{self.program.parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            "AWS_ENDPOINT_URL": endpoint,
            "DRIVEN_DATA_POLL_SECONDS": "1",
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW_CONN_AWS_DEFAULT": json.dumps({"conn_type": "aws", "extra": {"region_name": region}}),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(self.home / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "2",
            "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "2",
            "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.home / 'airflow.db'}",
            "AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT": "False",
            "AIRFLOW__SCHEDULER__PARSING_PROCESSES": "1",
            "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        }

    # --- the database ---

    @property
    def _migration_log(self) -> Path:
        return self.settings.logs / "airflow-migrate.log"

    def begin_migration(self) -> subprocess.Popen[bytes] | None:
        """Starts to make the database, unless it is there for this very Airflow, with runs of this emulator's days."""
        migrated = self.home / "migrated"
        if migrated.is_file() and migrated.read_text() == self._version():
            return None
        shutil.rmtree(self.home, ignore_errors=True)  # half made, another version's, or with runs whose data is gone
        self.home.mkdir(parents=True)
        migrate = [self.program, "db", "migrate"]
        return processes.start(migrate, self.settings.home, self._migration_log, role="command", env=self.environment)

    def finish_migration(self, process: subprocess.Popen[bytes] | None) -> None:
        if process is None:
            return
        try:
            code = process.wait(MIGRATE_SECONDS)
        except subprocess.TimeoutExpired:
            code = None
        if code != 0:
            what = "Airflow couldn't make its database."
            raise processes.failure(what, self._migration_log, "mend that, try again.")
        (self.home / "migrated").write_text(self._version())

    def _version(self) -> str:
        versions = sorted(
            path.name for path in self.program.parent.parent.glob("lib/python*/site-packages/apache_airflow*")
        )
        return hashlib.sha256(" ".join([*versions, str(self.home), self.service.token]).encode()).hexdigest()

    # --- what is deployed ---

    def sync(self, name: str) -> dict[str, str]:
        """Brings the MWAA environment's deployed DAG folder and settings here; returns the environment to run Airflow
        with."""
        environment = self.service.client("mwaa").get_environment(Name=name)["Environment"]
        bucket = environment["SourceBucketArn"].rpartition(":")[2]
        mwaa = Assumer(service="airflow.amazonaws.com", source_arn=environment["Arn"])
        access = self.service.assume(environment["ExecutionRoleArn"], SESSION, mwaa)
        s3 = self.service.client("s3", access)
        self._sync_dags(s3, bucket, environment["DagS3Path"].strip("/") + "/")
        self._unpack_plugins(s3, bucket, environment.get("PluginsS3Path"))
        local_settings = self.home / "config" / "airflow_local_settings.py"
        local_settings.parent.mkdir(parents=True, exist_ok=True)
        local_settings.write_text(_POLICY)
        options = {
            f"AIRFLOW__{key.replace('.', '__', 1).upper()}": value
            for key, value in environment.get("AirflowConfigurationOptions", {}).items()
            if not key.startswith("celery.")  # the sandbox has no Celery
        }
        env = {**self.environment, **access.environment, **options, "AIRFLOW_ENV_NAME": environment["Name"]}
        script = environment.get("StartupScriptS3Path")
        return {**env, **self._sourced(s3, bucket, script, env)} if script else env

    def _sync_dags(self, s3: Any, bucket: str, prefix: str) -> None:
        shutil.rmtree(self.dags, ignore_errors=True)
        self.dags.mkdir(parents=True)
        for key in (each["Key"] for each in aws.objects(s3, bucket, prefix)):
            path = self.dags / key.removeprefix(prefix)
            if not key.endswith("/") and path.resolve().is_relative_to(self.dags.resolve()):
                path.parent.mkdir(parents=True, exist_ok=True)
                s3.download_file(bucket, key, str(path))

    def _unpack_plugins(self, s3: Any, bucket: str, key: str | None) -> None:
        """Airflow's plugins folder, from which the triggerer imports."""
        plugins = self.home / "plugins"
        shutil.rmtree(plugins, ignore_errors=True)
        if not key:
            return
        archive = self.home / "plugins.zip"
        s3.download_file(bucket, key, str(archive))
        shutil.unpack_archive(archive, plugins)

    def _sourced(self, s3: Any, bucket: str, key: str, env: Mapping[str, str]) -> dict[str, str]:
        """What the start-up script exports."""
        script = self.home / "startup.sh"
        s3.download_file(bucket, key, str(script))
        command = ["bash", "-c", 'set -e; source "$1" >&2; env -0', "startup", str(script)]
        done = subprocess.run(command, env=dict(env), capture_output=True, timeout=120, cwd=self.home, check=False)
        if done.returncode != 0:
            raise CommandError(
                f"The start-up script s3://{bucket}/{key} fails with exit code {done.returncode}: "
                f"{done.stderr.decode(errors='replace').strip()[-500:]}",
                "mend airflow/startup.sh.",
            )
        after = dict(pair.split("=", 1) for pair in done.stdout.decode().split("\0") if "=" in pair)
        return {name: value for name, value in after.items() if env.get(name) != value and name not in ("_", "SHLVL")}
