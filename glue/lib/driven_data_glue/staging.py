"""A staging job: the day's partition of one table, as a projection of the clean rows."""

import sys
from collections.abc import Sequence

from driven_data_glue.arguments import Arguments, parse_arguments
from driven_data_glue.errors import JobError
from driven_data_glue.job import Job, running
from driven_data_glue.keys import fingerprint
from driven_data_glue.metrics import Judgement, StagingMetrics, judgement_in, write_metrics
from driven_data_glue.partition import parquet_files, publish
from driven_data_glue.projection import copy_columns, fail_if_judged_anew, judgement_of_day
from driven_data_glue.session import in_few_steps
from driven_data_glue.storage import File
from driven_data_glue.table import Dataset


def run(dataset_name: str, argv: Sequence[str] | None = None) -> None:
    """Replaces the table's partition of --run_date by the dataset's columns of the day's clean rows.

    Raises JobError when the day isn't judged, or what was written isn't what was judged; the partition is then as it
    was.
    """
    arguments = parse_arguments(sys.argv[1:] if argv is None else argv)
    with running(dataset_name, f"staging_{dataset_name}", arguments) as job:
        dataset = job.table.dataset(dataset_name)
        judgement = judgement_of_day(job, arguments)
        files = _project(job, dataset, parquet_files(job.storage, job.places.clean()))
        job.log.step(f"projected {judgement.clean_rows:,} rows of judgement {judgement.judgement}")
        _verify(job, files, judgement)
        fail_if_judged_anew(job, arguments, judgement, dataset_name)
        _publish(job, dataset, files, judgement, arguments)
    job.log.end(f"staged {judgement.clean_rows:,} rows")


def _project(job: Job, dataset: Dataset, clean: list[File]) -> list[File]:
    return copy_columns(job, clean, dataset.columns, "projection")


def _verify(job: Job, files: list[File], judgement: Judgement) -> None:
    """What was written holds exactly the rows that the judge counted."""
    key = job.table.key.name
    written = (0, judgement.unique_id_fingerprint)
    if files:
        keys = job.spark.read.schema(f"`{key}` string").parquet(*(file.path for file in files))
        written = fingerprint(in_few_steps(keys, sum(file.size for file in files)), key)
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
