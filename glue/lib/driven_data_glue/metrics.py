"""What a run counts, and the metrics file by which the five datasets are reconciled."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from driven_data_glue.checks import REASON_SEPARATOR

_WIDTHS = {"int": 4, "date": 4, "timestamp_ntz": 8}


@dataclass(frozen=True)
class Metrics:
    dataset: str
    run_date: str
    raw_file: str
    raw_rows: int  # records below the header: staged + quarantined
    staged_rows: int
    quarantined_rows: int
    reasons: dict[str, int]  # a row with two reasons counts under both
    unique_id_fingerprint: str
    code_version: str

    def to_json(self) -> bytes:
        return (json.dumps(asdict(self), indent=2) + "\n").encode()


@dataclass(frozen=True)
class Tally:
    rows: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    staged_bytes: int = 0  # of the dataset's values, about as Parquet stores them
    last_line: int = 0

    @property
    def accepted(self) -> int:
        return self.rows - self.rejected

    @property
    def bad_row_share(self) -> float:
        return self.rejected / self.rows if self.rows else 0.0

    @property
    def top_reasons(self) -> str:
        return ", ".join(f"{reason} {rows:,}" for reason, rows in self.reasons.most_common(5))

    def with_duplicates(self, duplicates: int, reason: str) -> "Tally":
        return replace(self, rejected=self.rejected + duplicates, reasons=self.reasons + Counter({reason: duplicates}))


def tally(checked: DataFrame, columns: Sequence[str]) -> Tally:
    """Counts the checked rows in one scan; `columns` are those that will be staged."""
    groups = (
        checked.groupBy("reason")
        .agg(
            F.count("*").alias("rows"),
            F.sum(_stored_bytes(checked, columns)).alias("bytes"),
            F.max("line").alias("last_line"),
        )
        .collect()
    )
    reasons: Counter[str] = Counter()
    for group in groups:
        for reason in group.reason.split(REASON_SEPARATOR) if group.reason else ():
            reasons[reason] += group.rows
    return Tally(
        rows=sum(group.rows for group in groups),
        rejected=sum(group.rows for group in groups if group.reason),
        reasons=reasons,
        staged_bytes=sum(group.bytes for group in groups if not group.reason),
        last_line=max((group.last_line for group in groups), default=0),
    )


def _stored_bytes(rows: DataFrame, columns: Sequence[str]) -> SparkColumn:
    types = {name: type_name for name, type_name in rows.dtypes if name in columns}
    fixed = sum(_WIDTHS.get(type_name, 0) for type_name in types.values())
    texts = [F.coalesce(F.octet_length(name) + 4, F.lit(0)) for name, kind in types.items() if kind == "string"]
    return sum(texts, start=F.lit(fixed))


def fingerprint(rows: DataFrame, key: str) -> tuple[int, str]:
    """The number of rows, and 128 bits in hex that are the same for the same keys in whatever order."""
    total = F.sum(F.xxhash64(key).cast("decimal(20,0)")).alias("total")
    found = rows.agg(F.count("*").alias("rows"), total).first()
    return found.rows, f"{int(found.total or 0) % 2**128:032x}"
