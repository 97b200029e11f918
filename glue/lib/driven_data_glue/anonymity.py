"""How well masked columns hide who a row is about: k-anonymity of what is left of them.

Rows that look alike in these columns form a class; k is the smallest class's size. k = 1 means that somebody who knows
a person's values finds this person's row. Columns that aren't masked, such as the moment of access, are left out:
they are what the analysts work with, and who knows them from elsewhere finds rows by them whatever is masked.
"""

from collections.abc import Iterable, Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def anonymity(rows: DataFrame, looks: Mapping[str, Iterable[str]]) -> dict[str, dict[str, int]]:
    """Of each look, which is a list of expressions over the rows. Classes are told apart by 64-bit hashes.

    k: the smallest class of rows that look alike, 0 without rows; alone: the rows that are like no other; rows: all.
    """
    hashes = {name: ", ".join(expressions) for name, expressions in looks.items()}
    each = [f"'{name}', {f'xxhash64({hashed})' if hashed else '0L'}" for name, hashed in hashes.items()]
    classes = rows.selectExpr(f"stack({len(each)}, {', '.join(each)}) AS (name, look)").groupBy("name", "look").count()
    counted = classes.groupBy("name").agg(
        F.expr("min(count) AS k"), F.expr("count_if(count = 1) AS alone"), F.expr("sum(count) AS all_rows")
    )
    found = {row.name: {"k": row.k, "alone": row.alone, "rows": row.all_rows} for row in counted.collect()}
    return {name: found.get(name, {"k": 0, "alone": 0, "rows": 0}) for name in looks}
