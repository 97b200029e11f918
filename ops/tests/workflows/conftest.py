from __future__ import annotations

from pathlib import Path

import pytest

from ops.project import Project
from ops.tests import builders
from ops.tests.workflows.hub import Hub


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return builders.project(tmp_path)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """GitHub's side, reached by this process's ``gh``."""
    made = Hub(tmp_path / "hub")
    for name, value in made.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    monkeypatch.delenv("GITHUB_ENV", raising=False)
    monkeypatch.delenv("RUN", raising=False)
    return made


@pytest.fixture
def replacements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of allowed replacements, in a folder of its own."""
    monkeypatch.setenv("CONFIG_DIR", str(tmp_path))
    return tmp_path / "replacements.toml"
