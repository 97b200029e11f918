"""A staging job: the day's partition of one table, as a projection of the clean rows."""

from collections.abc import Sequence

from driven_data_glue.arguments import parse_arguments
from driven_data_glue.errors import JobError
from driven_data_glue.job import Job, running
from driven_data_glue.keys import fingerprint
from driven_data_glue.metrics import Judgement, StagingMetrics
from driven_data_glue.partition import parquet_files
from driven_data_glue.projection import copy_columns, fail_if_judged_anew, judgement_of_day
from driven_data_glue.storage import File


def run(dataset_name: str, argv: Sequence[str] | None = None) -> None:
    """Replaces the table's partition of --run_date by the dataset's columns of the day's clean rows.

    Raises JobError when the day isn't judged, or what was written isn't what was judged; the partition is then as it
    was.
    """
    arguments = parse_arguments(argv)
    with running(dataset_name, f"staging_{dataset_name}", arguments) as job:
        dataset = job.table.dataset(dataset_name)
        judgement = judgement_of_day(job, arguments)
        files = copy_columns(job, parquet_files(job.storage, job.places.clean()), dataset.columns)
        job.log.step(f"projected {judgement.clean_rows:,} rows of judgement {judgement.judgement}")
        _verify(job, files, judgement)
        fail_if_judged_anew(job, arguments, judgement, dataset_name)
        metrics = StagingMetrics.of(judgement, dataset_name, arguments.code_version)
        job.publish(files, job.places.staging(dataset_name), metrics, dataset_name)
    job.log.end(f"staged {judgement.clean_rows:,} rows")


def _verify(job: Job, files: list[File], judgement: Judgement) -> None:
    """What was written holds exactly the rows that the judge counted."""
    written = fingerprint(job.keys(files), job.table.key.name) if files else (0, judgement.unique_id_fingerprint)
    if written != (judgement.clean_rows, judgement.unique_id_fingerprint):
        raise JobError(
            f"{written[0]:,} rows were written, the judgement counts {judgement.clean_rows:,} (or their ids differ): "
            "the clean rows were changed meanwhile. Nothing was published; run judge_raw_data for this day, then this "
            "job"
        )
    job.log.step(f"verified {written[0]:,} rows")
