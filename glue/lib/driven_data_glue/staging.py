"""A staging job: the day's partition of one table, as a projection of the clean rows."""

import sys
from collections.abc import Sequence

from driven_data_glue.arguments import Arguments, parse_arguments
from driven_data_glue.errors import JobError
from driven_data_glue.job import JUDGEMENT, Job, running
from driven_data_glue.keys import fingerprint
from driven_data_glue.metrics import Judgement, StagingMetrics, judgement_in, read_judgement, write_metrics
from driven_data_glue.partition import parquet_files, publish
from driven_data_glue.rules import SPARK_TYPES
from driven_data_glue.storage import File
from driven_data_glue.table import Dataset

# A file that costs as much to open as a task may read stands alone, and none is larger than that.
# https://spark.apache.org/docs/3.5.4/sql-performance-tuning.html#other-configuration-options
ONE_FILE_A_TASK = str(2**40)
WRITING = {
    "parquet.enable.dictionary": "false",  # most values are unlike all others
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}


def run(dataset_name: str, argv: Sequence[str] | None = None) -> None:
    """Replaces the table's partition of --run_date by the dataset's columns of the day's clean rows.

    Raises JobError when the day isn't judged, or what was written isn't what was judged; the partition is then as it
    was.
    """
    arguments = parse_arguments(sys.argv[1:] if argv is None else argv)
    with running(dataset_name, f"staging_{dataset_name}", arguments) as job:
        dataset = job.table.dataset(dataset_name)
        judgement = _judgement(job, arguments)
        files = _project(job, dataset, parquet_files(job.storage, job.places.clean()))
        job.log.step(f"projected {judgement.clean_rows:,} rows of judgement {judgement.judgement}")
        _verify(job, files, judgement)
        if _judgement(job, arguments).judgement != judgement.judgement:
            raise JobError(
                f"the day was judged anew while {dataset_name} was written; nothing was published. Run this job again"
            )
        _publish(job, dataset, files, judgement, arguments)
    job.log.end(f"staged {judgement.clean_rows:,} rows")


def _judgement(job: Job, arguments: Arguments) -> Judgement:
    path = job.places.metrics(JUDGEMENT)
    judgement = read_judgement(job.storage, path)
    if judgement is None:
        raise JobError(
            f"{path} doesn't exist: {arguments.run_date} isn't judged, or is being judged anew. "
            "Run judge_raw_data for this day, then this job"
        )
    if judgement.raw_file != arguments.raw_file:
        raise JobError(
            f"{arguments.run_date} was judged from {judgement.raw_file}, this run is of {arguments.raw_file}. "
            "Run judge_raw_data for this file, then this job"
        )
    return judgement


def _project(job: Job, dataset: Dataset, clean: list[File]) -> list[File]:
    """Writes one file for each file of clean rows, which have the right order and size already; in their order."""
    if not clean:
        return []
    schema = ", ".join(f"`{column.name}` {SPARK_TYPES[column.type]}" for column in dataset.columns)
    for setting in ("spark.sql.files.maxPartitionBytes", "spark.sql.files.openCostInBytes"):
        job.spark.conf.set(setting, ONE_FILE_A_TASK)
    # Spark orders such tasks by their files' size, the largest first, and numbers what they write.
    tasks = sorted(clean, key=lambda file: -file.size)
    folder = f"{job.scratch}/projection"
    rows = job.spark.read.schema(schema).parquet(*(file.path for file in clean))
    rows.write.options(**WRITING).parquet(folder)
    written = parquet_files(job.storage, folder)
    if len(written) != len(clean):
        raise JobError(f"{len(written)} files were written of {len(clean)} files of clean rows; run again")
    by_source = {source.path: file for source, file in zip(tasks, written, strict=True)}
    return [by_source[file.path] for file in clean]


def _verify(job: Job, files: list[File], judgement: Judgement) -> None:
    """What was written holds exactly the rows that the judge counted."""
    key = job.table.key.name
    written = (0, judgement.unique_id_fingerprint)
    if files:
        keys = job.spark.read.schema(f"`{key}` string").parquet(*(file.path for file in files))
        written = fingerprint(keys, key)
    if written != (judgement.clean_rows, judgement.unique_id_fingerprint):
        raise JobError(
            f"{written[0]:,} rows were written, the judgement counts {judgement.clean_rows:,} (or their ids differ): "
            "the clean rows were changed meanwhile. Nothing was published; run judge_raw_data for this day, then this "
            "job"
        )
    job.log.step(f"verified {written[0]:,} rows")


def _publish(job: Job, dataset: Dataset, files: list[File], judgement: Judgement, arguments: Arguments) -> None:
    """A day whose content changes is hidden first: readers see the former day, none, or the new one, no mixture."""
    path, partition = job.places.metrics(dataset.name), job.places.staging(dataset.name)
    if judgement_in(job.storage, path) != judgement.judgement:
        job.lock.check()
        job.catalog.hide(dataset.name, job.places.day)
        job.storage.delete(path)
    publish(job.storage, files, partition, job.lock.check)
    job.lock.check()
    metrics = StagingMetrics(
        dataset=dataset.name,
        run_date=job.places.day,
        raw_file=arguments.raw_file,
        judgement=judgement.judgement,
        staged_rows=judgement.clean_rows,
        unique_id_fingerprint=judgement.unique_id_fingerprint,
        code_version=arguments.code_version,
    )
    write_metrics(job.storage, path, metrics)
    job.log.step(f"published {len(files)} file(s), {partition}")
