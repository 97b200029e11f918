"""Judges every row of a raw file once: clean rows, typed, and quarantined ones, each with its reasons."""

from dataclasses import dataclass, field

from pyspark.sql import DataFrame, SparkSession

from driven_data_glue.raw import RawFile
from driven_data_glue.table import PipelineTable


@dataclass(frozen=True)
class Judged:
    """What became of a raw file's rows.

    `clean` and `quarantine` are the Parquet files written under `scratch`, full paths, none where there are no
    rows. Clean files hold the raw columns, typed, and where each row lies in the raw file: `block` (first byte of the
    piece of the file that one task read), `line_in_block` (0 is the block's first line) and `bytes` (its length). Files
    and the rows in them are in the order of the raw file's lines, but for the last file, which may hold rows that run
    over several lines. Quarantine files hold `line`, `reason`, `record` and `raw_file`, in the order of lines.
    """

    raw_rows: int = 0  # records below the header: clean + quarantined
    clean_rows: int = 0
    quarantined_rows: int = 0
    reasons: dict[str, int] = field(default_factory=dict)  # a row with two reasons counts under both
    key_fingerprint: str = ""  # of the clean rows' keys, as keys.fingerprint gives it
    last_line: int = 0
    clean: tuple[str, ...] = ()
    quarantine: tuple[str, ...] = ()


def judge_file(
    spark: SparkSession,
    raw_file: RawFile,
    table: PipelineTable,
    scratch: str,
    target_file_mb: float,
    earlier_keys: DataFrame | None,
) -> Judged:
    """Judges the rows of `raw_file`, which `raw.open_raw_file` has accepted, in one reading of it.

    `earlier_keys` has one column, named as the key: a clean row whose key is among them is quarantined as
    `<key>:seen_before`. Raises JobError when not every byte of the file was read.
    """
    raise NotImplementedError
