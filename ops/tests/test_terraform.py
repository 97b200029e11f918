from __future__ import annotations

from pathlib import Path

import pytest

from ops.errors import CommandError
from ops.terraform import Interrupted, Terraform, find_terraform
from ops.tests import builders


def fake(folder: Path, version: str) -> None:
    path = folder / "terraform"
    path.write_text(f'#!/bin/sh\necho \'{{"terraform_version": "{version}"}}\'\n')
    path.chmod(0o755)


# Waits for an interrupt, and says how many came; sends its parent two signals first.
INTERRUPTED = """#!/bin/sh
trap 'count=$((count + 1))' INT
kill -{first} $PPID; sleep 0.5
kill -TERM $PPID; sleep 0.5
echo "Error: stopped after $count interrupt(s)"
exit 1
"""


def test_a_missing_terraform_is_named_with_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match=r"isn't on the PATH[\s\S]*install Terraform 1.10"):
        find_terraform()


@pytest.mark.parametrize("version", ["1.9.8", "0.15.0", "1.5.7"])
def test_one_that_is_too_old_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    fake(tmp_path, version)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(CommandError, match=f"Terraform {version} .* is too old"):
        find_terraform()


@pytest.mark.parametrize("version", ["1.10.0", "1.11.4", "2.0.0-beta1"])
def test_a_newer_one_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    fake(tmp_path, version)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert find_terraform() == str(tmp_path / "terraform")


@pytest.mark.parametrize(("first", "code"), [("INT", 130), ("TERM", 143), ("HUP", 129)])
def test_an_interruption_is_told_from_a_failure(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], first: str, code: int
) -> None:
    binary = tmp_path / "terraform"
    binary.write_text(INTERRUPTED.format(first=first))
    binary.chmod(0o755)
    with pytest.raises(Interrupted, match=f"terraform apply of 'small' was ended early by SIG{first}") as stopped:
        Terraform(builders.stack(tmp_path), str(binary)).run("apply", stream=True)
    assert stopped.value.exit_code == code
    # At a second interrupt the real Terraform gives up at once and loses what it hasn't recorded.
    assert "stopped after 1 interrupt(s)" in capfd.readouterr().out


def test_a_terraform_that_was_killed_counts_as_interrupted(tmp_path: Path) -> None:
    binary = tmp_path / "terraform"
    binary.write_text("#!/bin/sh\nkill -KILL $$\n")
    binary.chmod(0o755)
    with pytest.raises(Interrupted, match="SIGKILL"):
        Terraform(builders.stack(tmp_path), str(binary)).run("apply")


def test_a_failure_is_no_interruption(tmp_path: Path) -> None:
    binary = tmp_path / "terraform"
    binary.write_text("#!/bin/sh\necho 'Error: creating Glue Job: AlreadyExistsException'\nexit 1\n")
    binary.chmod(0o755)
    with pytest.raises(CommandError, match="is there already") as failed:
        Terraform(builders.stack(tmp_path), str(binary)).run("apply")
    assert not isinstance(failed.value, Interrupted)
