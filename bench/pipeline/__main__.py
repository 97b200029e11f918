"""A day's cost against history: our five jobs beside the walkthrough's, on the same Spark and the same files.

Run by `make bench-pipeline`, in the Glue environment. Each figure is the median of several runs taken in turns, and the
bytes are those that Hadoop's file system counted in the JVM. Results: build/bench/pipeline.json, and a table on stdout.
"""

import argparse
import json
import os
import platform
import runpy
import statistics
import sys
from pathlib import Path
from typing import Any

import psutil
import yaml
from pyspark.sql import SparkSession

PROJECT = Path(__file__).parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(PROJECT / "glue" / "lib")]

import walkthrough  # noqa: E402
from lake import DAY, ROWS_OF_A_DAY, Lake, generate, raw_file  # noqa: E402
from meter import Figure, Meter  # noqa: E402

LARGE = 1_000_000
GOAL = 0.20  # how much a day's time may change with the history
MEBIBYTE = 2**20


def open_spark(heap: str) -> SparkSession:
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.sql.codegen.cache.maxEntries", "1000")  # all the jobs' code; the default keeps 100 classes
        .config("spark.driver.memory", heap)
        .config("spark.local.dir", str(PROJECT / "build" / "bench" / "spark"))
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    return spark


class Ways:
    """Both ways of making the five tables of a day."""

    def __init__(self, spark: SparkSession, table: dict[str, Any]) -> None:
        self._spark = spark
        self._columns = {dataset["name"]: dataset["columns"] for dataset in table["datasets"]}
        jobs = PROJECT / "glue" / "jobs"
        self._jobs = {name: runpy.run_path(str(jobs / f"staging_{name}.py"))["main"] for name in self._columns}

    def ours(self, lake: Lake) -> None:
        for main in self._jobs.values():
            main(lake.job_arguments())

    def walkthrough(self, lake: Lake) -> None:
        for name, columns in self._columns.items():
            walkthrough.run(self._spark, lake.root / "data" / "raw", lake.root / "console" / name, columns)


def compare(ways: Ways, meter: Meter, lake: Lake, rounds: int, warm_up: bool) -> dict[str, Figure]:
    """The median of each way's figures, the two taken in turns."""
    if warm_up:
        meter.measure(lambda: ways.ours(lake))
        meter.measure(lambda: ways.walkthrough(lake))
    runs: dict[str, list[Figure]] = {"ours": [], "walkthrough": []}
    for _ in range(rounds):
        runs["ours"].append(meter.measure(lambda: ways.ours(lake)))
        runs["walkthrough"].append(meter.measure(lambda: ways.walkthrough(lake)))
    return {way: {key: statistics.median(run[key] for run in of) for key in of[0]} for way, of in runs.items()}


def options() -> argparse.Namespace:
    def numbers(text: str) -> list[int]:
        return sorted(int(part) for part in text.split(","))

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=numbers, default="1101,100372,10000000", help="rows of the measured day")
    parser.add_argument("--history", type=numbers, default="1,30,365", help="days before it")
    parser.add_argument(
        "--large-history", type=numbers, default="365", help=f"the same, for days of {LARGE:,} rows and more"
    )
    parser.add_argument("--rounds", type=int, default=3, help="runs of each figure; of a large day, one")
    parser.add_argument("--heap", default="2g", help="the JVM's heap, which bounds the jobs' memory")
    return parser.parse_args()


def main() -> None:
    chosen = options()
    work = PROJECT / "build" / "bench"
    work.mkdir(parents=True, exist_ok=True)
    text = (PROJECT / "pipeline" / "pipeline.yaml").read_text()
    table = yaml.safe_load(text.replace("${prefix}", "").replace("${company}", "driven_data"))
    machine = f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB, {platform.system()}"
    print(f"{machine}, heap {chosen.heap}; making the raw files", flush=True)
    generate(work / "history", DAY, max(chosen.history + chosen.large_history) + 1, ROWS_OF_A_DAY)
    spark = open_spark(chosen.heap)
    ways, meter = Ways(spark, table), Meter(spark)

    results = []
    print(
        f"{'rows':>11} {'history':>8}   {'':11} {'seconds':>8} {'rows/s':>10} {'MB read':>9} {'MB written':>10}"
        f" {'peak MiB':>9}"
    )
    for rows in chosen.rows:
        file = raw_file(spark, work, rows)
        for days in chosen.history if rows < LARGE else chosen.large_history:
            lake = Lake(work / f"lake-{rows}", json.dumps(table), days, work / "history")
            lake.land(file)
            rounds = chosen.rounds if rows < LARGE else 1
            for way, figure in compare(ways, meter, lake, rounds, warm_up=rows < LARGE).items():
                results.append({"rows": rows, "history": days, "way": way, **figure})
                print(
                    f"{rows:>11,} {days:>8}   {way:11} {figure['seconds']:>8.1f} {rows / figure['seconds']:>10,.0f} "
                    f"{figure['read'] / 1e6:>9,.1f} {figure['written'] / 1e6:>10,.1f} "
                    f"{figure['peak'] / MEBIBYTE:>9,.0f}",
                    flush=True,
                )
            for dataset in table["datasets"]:
                lake.copy_history(dataset["name"], days)
        files = lake.staged_sizes(table["datasets"][0]["name"])
        print(f"{'':23}{len(files)} file(s) in the day's first table, of {files[-1] / MEBIBYTE:.1f} MiB at most")
    answer = {"machine": machine, "heap": chosen.heap, "rounds": chosen.rounds, "results": results}
    (work / "pipeline.json").write_text(json.dumps(answer, indent=2) + "\n")
    for rows in chosen.rows:
        seconds = {r["history"]: r["seconds"] for r in results if r["rows"] == rows and r["way"] == "ours"}
        first, last = min(seconds), max(seconds)
        if first < last:
            change = seconds[last] / seconds[first] - 1
            print(f"{rows:,} rows: our time changes by {change:+.0%} from {first} to {last} days (goal: {GOAL:.0%})")


if __name__ == "__main__":
    main()
