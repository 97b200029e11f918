"""Writes one partition: first to a scratch folder, then file by file to its place."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from driven_data_glue.storage import Storage


@dataclass(frozen=True)
class Layout:
    """How many files a partition has, and which lines of the raw file each holds."""

    files: int
    lines_per_file: int

    @staticmethod
    def of(size_bytes: float, target_file_mb: float, last_line: int) -> "Layout":
        files = max(1, round(size_bytes / (target_file_mb * 1024 * 1024)))
        return Layout(files, math.ceil((last_line + 1) / files))


def write_files(rows: DataFrame, columns: Sequence[str], layout: Layout, folder: str) -> None:
    """Writes these columns of the rows, in the order of `line`, as Parquet files under `folder`/file=<n>/.

    A file holds a fixed range of lines, whatever the cluster's size and the order in which its tasks end, so
    the same input gives the same files.
    """
    (
        rows.withColumn("file", F.floor(F.col("line") / layout.lines_per_file).cast("int"))
        .repartition(layout.files, "file")
        .sortWithinPartitions("file", "line")
        .select("file", *columns)
        .write.option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
        .partitionBy("file")
        .parquet(folder)
    )


def publish(storage: Storage, folder: str, partition: str) -> int:
    """Makes the files that write_files left the partition's only ones, and gives their number.

    They are named part-00000.snappy.parquet and so on, so each replaces its predecessor in one step, and what
    is left over goes last. A crash on the way leaves whole files only, and a repeated run shows its readers
    the same rows at every moment, because the same input gives the same files.
    """
    written = sorted(storage.folders(folder), key=lambda name: int(name.removeprefix("file=")))
    if not written:
        storage.delete(partition)
    names = [f"part-{number:05d}.snappy.parquet" for number in range(len(written))]
    for source, name in zip(written, names, strict=True):
        (file,) = [file for file in storage.files(f"{folder}/{source}") if file.endswith(".parquet")]
        storage.replace(f"{folder}/{source}/{file}", f"{partition}/{name}")
    for name in storage.files(partition):
        if name not in names:
            storage.delete(f"{partition}/{name}")
    return len(names)
