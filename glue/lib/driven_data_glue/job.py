"""One run of a staging job: the raw file is checked, its good rows are staged, its bad ones quarantined."""

import sys
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from driven_data_glue.arguments import Arguments, parse_arguments
from driven_data_glue.checks import check_rows, find_duplicates, quarantined_rows, staged_rows
from driven_data_glue.errors import JobError, TooManyBadRows
from driven_data_glue.metrics import Metrics, Tally, fingerprint, tally
from driven_data_glue.partition import Layout, publish, write_files
from driven_data_glue.raw import check_header, read_records
from driven_data_glue.session import open_session
from driven_data_glue.steps import StepLog
from driven_data_glue.storage import Storage
from driven_data_glue.table import PipelineTable, parse_table

QUARANTINE_COLUMNS = ["line", "reason", "record", "raw_file"]


@dataclass(frozen=True)
class Places:
    """Where this run writes. The scratch folder is its own; the others belong to the dataset and the day."""

    scratch: str
    staging: str
    quarantine: str
    metrics: str

    @staticmethod
    def of(arguments: Arguments, table: PipelineTable, dataset: str) -> "Places":
        def place(prefix: str, name: str) -> str:
            return f"{arguments.data_root.rstrip('/')}/{table.prefixes[prefix]}{dataset}/{name}"

        partition = f"run_date={arguments.run_date}"
        return Places(
            scratch=place("scratch", f"{arguments.run_date}-{uuid.uuid4()}"),
            staging=place("staging", partition),
            quarantine=place("quarantine", partition),
            metrics=place("metrics", f"{partition}/metrics.json"),
        )


def run(dataset_name: str, argv: Sequence[str] | None = None) -> None:
    """Replaces the dataset's partition of --run_date by the rows of --raw_file, and writes the run's metrics.

    Raises JobError, with a message for the reader of the failed run, when arguments, table or file don't
    allow it; the staging partition is then as it was.
    """
    arguments = parse_arguments(sys.argv[1:] if argv is None else argv)
    log = StepLog(f"staging_{dataset_name} {arguments.run_date}")
    spark = open_session(log.name, arguments.job_run_id)
    storage = Storage(spark)
    table = parse_table(storage.read(arguments.pipeline_table).decode(), arguments.pipeline_table)
    columns = [column.name for column in table.dataset(dataset_name).columns]
    key = table.key.name
    places = Places.of(arguments, table, dataset_name)
    check_header(storage, arguments.raw_file, [column.name for column in table.raw_columns])
    log.step(f"opened {arguments.raw_file}, code {arguments.code_version}")

    with ExitStack() as cleanup:
        cleanup.callback(storage.delete, places.scratch)

        records = read_records(spark, arguments.raw_file, len(table.raw_columns))
        log.step("numbered the lines")

        # Only rows that don't fit keep their text, which would be most of what is kept. Decoding shows bytes
        # that are no UTF-8 as U+FFFD, because readers of Parquet fail on them.
        text = F.when(F.col("reason").isNotNull(), F.decode(F.col("record").cast("binary"), "UTF-8"))
        checked = _keep(
            check_rows(records, table.raw_columns).select("line", "reason", text.alias("record"), *columns),
            cleanup,
        )
        counts = tally(checked, columns)
        duplicates = find_duplicates(checked.where("reason IS NULL"), key)
        if duplicates is not None:
            duplicates = _keep(duplicates, cleanup)
            counts = counts.with_duplicates(duplicates.count(), f"{key}:duplicate")
        log.step(f"checked {counts.rows:,} rows, {counts.rejected:,} don't fit: {counts.top_reasons or '-'}")

        if counts.rejected:
            rejected = quarantined_rows(checked, records, duplicates, f"{key}:duplicate")
            size = storage.size(arguments.raw_file) * counts.bad_row_share
            layout = Layout.of(size, arguments.target_file_mb, counts.last_line)
            rejected = rejected.withColumn("raw_file", F.lit(arguments.raw_file))
            write_files(rejected, QUARANTINE_COLUMNS, layout, f"{places.scratch}/quarantine")
        files = publish(storage, f"{places.scratch}/quarantine", places.quarantine)
        log.step(f"quarantined {counts.rejected:,} rows in {files} file(s), {places.quarantine}")
        _stop_if_too_bad(counts, arguments, places)

        staging = f"{places.scratch}/staging"
        if counts.accepted:
            layout = Layout.of(counts.staged_bytes, arguments.target_file_mb, counts.last_line)
            write_files(staged_rows(checked, duplicates), columns, layout, staging)
        # Taken from what was written, so that a difference from what was counted can't be published.
        staged = checked.select(*columns)
        written = spark.read.schema(staged.schema).parquet(staging) if counts.accepted else staged.limit(0)
        written_rows, keys = fingerprint(written, key)
        if written_rows != counts.accepted:
            raise JobError(
                f"{written_rows:,} rows written, {counts.accepted:,} counted; {places.staging} is left as is"
            )
        log.step(f"wrote {written_rows:,} rows")
        files = publish(storage, staging, places.staging)
        log.step(f"published {files} file(s), {places.staging}")

        metrics = Metrics(
            dataset=dataset_name,
            run_date=arguments.run_date.isoformat(),
            raw_file=arguments.raw_file,
            raw_rows=counts.rows,
            staged_rows=counts.accepted,
            quarantined_rows=counts.rejected,
            reasons=dict(sorted(counts.reasons.items())),
            unique_id_fingerprint=keys,
            code_version=arguments.code_version,
        )
        storage.write(f"{places.scratch}/metrics.json", metrics.to_json())
        storage.replace(f"{places.scratch}/metrics.json", places.metrics)
    log.end(f"staged {counts.accepted:,} of {counts.rows:,} rows")


def _stop_if_too_bad(counts: Tally, arguments: Arguments, places: Places) -> None:
    if counts.bad_row_share <= arguments.max_bad_row_share:
        return
    raise TooManyBadRows(
        f"{counts.rejected:,} of {counts.rows:,} rows ({counts.bad_row_share:.1%}) of {arguments.raw_file} "
        f"don't fit, allowed are {arguments.max_bad_row_share:.1%}; most often: {counts.top_reasons}. "
        f"The rows are in {places.quarantine}; {places.staging} is left as it was. "
        "Mend the raw file and run again, or raise max_bad_row_share"
    )


def _keep(frame: DataFrame, cleanup: ExitStack) -> DataFrame:
    """Computes the frame once. On disk, so a large file takes no more memory than a small one."""
    cleanup.callback(frame.unpersist)
    return frame.persist(StorageLevel.DISK_ONLY)
