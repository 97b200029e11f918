"""The service starts, is found and stops, whatever was left behind."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from ops.errors import CommandError
from ops.terraform import Interrupted
from sandbox import aws, lifecycle, processes
from sandbox.airflow import Airflow
from sandbox.lifecycle import exclusive
from sandbox.provision import Provisioner
from sandbox.settings import ROOT, Settings
from sandbox.tests.conftest import REGION, awaited


def _own_settings(build_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a sandbox of its own, also for the service that is started with this environment."""
    monkeypatch.setenv("BUILD_DIR", str(build_dir))
    monkeypatch.setenv("PORT", str(processes.free_port()))
    return Settings.from_environment()


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A sandbox of the test's own; whatever it started is ended."""
    settings = _own_settings(tmp_path, monkeypatch)
    yield settings
    processes.stop(settings.home)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lifecycle.Service]:
    """A service for the tests that leave it as it is."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        settings = _own_settings(tmp_path_factory.mktemp("running"), monkeypatch)
        service, _ = lifecycle.ensure(settings, REGION)
    yield service
    processes.stop(settings.home)


def test_a_service_is_reused_and_its_stop_leaves_no_process(own: Settings) -> None:
    service, new = lifecycle.ensure(own, REGION)
    assert new
    assert lifecycle.ensure(own, REGION) == (service, False)
    assert service.status()["active_runs"] == 0
    pids = [process.pid for process in processes.ours(own.home)]
    assert len(pids) == 2  # the service and the emulator
    assert lifecycle.stop(own) == 2
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert lifecycle.find(own) is None


@pytest.mark.parametrize("victim", ["service", "emulator"])
def test_after_a_kill_a_new_service_starts(own: Settings, victim: str) -> None:
    service, _ = lifecycle.ensure(own, REGION)
    s3 = aws.client("s3", own.endpoint, REGION)
    s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": REGION})
    pids = {process.pid for process in processes.ours(own.home)}
    os.kill(service.pid if victim == "service" else (pids - {service.pid}).pop(), signal.SIGKILL)
    awaited(lambda: not any(_runs(pid) for pid in pids), "what was started together ends together")
    again, new = lifecycle.ensure(own, REGION)
    assert new
    assert again.token != service.token
    assert s3.list_buckets()["Buckets"] == []  # all of the old one's state went with it


def test_stale_and_broken_records_are_no_running_service(own: Settings) -> None:
    own.home.mkdir(parents=True)
    record = own.home / "service.json"
    for text in ("", "{}", json.dumps({"pid": os.getpid(), "port": own.port, "region": REGION, "token": "x"})):
        record.write_text(text)
        assert lifecycle.find(own) is None
    with pytest.raises(CommandError, match="isn't running"):
        lifecycle.require(own)


def test_another_program_on_our_port_is_never_taken_for_the_service(own: Settings) -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "http.server", str(own.port), "--bind", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        awaited(lambda: processes.listens(psutil.Process(server.pid), own.port), "the other program listens")
        with pytest.raises(CommandError) as refused:
            lifecycle.ensure(own, REGION)
        assert f"Port {own.port} on 127.0.0.1 is taken by process {server.pid}" in str(refused.value)
        assert "PORT=<port>" in str(refused.value)
        assert server.poll() is None  # not ours, so left alone
    finally:
        server.kill()
        server.wait()


def test_another_region_needs_a_stop_first(running: lifecycle.Service) -> None:
    with pytest.raises(CommandError, match="make sandbox-down"):
        lifecycle.ensure(running.settings, "us-east-1")


def test_the_service_listens_on_loopback_only(running: lifecycle.Service) -> None:
    listening = {
        connection.laddr.ip
        for process in processes.ours(running.settings.home)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_what_an_interrupted_command_left_is_ended_and_the_service_stays(running: lifecycle.Service) -> None:
    settings = running.settings
    left = processes.start(["sleep", "600"], settings.home, settings.logs / "left.log", role="command")
    assert lifecycle.ensure(settings, REGION) == (running, False)
    assert not psutil.pid_exists(left.pid)


def test_children_that_hide_their_environment_are_found_by_their_session(own: Settings) -> None:
    script = "import subprocess, sys; subprocess.Popen(['env', '-i', 'sleep', '600']); sys.exit()"
    processes.start([sys.executable, "-c", script], own.home, own.logs / "x.log", role="ui").wait()
    found = processes.ours(own.home, "ui")
    assert [process.name() for process in found] == ["sleep"]
    assert processes.ours(own.home, "service") == []
    assert processes.stop(own.home, "ui") == 1
    assert processes.ours(own.home) == []


def test_a_session_id_that_another_process_has_by_now_is_forgotten(own: Settings) -> None:
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        processes.remember_session(own.home, stranger.pid, "ui")
        assert [process.pid for process in processes.ours(own.home)] == [stranger.pid]
        record = own.home / "sessions" / f"{stranger.pid}.json"
        record.write_text(json.dumps({**json.loads(record.read_text()), "started": 1.0}))
        assert processes.ours(own.home) == []
        assert not record.exists()
    finally:
        stranger.kill()
        stranger.wait()


def test_runs_whose_data_is_gone_are_gone_with_it(own: Settings) -> None:
    before, after = (Airflow(own, lifecycle.Service(own, REGION, token, 1), "d") for token in ("before", "after"))
    before.home.mkdir(parents=True)
    (before.home / "migrated").write_text(before._version())
    (before.home / "airflow.db").touch()
    assert before.begin_migration() is None
    migrating = after.begin_migration()
    assert migrating
    processes.kill(migrating)
    assert not (before.home / "migrated").exists()
    lifecycle.stop(own)
    assert not before.home.exists()


def test_an_interrupted_apply_needs_no_mending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: Provisioner) -> None:
        raise Interrupted(SimpleNamespace(name="driven-data"), "apply", signal.SIGINT)

    monkeypatch.setattr(Provisioner, "_prepare", interrupt)
    provisioner = object.__new__(Provisioner)
    provisioner._stamp = tmp_path / "stamp"
    with pytest.raises(CommandError, match="ended early by SIGINT") as ended:
        provisioner.provision()
    assert (ended.value.next_step, ended.value.exit_code) == ("run the command again.", 130)


def test_a_service_that_doesnt_answer_is_told_in_a_line() -> None:
    prints = """
