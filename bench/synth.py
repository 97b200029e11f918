#!/usr/bin/env python3
"""Measures bin/synth beside plain `java -cp`, in one run on a copy of the project under build/bench-synth.

cold       nothing compiled or cached but Maven's repository
warm       compiled and cached, an input changed
unchanged  nothing changed
plain      the same classes with the settings that the JVM and jsii have by themselves; jsii's cache is warm

Times are medians of RUNS (default 5), taken in turns, so that other load on the machine meets all alike.
Memory is the peak resident memory of each process as the kernel counts it (VmHWM); only Linux tells it.
"""

import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
COPY = PROJECT / "build" / "bench-synth" / "project"
COPIED = ["pom.xml", "bin", "src/main", "config", "pipeline", "airflow", "glue", "policies"]
RUNS = int(os.environ.get("RUNS", "5"))


@dataclass
class Run:
    seconds: float
    node_mb: float
    java_mb: float


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


def measure(command: list[str], environment: dict[str, str] | None = None) -> Run:
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
        return max((kb for (_, name), kb in peaks.items() if name == program), default=0) / 1024

    return Run(seconds, peak("node"), peak("java"))


def change_an_input() -> None:
    """Makes the next synth a warm one, with the same output: a comment in a deployment file."""
    with next(iter(sorted((COPY / "config").glob("*.yaml")))).open("a") as file:
        file.write(f"# {time.time_ns()}\n")


def plain() -> Run:
    libraries = (COPY / "build/synth/classpath").read_text().strip()
    classpath = f"{COPY / 'target/classes'}{os.pathsep}{libraries}"
    command = ["java", "-cp", classpath, "com.drivendata.platform.Main", "--out", "build/plain.out"]
    environment = {
        **os.environ,
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(COPY / "build/jsii-cache"),
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20,22,24",
    }
    return measure(command, environment)


def warm() -> Run:
    change_an_input()
    return measure(["bin/synth"])


def median(runs: list[Run]) -> Run:
    return Run(
        statistics.median(run.seconds for run in runs),
        statistics.median(run.node_mb for run in runs),
        statistics.median(run.java_mb for run in runs),
    )


def show(name: str, run: Run, base: Run | None = None) -> None:
    def cell(value: float, reference: float, unit: str) -> str:
        ratio = f"{reference / value:5.1f}x" if base and value else ""
        return f"{value:9.2f} {unit}{ratio:>7}" if unit == "s" else f"{value:8.0f} {unit}{ratio:>7}"

    other = base or run
    total, other_total = run.node_mb + run.java_mb, other.node_mb + other.java_mb
    print(
        f"{name:<10} {cell(run.seconds, other.seconds, 's')} {cell(run.node_mb, other.node_mb, 'MB')}"
        f" {cell(run.java_mb, other.java_mb, 'MB')} {cell(total, other_total, 'MB')}"
    )


def main() -> None:
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    for name in COPIED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, COPY / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
        elif source.exists():
            shutil.copy(source, COPY / name)

    cold = measure(["bin/synth"])
    runs: dict[str, list[Run]] = {"plain": [], "warm": [], "unchanged": []}
    for _ in range(RUNS):
        runs["plain"].append(plain())
        runs["warm"].append(warm())
        runs["unchanged"].append(measure(["bin/synth"]))
    same = subprocess.run(["diff", "-r", "-x", ".*", "build/plain.out/stacks", "cdktf.out/stacks"], cwd=COPY)
    if same.returncode != 0:
        sys.exit("bench-synth: plain java and bin/synth gave different output")

    reference = median(runs["plain"])
    print(f"Medians of {RUNS} runs ({os.cpu_count()} cores); memory: peak resident; ratios: plain / this one")
    print(f"{'':<10} {'time':>11}{'':7} {'node':>11}{'':7} {'java':>11}{'':7} {'sum':>11}")
    show("plain", reference)
    show("cold", cold, reference)
    show("warm", median(runs["warm"]), reference)
    show("unchanged", median(runs["unchanged"]), reference)
    shutil.rmtree(COPY.parent)


if __name__ == "__main__":
    main()
