"""How well masked columns hide who a row is about: k-anonymity of what is left of them.

Rows that look alike in these columns form a class; k is the smallest class's size. k = 1 means that somebody who knows
a person's values finds this person's row. Columns that aren't masked, such as the moment of access, are left out:
they are what the analysts work with, and who knows them from elsewhere finds rows by them whatever is masked.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Anonymity:
    """k: the smallest class of rows that look alike, 0 without rows; alone: the rows that are like no other."""

    k: int
    alone: int
    rows: int


def anonymity(rows: DataFrame, expressions: Iterable[str]) -> Anonymity:
    """Of these expressions over the rows. Classes are told apart by 64-bit hashes."""
    looks = ", ".join(expressions)
    classes = rows.selectExpr(f"xxhash64({looks}) AS look" if looks else "0 AS look").groupBy("look").count()
    found = classes.selectExpr(
        "coalesce(min(count), 0) AS k", "count_if(count = 1) AS alone", "coalesce(sum(count), 0) AS all_rows"
    ).first()
    return Anonymity(found.k, found.alone, found.all_rows)
