"""A day's cost against history: our five jobs beside the walkthrough's, on the same Spark and the same files.

Run by `make bench-pipeline`, in the Glue environment. Each figure is the median of several runs taken in turns, and the
bytes are those that Hadoop's file system counted in the JVM. Results: build/bench/pipeline.json, and a table on stdout.
"""

import argparse
import contextlib
import importlib.util
import io
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import yaml
from pyspark.sql import SparkSession

PROJECT = Path(__file__).parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(PROJECT / "glue" / "lib")]

import walkthrough  # noqa: E402
from lake import DAY, ROWS_OF_A_DAY, Lake, generate, raw_file  # noqa: E402

LARGE = 1_000_000


def open_spark(heap: str) -> SparkSession:
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.driver.memory", heap)
        .config("spark.local.dir", str(PROJECT / "build" / "bench" / "spark"))
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def job(dataset: str) -> Callable[[list[str]], None]:
    path = PROJECT / "glue" / "jobs" / f"staging_{dataset}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


class Meter:
    """Wall time and the bytes that went through Hadoop's local file system."""

    def __init__(self, spark: SparkSession) -> None:
        self._statistics = spark._jvm.org.apache.hadoop.fs.FileSystem.getGlobalStorageStatistics()

    def _bytes(self, name: str) -> int:
        of_files = self._statistics.get("file")
        return (of_files.getLong(name) or 0) if of_files is not None else 0

    def measure(self, action: Callable[[], None]) -> dict[str, float]:
        read, written, started = self._bytes("bytesRead"), self._bytes("bytesWritten"), time.perf_counter()
        # The jobs log each step; here only their figures count.
        with contextlib.redirect_stdout(io.StringIO()):
            action()
        return {
            "seconds": time.perf_counter() - started,
            "read": self._bytes("bytesRead") - read,
            "written": self._bytes("bytesWritten") - written,
        }


def median(runs: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def main() -> None:
    numbers = lambda text: [int(part) for part in text.split(",")]  # noqa: E731
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=numbers, default=[1_101, 100_372, 10_000_000], help="rows of the measured day")
    parser.add_argument("--history", type=numbers, default=[1, 30, 365], help="days before it")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each figure; from a million rows on, one")
    parser.add_argument("--heap", default="2g", help="the JVM's heap, which bounds the jobs' memory")
    options = parser.parse_args()

    work = PROJECT / "build" / "bench"
    work.mkdir(parents=True, exist_ok=True)
    text = (PROJECT / "pipeline" / "pipeline.yaml").read_text()
    table = yaml.safe_load(text.replace("${prefix}", "").replace("${company}", "driven_data"))
    datasets = {dataset["name"]: dataset["columns"] for dataset in table["datasets"]}
    print("making the raw files", flush=True)
    generate(work / "history", DAY, max(options.history) + 1, ROWS_OF_A_DAY)
    spark = open_spark(options.heap)
    meter = Meter(spark)
    jvm = next(p for p in psutil.Process().children(recursive=True) if "java" in p.name())

    def ours(lake: Lake) -> None:
        for name in datasets:
            job(name)(lake.job_arguments())

    def theirs(lake: Lake) -> None:
        for name, columns in datasets.items():
            walkthrough.run(spark, lake.root / "data" / "raw", lake.root / "console" / name, columns)

    results = []
    print(f"{'rows':>11} {'history':>8}   {'':11} {'seconds':>8} {'rows/s':>10} {'MB read':>9} {'MB written':>10}")
    for rows in sorted(options.rows):
        file = raw_file(spark, work, rows)
        for days in sorted(options.history):
            lake = Lake(work / f"lake-{rows}", json.dumps(table), days, work / "history")
            lake.land(file)
            rounds = options.rounds if rows < LARGE else 1
            if rows < LARGE:  # the first run of a way warms the JVM up
                meter.measure(lambda lake=lake: ours(lake))
                meter.measure(lambda lake=lake: theirs(lake))
                for name in datasets:
                    lake.copy_history(name, days)
            figures: dict[str, list[dict[str, float]]] = {"ours": [], "walkthrough": []}
            for _ in range(rounds):
                figures["ours"].append(meter.measure(lambda lake=lake: ours(lake)))
                figures["walkthrough"].append(meter.measure(lambda lake=lake: theirs(lake)))
            for way, runs in figures.items():
                figure = median(runs)
                results.append({"rows": rows, "history": days, "way": way, **figure})
                print(
                    f"{rows:>11,} {days:>8}   {way:11} {figure['seconds']:>8.1f} {rows / figure['seconds']:>10,.0f} "
                    f"{figure['read'] / 1e6:>9,.1f} {figure['written'] / 1e6:>10,.1f}",
                    flush=True,
                )
    peak = jvm.memory_full_info().rss if not hasattr(jvm.memory_info(), "peak_wset") else 0
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{jvm.pid}/status").read_text()
        peak = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    print(f"peak memory of the Spark JVM: {peak / 2**20:,.0f} MiB (heap limit {options.heap})")
    machine = f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB, {platform.system()}"
    answer = {
        "machine": machine,
        "heap": options.heap,
        "peak_bytes": peak,
        "rounds": options.rounds,
        "results": results,
    }
    (work / "pipeline.json").write_text(json.dumps(answer, indent=2) + "\n")
    for rows in sorted(options.rows):
        ours_by_days = {r["history"]: r["seconds"] for r in results if r["rows"] == rows and r["way"] == "ours"}
        first, last = min(ours_by_days), max(ours_by_days)
        change = ours_by_days[last] / ours_by_days[first] - 1
        print(f"{rows:,} rows: our time changes by {change:+.0%} from {first} to {last} days of history (goal: 20%)")


if __name__ == "__main__":
    main()
