"""Keys compared by cheap hashes: fingerprints of sets of them."""

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F


def fingerprint_sums(key: str) -> list[SparkColumn]:
    """Aggregates of which `fingerprint_of` makes the fingerprint; sums of 32 bits each, which can't overflow."""
    return [
        F.expr(f"count(`{key}`) AS key_count"),
        F.expr(f"sum(xxhash64(`{key}`) & 4294967295L) AS key_low"),
        F.expr(f"sum(shiftright(xxhash64(`{key}`), 32)) AS key_high"),
    ]


def fingerprint_of(sums: Row) -> str:
    """128 bits in hex that are the same for the same keys in whatever order."""
    total = ((sums.key_high or 0) << 32) + (sums.key_low or 0)
    return f"{total % 2**128:032x}"


def fingerprint(rows: DataFrame, key: str) -> tuple[int, str]:
    """The number of rows, and their keys' fingerprint."""
    sums = rows.agg(*fingerprint_sums(key)).first()
    return sums.key_count, fingerprint_of(sums)
