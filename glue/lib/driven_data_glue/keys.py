"""Keys compared by cheap hashes: fingerprints of sets of them."""

from dataclasses import dataclass

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F


@dataclass(frozen=True)
class KeySums:
    """How many keys there are, and the sum of their hashes; those of two sets of rows add up."""

    count: int = 0
    total: int = 0

    @staticmethod
    def of(row: Row, name: str = "key") -> "KeySums":
        """Of the aggregates that `fingerprint_sums` has named so."""
        return KeySums(row[f"{name}_count"], ((row[f"{name}_high"] or 0) << 32) + (row[f"{name}_low"] or 0))

    def __add__(self, other: "KeySums") -> "KeySums":
        return KeySums(self.count + other.count, self.total + other.total)

    @property
    def fingerprint(self) -> str:
        """128 bits in hex that are the same for the same keys in whatever order."""
        return f"{self.total % 2**128:032x}"


def fingerprint_sums(key: str, name: str = "key") -> list[SparkColumn]:
    """Aggregates that `KeySums.of` takes, of the rows that have a key; sums of 32 bits each, which can't overflow."""
    there = f"FILTER (WHERE `{key}` IS NOT NULL)"
    return [
        F.expr(f"count(`{key}`) AS `{name}_count`"),
        F.expr(f"sum(xxhash64(`{key}`) & 4294967295L) {there} AS `{name}_low`"),
        F.expr(f"sum(shiftright(xxhash64(`{key}`), 32)) {there} AS `{name}_high`"),
    ]


def fingerprint(rows: DataFrame, key: str) -> tuple[int, str]:
    """The number of rows, and their keys' fingerprint."""
    sums = KeySums.of(rows.agg(*fingerprint_sums(key)).collect()[0])
    return sums.count, sums.fingerprint
