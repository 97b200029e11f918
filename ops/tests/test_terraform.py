from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ops.errors import CommandError
from ops.project import ROOT
from ops.terraform import Interrupted, Terraform, find_terraform
from ops.tests import builders


def fake(folder: Path, version: str) -> None:
    path = folder / "terraform"
    # Without that it would ask HashiCorp for a newer one first, and wait for the answer.
    path.write_text(f'#!/bin/sh\n[ -n "$CHECKPOINT_DISABLE" ] && echo \'{{"terraform_version": "{version}"}}\'\n')
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


# In a process of its own, of which a test can take away the readers and the signals.
RUN = """
import sys
from pathlib import Path
from ops.terraform import Terraform
from ops.tests import builders
folder = Path(sys.argv[1])
Terraform(builders.stack(folder), str(folder / "terraform")).run("apply", stream=True)
(folder / "went on").touch()
"""


def start(folder: Path, script: str, **more: Any) -> subprocess.Popen[bytes]:
    fake(folder, "1.11.4")
    (folder / "terraform").write_text(f"#!/bin/sh\n{script}")
    return subprocess.Popen([sys.executable, "-c", RUN, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, **more)


def test_what_comes_after_an_apply_is_done_though_nobody_reads_its_output(tmp_path: Path) -> None:
    """make apply | head"""
    process = start(tmp_path, "sleep 1; echo one; sleep 1; echo two\n")
    assert process.stdout
    process.stdout.close()
    process.wait(60)
    assert (tmp_path / "went on").exists()


def test_a_hangup_stops_nothing_that_was_told_to_outlive_it(tmp_path: Path) -> None:
    """nohup make apply &"""
    process = start(tmp_path, "trap 'exit 1' INT; kill -HUP $PPID; sleep 1\n", preexec_fn=ignore_hangups)
    process.communicate(timeout=60)
    assert (tmp_path / "went on").exists()


def ignore_hangups() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def test_a_terraform_is_told_to_stop_though_the_terminal_is_gone(tmp_path: Path) -> None:
    script = "trap 'touch stopped; exit 1' INT; kill -HUP $PPID; sleep 3 & wait\n"
    read, closed = os.pipe()
    os.close(read)
    process = start(tmp_path, script, stderr=closed)
    process.communicate(timeout=60)
    assert (tmp_path / "stacks" / "small" / "stopped").exists()


def test_what_terraform_writes_is_its_owners_alone(tmp_path: Path) -> None:
    """a plan holds the state's secrets"""
    fake(tmp_path, "1.11.4")
    (tmp_path / "terraform").write_text("#!/bin/sh\ntouch plan.tfplan\n")
    stack = builders.stack(tmp_path)
    Terraform(stack, str(tmp_path / "terraform")).run("plan")
    assert (stack.directory / "plan.tfplan").stat().st_mode & 0o077 == 0


def test_letters_arrive_whole(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    fake(tmp_path, "1.11.4")
    (tmp_path / "terraform").write_text("#!/bin/sh\nprintf 'Bra\\303'; sleep 1; printf '\\256la\\n'\n")
    Terraform(builders.stack(tmp_path), str(tmp_path / "terraform")).run("apply", stream=True)
    assert "Braîla" in capfd.readouterr().out


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
