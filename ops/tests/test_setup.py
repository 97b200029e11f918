"""What setup fetches, where the machine has nothing yet."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ops.project import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "bin" / "fetch-trino", folder / "bin")
    return folder


def fetch(project: Path, home: Path, maven: str) -> subprocess.CompletedProcess[str]:
    """With a Maven that only does this."""
    tool = project / "tools" / "mvn"
    tool.parent.mkdir()
    tool.write_text(f"#!/usr/bin/env bash\n{maven}\n")
    tool.chmod(0o755)
    environment = {"PATH": f"{tool.parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(home)}
    command = [project / "bin" / "fetch-trino"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_trino_is_fetched_where_maven_has_no_repository_yet(project: Path, tmp_path: Path) -> None:
    done = fetch(project, tmp_path / "nothing", "mkdir -p build/trino.new/lib")
    assert done.returncode == 0, done.stderr
    assert (project / "build" / "trino" / "lib").is_dir()
    assert "setup: Trino ready" in done.stdout


def test_why_trino_could_not_be_fetched_is_told(project: Path, tmp_path: Path) -> None:
    done = fetch(project, tmp_path / "nothing", "echo '[ERROR] no route to host'; exit 1")
    assert done.returncode == 1
    assert "[ERROR] no route to host" in done.stderr
    assert "fix: see that Maven Central can be reached, then run make setup again" in done.stderr
