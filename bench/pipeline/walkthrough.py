"""The console walkthrough's way: each job rereads every raw file and rewrites its whole table as CSV."""

from pathlib import Path

from pyspark.sql import SparkSession


def run(spark: SparkSession, raw_folder: Path, target: Path, columns: list[str]) -> None:
    """Reads all raw CSV files, keeps the table's columns as text and overwrites the whole table."""
    frame = spark.read.csv(str(raw_folder), header=True, escape='"')
    frame.select(*columns).write.csv(str(target), header=True, mode="overwrite", escape='"')
