"""Where a day's processor time goes, by sampling: the JVM's own Flight Recorder during one day's six jobs.

Run by `make bench-profile ROWS=1000000`, in the Glue environment. Two tables: the JVM's threads by their processor
time, as the kernel counted it, and the tasks' time by what the innermost known frame of each sample is. The recording
stays as build/bench/day.jfr, for JDK Mission Control.
"""

import argparse
import contextlib
import io
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil
from lake import DAY, BenchLake, generate, raw_file
from ways import WARM_UPS, WORK, Ways, open_spark, pipeline_table

RECORDING = WORK / "day.jfr"
DEPTH = 256  # frames of a stack; a task's are about a hundred
TASKS = "Executor task launch worker"
DRIVER = "Thread-"  # py4j's, which runs the jobs' own calls: plans, commits, and the copying of columns
# Threads of the JVM by the beginnings of their names, as the kernel has them (15 characters).
THREADS = {
    "tasks": ("Executor task l",),
    "driver": ("Thread-",),
    "compiling bytecode (HotSpot)": ("C1 Compiler", "C2 Compiler"),
    "collecting garbage": ("GC Thread", "G1 ", "VM Thread"),
}
# What a sample was about: the first of these that a frame begins with, from the innermost frame outwards.
ABOUT = {
    "java.util.regex": "regular expressions",
    "org.xerial.snappy": "Parquet: Snappy",
    "org.apache.parquet": "Parquet: columns and pages",
    "org.apache.spark.sql.execution.datasources.parquet": "Parquet: columns and pages",
    "org.apache.hadoop.util.LineReader": "lines of the file",
    "org.apache.hadoop.mapreduce.lib.input": "lines of the file",
    "org.apache.spark.unsafe.types.UTF8String": "strings: cut, compared, decoded",
    "org.apache.spark.sql.catalyst.util.DateTimeUtils": "dates and times",
    "org.apache.spark.sql.catalyst.util.SparkDateTimeUtils": "dates and times",
    "org.apache.spark.sql.catalyst.expressions.XXH64": "fingerprint: hashes",
    "org.apache.spark.sql.catalyst.expressions.XxHash64": "fingerprint: hashes",
    "org.apache.spark.sql.catalyst.expressions.GeneratedClass": "generated code: the rest of the checks",
    "org.apache.spark.sql.catalyst.expressions.codegen.Unsafe": "rows between Spark's operators",
    "org.apache.spark.sql.catalyst.expressions.codegen.BufferHolder": "rows between Spark's operators",
    "org.apache.spark.sql.catalyst.expressions.Unsafe": "rows between Spark's operators",
    "org.apache.spark.sql.catalyst.util": "numbers and maps",
    "org.apache.spark.shuffle": "shuffle",
    "org.apache.spark.sql.execution": "Spark's operators",
    "org.codehaus": "generated code: compiled by Janino",
    "org.apache.spark.sql.catalyst": "plans",
    "py4j": "calls from Python",
    "org.apache.hadoop.fs": "files",
}


class Threads(Thread):
    """The processor seconds of a JVM's threads while this one runs, by THREADS' names; also of those that end."""

    def __init__(self, jvm: psutil.Process) -> None:
        super().__init__(daemon=True)
        self._jvm, self._ended = jvm, Event()
        self._first: dict[int, float] = self._seen()
        self._last = dict(self._first)
        self._names: dict[int, str] = {}

    def run(self) -> None:
        while not self._ended.wait(0.1):
            self._last |= self._seen()
            for thread in self._last.keys() - self._names.keys():
                with contextlib.suppress(OSError):  # it has ended
                    self._names[thread] = Path(f"/proc/{self._jvm.pid}/task/{thread}/comm").read_text().strip()

    def end(self) -> dict[str, float]:
        self._ended.set()
        self.join()
        seconds = dict.fromkeys([*THREADS, "other"], 0.0)
        for thread, spent in self._last.items():
            name = self._names.get(thread, "")
            kind = next((kind for kind, names in THREADS.items() if name.startswith(names)), "other")
            seconds[kind] += spent - self._first.get(thread, 0.0)
        return seconds

    def _seen(self) -> dict[int, float]:
        return {thread.id: thread.user_time + thread.system_time for thread in self._jvm.threads()}


def recorded(jvm: psutil.Process, ways: Ways, lake: BenchLake) -> dict[str, float]:
    """Runs the day's jobs under a recording; gives the processor seconds of the JVM's threads."""
    _jcmd(jvm, "JFR.start", "name=day", "settings=profile")
    threads = Threads(jvm)
    threads.start()
    with contextlib.redirect_stdout(io.StringIO()):
        ways.ours(lake)
    spent = threads.end()
    _jcmd(jvm, "JFR.stop", "name=day", f"filename={RECORDING}")
    return spent


def samples() -> list[dict[str, Any]]:
    """The recording's samples of threads that ran Java code."""
    events = "jdk.ExecutionSample"
    command = [_tool("jfr"), "print", "--json", "--stack-depth", str(DEPTH), "--events", events, str(RECORDING)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [event["values"] for event in json.loads(text)["recording"]["events"]]


def about(sample: dict[str, Any]) -> str:
    for frame in sample["stackTrace"]["frames"]:
        name = frame["method"]["type"]["name"].replace("/", ".")
        for beginning, what in ABOUT.items():
            if name.startswith(beginning):
                return what
    return "other"


def _tool(name: str) -> str:
    return str(Path(sys.prefix) / "jvm" / "bin" / name)


def _jcmd(jvm: psutil.Process, *command: str) -> None:
    subprocess.run([_tool("jcmd"), str(jvm.pid), *command], check=True, stdout=subprocess.DEVNULL)


def _table(title: str, parts: dict[str, float], unit: str) -> None:
    whole = sum(parts.values()) or 1
    print(f"\n{title}")
    for name, part in sorted(parts.items(), key=lambda item: -item[1]):
        print(f"{name:44} {part:>8,.1f} {unit} {part / whole:>5.0%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the day")
    parser.add_argument("--heap", default="2g", help="the JVM's heap")
    chosen = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    generate(WORK / "history", DAY, 2, 1_101)
    lake = BenchLake(WORK / "lake-profile", json.dumps(pipeline_table()), 1, WORK / "history")
    lake.land(raw_file(WORK, chosen.rows))
    ways = Ways(open_spark(chosen.heap, f"-XX:FlightRecorderOptions:stackdepth={DEPTH}"), pipeline_table())
    jvm = next(child for child in psutil.Process().children(recursive=True) if "java" in child.name())
    for _ in range(WARM_UPS):
        with contextlib.redirect_stdout(io.StringIO()):
            ways.ours(lake)
    spent = recorded(jvm, ways, lake)
    print(f"{chosen.rows:,} rows, six jobs, {RECORDING.relative_to(WORK.parents[1])}")
    _table("processor time of the JVM's threads", spent, "s")
    by_thread: dict[str, Counter[str]] = {"tasks": Counter(), "driver": Counter()}
    for sample in samples():
        name = (sample["sampledThread"] or {}).get("javaName") or ""
        kind = "tasks" if name.startswith(TASKS) else "driver" if name.startswith(DRIVER) else ""
        if kind:
            by_thread[kind][about(sample)] += 1
    for kind, counted in by_thread.items():
        _table(f"samples of the {kind}", counted, "")


if __name__ == "__main__":
    main()
