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
from collections import defaultdict
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
WARM_UPS = 2  # turns until HotSpot has compiled the most of it
GOAL = 0.20  # how much a day's time may change with the history
MEBIBYTE = 2**20


def open_spark(heap: str) -> SparkSession:
    os.environ["JAVA_HOME"] = str(Path(sys.prefix) / "jvm")  # pinned with the environment (bin/make-venv)
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


def compare(ways: Ways, meter: Meter, lakes: dict[int, Lake], rounds: int, warm_ups: int) -> list[dict[str, Any]]:
    """The median of each way's figures on each lake, all taken in turns, so that none gains by being a later one."""
    runs: dict[tuple[int, str], list[Figure]] = defaultdict(list)
    for turn in range(warm_ups + rounds):
        print(f"turn {turn + 1} of {warm_ups + rounds}", file=sys.stderr, flush=True)
        for days, lake in lakes.items():
            for way in (ways.ours, ways.walkthrough):
                figure = meter.measure(lambda way=way, lake=lake: way(lake))
                if turn >= warm_ups:
                    runs[days, way.__name__].append(figure)
    return [
        {"history": days, "way": way, **{key: statistics.median(run[key] for run in of) for key in of[0]}}
        for (days, way), of in runs.items()
    ]


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
        file, large = raw_file(spark, work, rows), rows >= LARGE
        lakes = {}
        for days in chosen.large_history if large else chosen.history:
            lakes[days] = Lake(work / f"lake-{rows}-{days}", json.dumps(table), days, work / "history")
            lakes[days].land(file)
        rounds, warm_ups = (1, 0) if large else (chosen.rounds, WARM_UPS)
        for figure in compare(ways, meter, lakes, rounds, warm_ups):
            results.append({"rows": rows, **figure})
            print(
                f"{rows:>11,} {figure['history']:>8}   {figure['way']:11} {figure['seconds']:>8.1f} "
                f"{rows / figure['seconds']:>10,.0f} {figure['read'] / 1e6:>9,.1f} {figure['written'] / 1e6:>10,.1f} "
                f"{figure['peak'] / MEBIBYTE:>9,.0f}",
                flush=True,
            )
        longest = lakes[max(lakes)]
        if rows == chosen.rows[0]:  # the lake that is queried
            for dataset in table["datasets"]:
                longest.copy_history(dataset["name"], max(lakes))
        files = longest.staged_sizes(table["datasets"][0]["name"])
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
