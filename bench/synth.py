#!/usr/bin/env python3
"""Measures bin/synth beside plain `java -cp`, in one run on a copy of the project under build/bench-synth.

plain      the compiled classes with the settings that the JVM and jsii have by themselves; jsii's cache is warm
warm       bin/synth, compiled and cached, an input changed
unchanged  bin/synth, nothing changed
plain 1st  plain with an empty jsii cache
first      bin/synth on compiled classes, nothing trimmed or cached
cold       bin/synth, nothing compiled either

Times are medians of RUNS (default 5; of the last three 3), taken in turns, so that other load on the machine meets all
alike. Memory is the peak resident memory of each program as the kernel counts it (VmHWM); only Linux tells it.
"""

import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, fields
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
COPY = PROJECT / "build" / "bench-synth" / "project"
COPIED = ["pom.xml", ".mvn", "bin", "src/main", "config", "pipeline", "airflow", "glue", "policies"]
PLAIN_CACHE = COPY / "build" / "plain-jsii-cache"
RUNS = int(os.environ.get("RUNS", "5"))


@dataclass
class Measured:
    seconds: float
    node_mb: float
    java_mb: float
    python_mb: float

    @property
    def total_mb(self) -> float:
        return self.node_mb + self.java_mb + self.python_mb


def children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found


def watch(pid: int, peaks: dict[tuple[int, str], int]) -> None:
    """Notes the peak memory (kB) of a process and its descendants, by process id and program."""
    try:
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        if "VmHWM" in status:
            # jsii starts node through a small node process: the larger one counts.
            name = Path(f"/proc/{pid}/exe").resolve().name
            peaks[pid, name] = max(peaks.get((pid, name), 0), int(status["VmHWM"].split()[0]))
        for child in children(pid):
            watch(child, peaks)
    except (OSError, ValueError):
        pass  # it ended while we looked


def measure(command: list[str], environment: dict[str, str] | None = None) -> Measured:
    start = time.monotonic()
    process = subprocess.Popen(
        command, cwd=COPY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    peaks: dict[tuple[int, str], int] = {}
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(0.01):
            watch(process.pid, peaks)

    sampler = threading.Thread(target=sample)
    sampler.start()
    output, _ = process.communicate()
    seconds = time.monotonic() - start
    ended.set()
    sampler.join()
    if process.returncode != 0:
        sys.exit(f"bench-synth: {' '.join(command)[:200]} failed:\n{output}")

    def peak(program: str) -> float:
        return max((kb for (_, name), kb in peaks.items() if name.startswith(program)), default=0) / 1024

    return Measured(seconds, peak("node"), peak("java"), peak("python"))


def change_an_input() -> None:
    """Makes the next synth a warm one, with the same output: a comment in a deployment file."""
    with next(iter(sorted((COPY / "config").glob("*.yaml")))).open("a") as file:
        file.write(f"# {time.time_ns()}\n")


def plain() -> Measured:
    libraries = (COPY / "build/synth/classpath").read_text().strip()
    classpath = f"{COPY / 'target/classes'}{os.pathsep}{libraries}"
    command = ["java", "-cp", classpath, "com.drivendata.platform.Main", "--out", "build/plain.out"]
    environment = {
        **os.environ,
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(PLAIN_CACHE),
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20,22,24",
    }
    return measure(command, environment)


def plain_first() -> Measured:
    shutil.rmtree(PLAIN_CACHE, ignore_errors=True)
    return plain()


def warm() -> Measured:
    change_an_input()
    return measure(["bin/synth"])


def first() -> Measured:
    kept = {"platform.jar", "classpath", "sources.stamp"}
    for path in (COPY / "build/synth").iterdir():
        if path.name not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return measure(["bin/synth"])


def cold() -> Measured:
    for folder in ("build/synth", "target"):
        shutil.rmtree(COPY / folder, ignore_errors=True)
    return measure(["bin/synth"])


def median(runs: list[Measured]) -> Measured:
    return Measured(*(statistics.median(getattr(run, field.name) for run in runs) for field in fields(Measured)))


def show(name: str, run: Measured, base: Measured) -> None:
    def cell(value: float, reference: float, text: str) -> str:
        ratio = f"{reference / value:.1f}x" if run is not base and value else ""
        return f"{text:>9} {ratio:>6}"

    memory = [(getattr(run, key), getattr(base, key)) for key in ("node_mb", "java_mb", "python_mb", "total_mb")]
    cells = [cell(value, other, f"{value:.0f} MB") for value, other in memory]
    print(f"{name:<10} {cell(run.seconds, base.seconds, f'{run.seconds:.2f} s')} {' '.join(cells)}")


def main() -> None:
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    for name in COPIED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, COPY / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
        elif source.exists():
            shutil.copy(source, COPY / name)

    cold()  # compiles what plain runs
    often, seldom = (plain, warm, lambda: measure(["bin/synth"])), (plain_first, first, cold)
    usual = [[way() for way in often] for _ in range(RUNS)]
    same = subprocess.run(["diff", "-r", "-x", ".*", "build/plain.out/stacks", "cdktf.out/stacks"], cwd=COPY)
    if same.returncode != 0:
        sys.exit("bench-synth: plain java and bin/synth gave different output")
    firsts = [[way() for way in seldom] for _ in range(min(RUNS, 3))]

    print(f"{RUNS} runs, {os.cpu_count()} cores, all stacks; memory: peak resident; ratios: plain / this one")
    print(f"{'':<10}{'time':>10} {'':6}" + "".join(f"{name:>10} {'':6}" for name in ("node", "java", "python", "sum")))
    for names, runs in ((("plain", "warm", "unchanged"), usual), (("plain 1st", "first", "cold"), firsts)):
        medians = [median(list(of)) for of in zip(*runs, strict=True)]
        for name, run in zip(names, medians, strict=True):
            show(name, run, medians[0])
    shutil.rmtree(COPY.parent)


if __name__ == "__main__":
    main()
