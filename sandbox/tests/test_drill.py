"""A day under faults: whatever breaks at whichever call, nothing is lost, and no reader sees a mixture.

The day is one whose raw file has changed since it was published. One run without faults is recorded at the front; then
each call of each job meets a fault in turn, from the state in which that job found the day, and the job runs again as
Airflow would retry it. What it leaves must be what the run without faults left, byte for byte, while a reader polls.

`make drill` lets every call meet every fault. Here each call that changes something meets one of them, and of the
others some do.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import socket
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import aws, processes
from sandbox.glue.spark import SharedSpark
from sandbox.service import serve
from sandbox.settings import ROOT, Settings
from sandbox.tests.deployed import synthesised

from .drill.faults import Call, Fault, Faults
from .drill.jobs import Jobs
from .drill.lake import JUDGE, QUARANTINE, TRUSTED, Lake, State

REGION = "eu-central-1"
EVERYTHING = os.environ.get("DRILL") == "all"
ROUND_SECONDS = 0.1  # between two rounds of the reader, which would keep a processor busy


class Reader(threading.Thread):
    """Reads the tables that a job changes over and over, and all of them when the job has ended. Each that is visible
    must show the rows of one content, whole."""

    def __init__(self, lake: Lake) -> None:
        super().__init__(daemon=True)
        self.lake = lake
        self.contents: dict[str, set[frozenset[Any]]] = {}
        self.reads = 0
        self.mixtures: list[str] = []
        self._changing: list[str] = []
        self._pause, self._end, self._idle = threading.Event(), threading.Event(), threading.Event()
        self._pause.set()

    def run(self) -> None:
        while not self._end.is_set():
            if self._pause.is_set():
                self._idle.set()
                time.sleep(0.005)
                continue
            self._idle.clear()
            for table in self._changing:
                self._look(table)
            time.sleep(ROUND_SECONDS)

    def _look(self, table: str) -> None:
        rows = self.lake.visible(table)
        self.reads += 1
        if rows is not None and rows not in self.contents[table]:
            self.mixtures.append(f"{table}: {len(rows)} rows that are no whole content")

    def pause(self) -> None:
        self._pause.set()
        self._idle.wait(30)
        for table in self.lake.tables:
            self._look(table)

    def go_on(self, step: str) -> None:
        self._changing = self.lake.changed_by(step)
        self._idle.clear()
        self._pause.clear()

    def end(self) -> None:
        self._end.set()
        if self.is_alive():
            self.join(30)


class Drill:
    def __init__(self, lake: Lake, jobs: Jobs, faults: Faults, endpoint: str) -> None:
        self.lake, self.jobs, self.faults = lake, jobs, faults
        self.reader = Reader(lake)
        self.before: dict[str, State] = {}
        self.after: dict[str, State] = {}
        self.calls: dict[str, list[Call]] = {}
        self.figures: Counter[str] = Counter()
        self.table: dict[Fault, Counter[str]] = {fault: Counter() for fault in Fault}

    @property
    def steps(self) -> list[str]:
        return [JUDGE, *self.lake.datasets, TRUSTED]

    def record(self, former: bytes, present: bytes) -> None:
        """The former content is published; then the present one's day is recorded."""
        contents: dict[str, list[frozenset[Any]]] = {table: [] for table in self.lake.tables}
        for raw in (former, present):
            self.lake.land(raw)
            for step in self.steps:
                self.before[step] = self.lake.state()
                self.faults.arm()
                ended = self.jobs.run(step, self.lake.arguments(step))
                assert ended.succeeded, f"{step}: {ended}"
                self.calls[step] = list(self.faults.calls)
                self.faults.rest()
                self.after[step] = self.lake.state()
            last = self.after[self.steps[-1]]
            assert set(last.days) == {QUARANTINE}, "a changed day is hidden until the gate"
            self.lake.register()
            for table in self.lake.tables:
                rows = self.lake.visible(table)
                assert rows
                contents[table].append(rows)
        for former_rows, present_rows in contents.values():
            assert former_rows != present_rows
        self.reader.contents = {table: set(found) for table, found in contents.items()}
        self.reader.start()

    def report(self, seconds: float) -> None:
        rows = len(next(iter(self.reader.contents[self.lake.datasets[0]])))
        lines = [
            f"{len(self.steps)} jobs, {sum(map(len, self.calls.values()))} S3 and Glue calls, {seconds:.0f} s",
            f"{'fault':24} {'calls':>6} {'went on':>8} {'run again':>10}",
            *(
                f"{fault:24} {told['calls']:>6} {told['went on']:>8} {told['run again']:>10}"
                for fault, told in self.table.items()
            ),
            f"rows of a table {rows}, lost 0; {self.reader.reads} reads, mixtures seen {len(self.reader.mixtures)}",
        ]
        print("\n" + "\n".join(lines))
        (ROOT / "build" / "drill.txt").write_text("\n".join(lines) + "\n")

    def meet(self, step: str, call: Call, fault: Fault) -> None:
        """One call of one job meets one fault."""
        at = f"{step}, {call}, {fault}"
        self.lake.restore(self.before[step])
        self.reader.go_on(step)
        self.faults.arm(call, fault)
        ended = self.jobs.run(step, self.lake.arguments(step))
        hit = self.faults.hit
        self.faults.rest()
        self.figures["tried"] += 1
        self.figures["met"] += hit
        self.table[fault]["calls"] += hit
        if ended.succeeded:
            self.table[fault]["went on"] += hit
        else:
            assert ended.killed or len(ended.error) > 20, f"{at}: the failed run didn't say why: {ended.error!r}"
            self.table[fault]["run again"] += 1
            again = self.jobs.run(step, self.lake.arguments(step))
            assert again.succeeded, f"{at}: the second run failed: {again.error}"
        self.reader.pause()
        now, expected = self.lake.state(), self.after[step]
        assert now.lasting == expected.lasting, f"{at}: other content than without the fault"
        assert now.days == expected.days, f"{at}: other days are visible than without the fault"
        assert not self.reader.mixtures, f"{at}: {self.reader.mixtures}"


