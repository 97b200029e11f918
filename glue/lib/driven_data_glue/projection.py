"""What the jobs behind the judge have in common: they take the day's judgement and project its clean rows."""

from pyspark.sql import DataFrame

from driven_data_glue.arguments import Arguments
from driven_data_glue.errors import JobError
from driven_data_glue.job import JUDGEMENT, Job
from driven_data_glue.metrics import Judgement, read_judgement
from driven_data_glue.partition import parquet_files
from driven_data_glue.rules import SPARK_TYPES
from driven_data_glue.storage import File
from driven_data_glue.table import Column

# A file that costs as much to open as a task may read stands alone, and none is larger than that.
# https://spark.apache.org/docs/3.5.4/sql-performance-tuning.html#other-configuration-options
ONE_FILE_A_TASK = str(2**40)
WRITING = {
    "parquet.enable.dictionary": "false",  # most values are unlike all others
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}


def judgement_of_day(job: Job, arguments: Arguments) -> Judgement:
    """Raises JobError when the day isn't judged, or was judged from another raw file."""
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


def fail_if_judged_anew(job: Job, arguments: Arguments, judgement: Judgement, what: str) -> None:
    if judgement_of_day(job, arguments).judgement != judgement.judgement:
        raise JobError(f"the day was judged anew while {what} was written; nothing was published. Run this job again")


def clean_rows(job: Job, clean: list[File], columns: tuple[Column, ...]) -> DataFrame:
    """These columns of the clean rows, one task for each file."""
    for setting in ("spark.sql.files.maxPartitionBytes", "spark.sql.files.openCostInBytes"):
        job.spark.conf.set(setting, ONE_FILE_A_TASK)
    schema = ", ".join(f"`{column.name}` {SPARK_TYPES[column.type]}" for column in columns)
    return job.spark.read.schema(schema).parquet(*(file.path for file in clean))


def write_projection(job: Job, rows: DataFrame, clean: list[File], name: str) -> list[File]:
    """Writes `rows`, row by row those of `clean_rows`, one file for each file of clean rows; in their order."""
    # Spark orders such tasks by their files' size, the largest first, and numbers what they write.
    tasks = sorted(clean, key=lambda file: -file.size)
    folder = f"{job.scratch}/{name}"
    rows.write.options(**WRITING).parquet(folder)
    written = parquet_files(job.storage, folder)
    if len(written) != len(clean):
        raise JobError(f"{name}: {len(written)} files were written of {len(clean)} files of clean rows; run again")
    by_source = {source.path: file for source, file in zip(tasks, written, strict=True)}
    return [by_source[file.path] for file in clean]