import sys, urllib3
from sandbox import lifecycle
from sandbox.__main__ import main
def find(settings):
    raise urllib3.exceptions.ProtocolError("cut off")
lifecycle.find = find
sys.exit(main(["status"]))
"""
    done = subprocess.run([sys.executable, "-c", prints], cwd=ROOT, capture_output=True, text=True, check=False)
    told = "sandbox: The sandbox doesn't answer: cut off\n  Next: start it again with 'make sandbox'."
    assert (done.stderr.strip(), done.returncode) == (told, 1)


def test_a_session_stays_known_while_others_look(own: Settings) -> None:
    """A run samples its memory once a second, and status comes whenever it likes."""
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        processes.remember_session(own.home, stranger.pid, "ui")
        with ThreadPoolExecutor() as threads:
            writing = threads.submit(
                lambda: [processes.remember_session(own.home, stranger.pid, "ui") for _ in range(2000)]
            )
            while not writing.done():
                assert processes._sessions(own.home) == {stranger.pid: "ui"}
    finally:
        stranger.kill()
        stranger.wait()


def test_a_command_takes_nothing_of_the_users_aws_settings(running: lifecycle.Service, tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[broken")
    users = {"HOME": str(tmp_path), "AWS_PROFILE": "absent", "AWS_SESSION_TOKEN": "theirs"}
    users |= {"http_proxy": "http://127.0.0.1:9", "no_proxy": "their.own"}
    asks = "import boto3; print(boto3.client('s3', region_name='eu-central-1').list_buckets()['Buckets'])"
    build_dir = str(running.settings.build_dir)
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "lead", sys.executable, "-c", asks],
        cwd=ROOT,
        env={**os.environ, "AWS_CONFIG_FILE": f"{tmp_path}/.aws/config", **users, "BUILD_DIR": build_dir},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


def test_jobs_reach_the_front_whatever_proxy_the_user_has() -> None:
    """Python takes no_proxy before NO_PROXY, so the first has to name the loopback too."""
    asks = "import urllib.request as r; print(r.proxy_bypass('127.0.0.1:4566'), r.proxy_bypass('their.own'))"
    leaves = "from sandbox.settings import leave_users_aws; leave_users_aws()"
    env = {**os.environ, "http_proxy": "http://127.0.0.1:9", "no_proxy": "their.own"}
    done = subprocess.run(
        [sys.executable, "-c", f"{leaves}; {asks}"], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout == "True True\n"


def test_two_commands_at_once_are_refused(own: Settings) -> None:
    with exclusive(own.home, "make sandbox"), pytest.raises(CommandError) as refused, exclusive(own.home, "other"):
        pass
    assert f"busy with 'make sandbox' (process {os.getpid()})" in str(refused.value)
    with exclusive(own.home, "after"):
        pass  # the lock ends with its holder


def test_an_emulator_that_cant_start_shows_its_log(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(own.build_dir))  # a broken ministack shadows the real one
    (own.build_dir / "ministack").mkdir()
    beside = "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n"  # the front needs the rest
    (own.build_dir / "ministack" / "__init__.py").write_text(beside)
    (own.build_dir / "ministack" / "app.py").write_text("raise SystemExit('no such engine')")
    with pytest.raises(CommandError) as failed:
        lifecycle.ensure(own, REGION)
    assert "no such engine" in str(failed.value)
    assert processes.ours(own.home) == []


def test_a_taken_port_is_named_with_its_holder() -> None:
    port = processes.free_port()
    processes.check_port_free(port, "PORT")
    with socket.create_server(("127.0.0.1", port)), pytest.raises(CommandError, match=f"process {os.getpid()}"):
        processes.check_port_free(port, "PORT")


def test_settings_refuse_what_isnt_a_port_or_a_size() -> None:
    for name, value in (("PORT", "70000"), ("UI_PORT", "http"), ("SPARK_MEMORY", "much"), ("JVM_IDLE_SECONDS", "0")):
        with pytest.raises(CommandError, match=f"{name}={value}"):
            Settings.from_environment({name: value})
    assert dataclasses.asdict(Settings.from_environment({}))["port"] == 4566


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