@pytest.fixture(scope="module")
def contents() -> tuple[bytes, bytes]:
    """Two versions of the day's raw file: most rows differ, and each has bad ones."""
    sys.path.insert(0, str(ROOT / "glue" / "tests"))
    from raw_files import csv_text, row, valid_rows

    def file(seed: int, bad: str) -> bytes:
        return csv_text([*valid_rows(30, seed=1), row(iban=bad), *valid_rows(30, seed=seed)]).encode()

    return file(2, "RO1"), file(3, "RO2")


@pytest.fixture(scope="module")
def drill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drill]:
    home = tmp_path_factory.mktemp("drill")
    project = Settings.from_environment({**os.environ, "PORT": str(processes.free_port())})
    (home / "spark-jars").symlink_to(project.spark_jars)
    settings = dataclasses.replace(project, build_dir=Path(home))
    faults = Faults()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    serving = threading.Thread(
        target=lambda: loop.run_until_complete(serve(settings, REGION, "drill", stop, [faults.middleware])), daemon=True
    )
    serving.start()
    _await_port(settings.port)
    spark = SharedSpark(settings, REGION)
    # On the serving loop: the JVM ends with the thread that started it.
    jobs = Jobs(asyncio.run_coroutine_threadsafe(spark.acquire(), loop).result(), Path(home))
    faults.kill = jobs.kill
    emulator = _status(settings)["emulator"]
    s3, glue, kms = (aws.client(name, emulator, REGION) for name in ("s3", "glue", "kms"))
    key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
    packaged = synthesised(tmp_path_factory.mktemp("stack")) / "assets" / "dags" / "pipeline.json"
    lake = Lake(s3, glue, key, json.loads(packaged.read_text()))
    drill = Drill(lake, jobs, faults, settings.endpoint)
    yield drill
    drill.reader.end()
    jobs.close()
    spark.stop()
    loop.call_soon_threadsafe(stop.set)
    serving.join(30)


def _status(settings: Settings) -> dict[str, Any]:
    with urllib.request.urlopen(f"{settings.endpoint}/_sandbox/status", timeout=5) as answer:
        return json.loads(answer.read())


def _await_port(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens on {port}")


def faults_of(call: Call, number: int) -> list[Fault]:
    """Which faults a call meets. The scratch folder's calls are many and alike: nobody reads what lies there."""
    turn = list(Fault)[number % len(Fault)]
    if EVERYTHING:
        return [turn] if call.is_scratch else list(Fault)
    if call.is_scratch:
        return [turn] if number % 48 == 0 else []
    return [turn] if call.changes or number % 6 == 0 else []


def test_whatever_breaks_a_day_ends_whole(drill: Drill, contents: tuple[bytes, bytes]) -> None:
    drill.record(*contents)
    started = time.monotonic()
    # The staging jobs are one code: without `make drill` one of them stands for all.
    for step in drill.steps if EVERYTHING else drill.steps[:2]:
        calls = drill.calls[step]
        for number, call in enumerate(calls):
            for fault in faults_of(call, number):
                drill.meet(step, call, fault)
            if (number + 1) % 100 == 0 or number + 1 == len(calls):
                print(f"{step}: {number + 1} of {len(calls)} calls", flush=True)
    drill.report(time.monotonic() - started)
    # Spark's tasks end in another order each time, and some of their calls depend on it.
    assert drill.figures["met"] > 0.75 * drill.figures["tried"], "the calls of a run differ too much from the recorded"
    assert drill.reader.reads > drill.figures["tried"]
