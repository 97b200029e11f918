"""A day under faults: whatever breaks at whichever call, nothing is lost, and no reader sees a mixture.

The day is one whose raw file has changed since it was published: extract_raw_data lands it, then come the seven Glue
jobs, the gate, and the tasks that register the day. One run without faults is recorded at the front; then calls of each
step meet faults, from the state in which that step found the day, and it runs again as Airflow would retry it. What it
leaves must be what the run without faults left, byte for byte, while a reader polls. drill/plan.py says which call
meets which fault: the whole plan is `make drill`, the short one part of `make test`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from sandbox import lifecycle
from sandbox.glue.spark import SharedSpark
from sandbox.settings import ROOT
from sandbox.tests.conftest import REGION, Sandbox, own_settings, serving
from sandbox.tests.deployed import synthesised

from .drill import plan
from .drill.faults import Call, Fault, Faults
from .drill.lake import BUCKET, JUDGE, QUARANTINE, TRUSTED, Lake, State
from .drill.runs import Ended, Runs, job_runs, task_runs

EVERYTHING = os.environ.get("DRILL") == "all"
TELL_EVERY = 10  # runs with a fault
EXTRACT, GATE = "extract_raw_data", "reconcile_counts"


class Reader(threading.Thread):
    """Reads the tables that a job changes after each call that writes, and all of them when the job has ended.

    Each that is visible must show the rows of one content, whole.
    """

    def __init__(self, lake: Lake, written: threading.Event) -> None:
        super().__init__(daemon=True)
        self.lake, self._written = lake, written
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
            self._written.wait()
            self._written.clear()

    def _look(self, table: str) -> None:
        rows = self.lake.visible(table)
        self.reads += 1
        if rows is not None and rows not in self.contents[table]:
            self.mixtures.append(f"{table}: {len(rows)} rows that are no whole content")

    def pause(self) -> None:
        self._pause.set()
        self._written.set()
        self._idle.wait(30)
        for table in self.lake.tables:
            self._look(table)

    def go_on(self, step: str) -> None:
        self._changing = self.lake.changed_by(step)
        self._idle.clear()
        self._pause.clear()

    def end(self) -> None:
        self._end.set()
        self._written.set()
        if self.is_alive():
            self.join(30)


class Drill:
    def __init__(self, lake: Lake, jobs: Runs, tasks: Runs, faults: Faults) -> None:
        self.lake, self.jobs, self.tasks, self.faults = lake, jobs, tasks, faults
        self.reader = Reader(lake, faults.written)
        self.before: dict[str, State] = {}
        self.after: dict[str, State] = {}
        self.calls: dict[str, list[Call]] = {}
        self.figures: Counter[str] = Counter()
        self.table: dict[Fault, Counter[str]] = {fault: Counter() for fault in Fault}
        self.kinds: dict[str, Counter[Fault]] = defaultdict(Counter)

    @property
    def steps(self) -> list[str]:
        return [EXTRACT, JUDGE, *self.lake.datasets, TRUSTED, GATE, *self.lake.updates, *self.lake.registrations]

    @property
    def names(self) -> list[str]:
        return [*self.lake.datasets, *self.lake.departments]

    def run(self, step: str) -> Ended:
        if step in (JUDGE, TRUSTED, *self.lake.datasets):
            script = ROOT / "glue" / "jobs" / (f"staging_{step}.py" if step in self.lake.datasets else f"{step}.py")
            given = {"script": str(script), "py_files": [], "arguments": self.lake.arguments(step), "group": "drill"}
            return self.jobs.run(step, given)
        return self.tasks.run(step, self.lake.task(step))

    def record(self, former: bytes, present: bytes) -> None:
        """The former content is published; then the present one's day is recorded."""
        contents: dict[str, list[frozenset[Any]]] = {table: [] for table in self.lake.tables}
        for raw in (former, present):
            self.lake.give(raw)
            for step in self.steps:
                self.before[step] = self.lake.record()
                self.faults.arm()
                ended = self.run(step)
                assert ended.succeeded, f"{step}: {ended}"
                self.calls[step] = list(self.faults.calls)
                self.faults.rest()
                self.after[step] = self.lake.record()
            assert set(self.after[GATE].days) == {QUARANTINE}, "a changed day is hidden until the gate"
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
            f"{len(self.steps)} jobs and tasks, {sum(map(len, self.calls.values()))} S3 and Glue calls; "
            f"{self.figures['tried']} runs with a fault, {seconds:.0f} s",
            f"{'fault':24} {'calls':>6} {'went on':>8} {'run again':>10}",
            *(
                f"{fault:24} {told['calls']:>6} {told['went on']:>8} {told['run again']:>10}"
                for fault, told in self.table.items()
            ),
            f"rows of a table {rows}, lost 0; {self.reader.reads} reads, mixtures seen {len(self.reader.mixtures)}",
        ]
        print("\n" + "\n".join(lines))
        made = Counter(plan.kind_of(call, self.names) for calls in self.calls.values() for call in calls)
        kinds = [
            f"{count:>5} {kind}: {', '.join(f'{fault} {met}' for fault, met in self.kinds[kind].items()) or '-'}"
            for kind, count in sorted(made.items())
        ]
        (ROOT / "build" / "drill.txt").write_text("\n".join([*lines, "", "calls of each kind:", *kinds]) + "\n")

    def meet(self, step: str, calls: Sequence[Call], fault: Fault) -> None:
        """These calls of one run of the step meet the fault."""
        at = f"{step}, {calls[0] if len(calls) == 1 else f'{len(calls)} calls'}, {fault}"
        self.lake.restore(self.before[step])
        self.reader.go_on(step)
        self.faults.arm(calls, fault)
        ended = self.run(step)
        met = self.faults.met
        self.faults.rest()
        self.figures["tried"] += 1
        self.figures["met"] += bool(met)
        self.table[fault]["calls"] += met
        for call in calls if met else ():
            self.kinds[plan.kind_of(call, self.names)][fault] += 1
        if ended.succeeded:
            self.table[fault]["went on"] += met
        else:
            assert ended.killed or len(ended.error) > 20, f"{at}: the failed run didn't say why: {ended.error!r}"
            self.table[fault]["run again"] += 1
            again = self.run(step)
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
    home, faults = tmp_path_factory.mktemp("drill"), Faults()
    settings = own_settings(home)
    with serving(settings, [faults.middleware]) as loop:
        spark = SharedSpark(settings, REGION)
        # On the serving loop: the JVM ends with the thread that started it.
        running = asyncio.run_coroutine_threadsafe(spark.acquire(), loop).result()
        emulator = lifecycle.status_on(settings.port)["emulator"]
        # The emulator itself: what the drill does isn't drilled.
        emulated = Sandbox(dataclasses.replace(settings, port=int(emulator.rpartition(":")[2])))
        packaged = synthesised(tmp_path_factory.mktemp("stack")) / "assets" / "dags" / "pipeline.json"
        lake = Lake(emulated, json.loads(packaged.read_text()))
        runs = [job_runs(running, home / "jobs"), task_runs(running, settings, home / "tasks", lake.table, BUCKET)]
        faults.kill = lambda: [each.kill() for each in runs]
        drill = Drill(lake, *runs, faults)
        yield drill
        drill.reader.end()
        for each in runs:
            each.close()
        spark.stop()


def test_whatever_breaks_a_day_ends_whole(drill: Drill, contents: tuple[bytes, bytes]) -> None:
    drill.record(*contents)
    started = time.monotonic()
    meetings = list((plan.whole if EVERYTHING else plan.short)(drill.calls, drill.names))
    for number, (step, calls, fault) in enumerate(meetings):
        if step != meetings[number - 1][0] or number % TELL_EVERY == 0:
            told = f"{len(drill.calls[step])} calls, {time.monotonic() - started:.0f} s"
            print(f"{step}: {told}; {number} of {len(meetings)} runs", flush=True)
        drill.meet(step, calls, fault)
    drill.report(time.monotonic() - started)
    # Spark's tasks end in another order each time, and some of their calls depend on it.
    assert drill.figures["met"] > 0.75 * drill.figures["tried"], "the calls of a run differ too much from the recorded"
    assert drill.reader.reads > drill.figures["tried"]
