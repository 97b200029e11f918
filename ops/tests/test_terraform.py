from __future__ import annotations

from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.terraform import find_terraform


def fake(folder: Path, version: str) -> None:
    path = folder / "terraform"
    path.write_text(f'#!/bin/sh\necho \'{{"terraform_version": "{version}"}}\'\n')
    path.chmod(0o755)


def test_a_missing_terraform_is_named_with_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OpsError, match=r"isn't on the PATH[\s\S]*install Terraform 1.10"):
        find_terraform()


@pytest.mark.parametrize("version", ["1.9.8", "0.15.0", "1.5.7"])
def test_one_that_is_too_old_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    fake(tmp_path, version)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(OpsError, match=f"Terraform {version} .* is too old"):
        find_terraform()


@pytest.mark.parametrize("version", ["1.10.0", "1.11.4", "2.0.0-beta1"])
def test_a_newer_one_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    fake(tmp_path, version)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert find_terraform() == str(tmp_path / "terraform")
