"""Where the sandbox keeps things and which ports it uses.

All state lies under ``build/sandbox``; deleting the folder of a stopped sandbox loses nothing but time.

Environment variables:
    PORT          the front's port, the sandbox's one AWS endpoint (default 4566)
    UI_PORT       Airflow's web UI (default 8080)
    VENV_ROOT     the folder of the Python environments glue, airflow and sandbox (default .venv)
    SPARK_MEMORY  heap of the Spark JVM (default 1g)
    JVM_IDLE_SECONDS  the Spark JVM ends after this long without a job run (default 600)
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.errors import CommandError

ROOT = Path(__file__).resolve().parent.parent
ACCOUNT_ID = "000000000000"
# Never resolved: Terraform reaches it through the front as its HTTP proxy (see gateway.py).
AWS_HOST = "aws.sandbox.test"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
_LOOPBACK = "127.0.0.1,localhost"


def leave_users_aws() -> None:
    """Takes the user's AWS settings from this process and all that it starts, and their proxy from the loopback."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        del os.environ[name]
    # Without these files' names clients would read the user's own, where a default profile may lead elsewhere.
    files = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull)
    os.environ |= {**files, "AWS_EC2_METADATA_DISABLED": "true"}
    for name in ("NO_PROXY", "no_proxy"):  # of both Python takes the second
        os.environ[name] = ",".join(filter(None, (_LOOPBACK, os.environ.get(name))))


@dataclass(frozen=True)
class Settings:
    root: Path
    build_dir: Path
    venv_root: Path
    port: int
    ui_port: int
    spark_memory: str
    jvm_idle_seconds: int

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Reads the variables above. Raises CommandError for a value that isn't allowed."""
        env = os.environ if env is None else env
        build_dir = Path(env.get("BUILD_DIR") or ROOT / "build").absolute()
        memory = env.get("SPARK_MEMORY") or "1g"
        if not re.fullmatch(r"[1-9]\d*[mg]", memory):
            raise CommandError(f"SPARK_MEMORY={memory} isn't a size.", "give a number and m or g, like 1g or 1500m.")
        return cls(
            root=ROOT,
            build_dir=build_dir,
            venv_root=(ROOT / (env.get("VENV_ROOT") or ".venv")).absolute(),
            port=number(env, "PORT", 1, 65535) or 4566,
            ui_port=number(env, "UI_PORT", 1, 65535) or 8080,
            spark_memory=memory,
            jvm_idle_seconds=number(env, "JVM_IDLE_SECONDS", 1, 86400) or 600,
        )

    @property
    def home(self) -> Path:
        return self.build_dir / "sandbox"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def calls(self) -> Path:
        """The recorded calls of the last run (judge/recording.py)."""
        return self.home / "calls.json"

    @property
    def answers(self) -> Path:
        """The whole answers of the commands' queries."""
        return self.home / "answers"

    @property
    def page(self) -> Path:
        """The last run as a page (page.py)."""
        return self.home / "report.html"

    @property
    def sections(self) -> Path:
        """What other commands add to that page (page.py)."""
        return self.home / "sections"

    @property
    def spark_jars(self) -> Path:
        return self.build_dir / "spark-jars"

    @property
    def trino(self) -> Path:
        return self.build_dir / "trino"

    @property
    def java_home(self) -> Path:
        """The pinned Java 17 of Spark and Trino (bin/make-venv); the machine's own only builds the Java application."""
        home = self.venv_root / "glue" / "jvm"
        if not (home / "bin" / "java").exists():
            raise CommandError(f"The Java of Spark and Trino isn't set up ({home} is missing).", "run 'make setup'.")
        return home

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def venv(self, name: str, program: str = "python") -> Path:
        """A program of a Python environment. Raises CommandError when the environment isn't set up."""
        path = self.venv_root / name / "bin" / program
        if not path.exists():
            raise CommandError(
                f"The Python environment '{name}' isn't set up ({path} is missing).", "run 'make setup'."
            )
        return path


def number(env: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    """A variable's whole number; None when it isn't given. Raises CommandError."""
    value = env.get(name)
    if not value:
        return None
    if not value.isdecimal() or not least <= int(value) <= most:
        allowed = f"give a whole number from {least} to {most}, or leave it out."
        raise CommandError(f"{name}={value} isn't allowed.", allowed)
    return int(value)
