"""Glue job judge_raw_data: every row of a day's raw file is judged once; good ones become clean rows, bad ones go to
quarantine."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from pyspark.sql import DataFrame

from driven_data_glue.arguments import JudgeArguments, parse_judge_arguments
from driven_data_glue.errors import JobError, TooManyBadRows
from driven_data_glue.job import JUDGEMENT, Job, running
from driven_data_glue.judging import Judged, Judging
from driven_data_glue.metrics import Judgement, content_id
from driven_data_glue.partition import parquet_files, publish
from driven_data_glue.raw import open_raw_file
from driven_data_glue.storage import File

QUARANTINE = "quarantine"  # the table


def run(argv: Sequence[str] | None = None) -> None:
    """Replaces the clean rows and the quarantine of --run_date by those of --raw_file, and writes the judgement.

    Raises JobError, with a message for the reader of the failed run, when arguments, table or file don't allow it; the
    clean rows are then as they were.
    """
    arguments = parse_judge_arguments(argv)
    with running(JUDGEMENT, "judge_raw_data", arguments) as job:
        before = job.storage.find(arguments.raw_file)
        raw_file = open_raw_file(job.storage, arguments.raw_file, [column.name for column in job.table.raw_columns])
        job.log.step(f"opened {arguments.raw_file}, code {arguments.code_version}")

        judging = Judging(job.spark, job.storage, raw_file, job.table, job.scratch, arguments.target_file_mb)
        judged = judging.run(*_earlier_keys(job, arguments))
        _fail_if_changed(job, before, arguments.raw_file)
        top = ", ".join(f"{reason} {rows:,}" for reason, rows in Counter(judged.reasons).most_common(5))
        job.log.step(f"judged {judged.raw_rows:,} rows, {judged.quarantined_rows:,} don't fit: {top or '-'}")

        written = {file.path: file for file in job.storage.files(job.scratch)}
        _publish_quarantine(job, [written[path] for path in judged.quarantine])
        _stop_if_too_bad(judged, arguments, job, top)

        _verify(job, judged)
        judgement = _judgement(job, judged, before, arguments)
        job.publish([written[path] for path in judged.clean], job.places.clean(), judgement)
    job.log.end(f"{judged.clean_rows:,} of {judged.raw_rows:,} rows are clean")


def _earlier_keys(job: Job, arguments: JudgeArguments) -> tuple[DataFrame | None, int]:
    """The keys of the clean rows of the days before, as far as there are such days, and the size of their files."""
    days = [arguments.run_date - timedelta(days=back) for back in range(1, arguments.duplicate_history_days + 1)]
    files = [file for day in days for file in parquet_files(job.storage, job.places.clean(day.isoformat()))]
    if not files:
        return None, 0
    return job.keys(files), sum(file.size for file in files)


def _fail_if_changed(job: Job, before: File | None, raw_file: str) -> None:
    now = job.storage.find(raw_file)
    if before is None or now is None or now.etag != before.etag:
        raise JobError(f"{raw_file} was changed while it was read; nothing was published. Run again")


def _publish_quarantine(job: Job, files: list[File]) -> None:
    if not files:
        job.catalog.hide(QUARANTINE, job.places.day)
    publish(job.storage, files, job.places.quarantine, job.lock.check)
    if files:
        job.catalog.register(QUARANTINE, job.places.day, f"{job.places.quarantine}/")
    job.log.step(f"quarantined rows are in {len(files)} file(s), {job.places.quarantine}")


def _stop_if_too_bad(judged: Judged, arguments: JudgeArguments, job: Job, top: str) -> None:
    share = judged.quarantined_rows / judged.raw_rows if judged.raw_rows else 0.0
    if share <= arguments.max_bad_row_share:
        return
    raise TooManyBadRows(
        f"{judged.quarantined_rows:,} of {judged.raw_rows:,} rows ({share:.1%}) of {arguments.raw_file} don't fit, "
        f"allowed are {arguments.max_bad_row_share:.1%}; most often: {top}. The rows are in {job.places.quarantine}; "
        f"{job.places.clean()} is left as it was. Mend the raw file and run again, or raise max_bad_row_share"
    )


def _verify(job: Job, judged: Judged) -> None:
    """Nothing was lost on the way. The counts are of the files that were written, so these needn't be read again."""
    if judged.raw_rows != judged.clean_rows + judged.quarantined_rows:
        raise JobError(
            f"of {judged.raw_rows:,} rows {judged.clean_rows:,} are clean and {judged.quarantined_rows:,} quarantined: "
            f"the counts don't add up, so {job.places.clean()} is left as it was. Run again; if it stays, report it "
            "with this message"
        )


def _judgement(job: Job, judged: Judged, raw: File, arguments: JudgeArguments) -> Judgement:
    identity = content_id(
        {
            "raw_etag": raw.etag,
            "raw_size": raw.size,
            "code_version": arguments.code_version,
            "target_file_mb": arguments.target_file_mb,
            # Beside the raw file, the days before decide which rows are clean.
            "duplicate_history_days": arguments.duplicate_history_days,
            "clean_rows": judged.clean_rows,
            "fingerprint": judged.key_fingerprint,
        }
    )
    return Judgement(
        run_date=job.places.day,
        raw_file=arguments.raw_file,
        raw_etag=raw.etag,
        raw_rows=judged.raw_rows,
        clean_rows=judged.clean_rows,
        quarantined_rows=judged.quarantined_rows,
        reasons=judged.reasons,
        unique_id_fingerprint=judged.key_fingerprint,
        judgement=identity,
        code_version=arguments.code_version,
    )
