"""A quick look at a line that may only say "surely a clean row", and gives its typed values then.

Nearly all lines of a sound file are clean rows of the plainest kind: at most one quoted field, without quotes in it.
One regular expression over the line without that field, and a few sums, find them at a third of what every rule costs
on any record. Of all other lines it says nothing: checks.py judges them. What is clean here is clean there, with the
same values; test_quick.py compares the two on generated and mutated rows.

The generated code of each step must stay below 8,000 bytes a method, above which HotSpot leaves it uncompiled; so the
steps are few long SQL expressions, each used by the next one only.
"""

import re
from collections.abc import Sequence

from pyspark.sql import DataFrame

from driven_data_glue.rules import DIGIT, SPARK_TYPES, Quick, in_range, rule_of, text
from driven_data_glue.table import Column

# Stands for the quoted field in the line: outside of the quotes there is no quote.
_PLACE = '"'
_NO_UTF8 = "\N{REPLACEMENT CHARACTER}"  # what Java reads for such bytes; no rule allows it
_SHAPES = {
    "int": f"(?:[1-9]{DIGIT}*+|0)",
    "date": f"{DIGIT}{{4}}-{DIGIT}{{2}}-{DIGIT}{{2}}",
    "timestamp": f"{DIGIT}{{4}}-{DIGIT}{{2}}-{DIGIT}{{2}} {DIGIT}{{2}}:{DIGIT}{{2}}:{DIGIT}{{2}}",
}


def with_quick_look(lines: DataFrame, columns: Sequence[Column]) -> DataFrame:
    """Adds `clean`, whether the line `text` surely is a clean row, and its typed values, by column.

    Where `clean` is false, the values mean nothing.
    """
    kept = lines.columns
    pattern = text(r"\A" + ",".join(_pattern(column) for column in columns) + r"\z")
    numbers = {column.name: quick.number for column in columns if (quick := _quick(column)) and quick.number}
    return (
        lines.selectExpr(*kept, f"split(text, {text(_PLACE)}) AS pieces")
        .selectExpr(*kept, "pieces[1] AS quoted", f"{_without_quoted_field()} AS line")
        .selectExpr(*kept, "quoted", f"if(line RLIKE {pattern}, split(line, ','), NULL) AS fields")
        .selectExpr(
            *kept, "fields IS NOT NULL AS shaped", *(_value(number, column) for number, column in enumerate(columns))
        )
        .selectExpr("*", *(f"{of(f'`{name}`')} AS `{name}#`" for name, of in numbers.items()))
        .selectExpr(*kept, f"{_clean(columns)} AS clean", *(f"`{column.name}`" for column in columns))
    )


def _without_quoted_field() -> str:
    whole_field = "endswith(pieces[0], ',') AND startswith(pieces[2], ',')"
    # Carriage returns, and bytes that are no UTF-8, are for the other way; outside of the quotes the pattern sees them.
    plain = f"NOT contains(pieces[1], '\\r') AND NOT contains(pieces[1], {text(_NO_UTF8)})"
    return (
        f"CASE WHEN size(pieces) = 1 THEN text WHEN size(pieces) = 3 AND pieces[1] <> '' AND {whole_field} "
        f"AND {plain} THEN concat(pieces[0], {text(_PLACE)}, pieces[2]) END"
    )


def _quick(column: Column) -> Quick | None:
    rule = rule_of(column)
    return rule.quick_form if rule else None


def _pattern(column: Column) -> str:
    if column.type != "string":
        return _unrolled(_SHAPES[column.type])  # a missing one is for the other way
    quick = _quick(column)
    shape = f"(?:{_unrolled(quick.pattern)})" if quick else rf"[^,\r{_NO_UTF8}]++"
    return shape if column.required else f"(?:{shape}|)"


def _unrolled(pattern: str) -> str:
    """[0-9]{3} as [0-9][0-9][0-9], which java.util.regex runs through faster: the whole pattern by a third."""
    return re.sub(r"(\[[^\]]+\])\{(\d+)\}(?!\+)", lambda part: part[1] * int(part[2]), pattern)


def _value(number: int, column: Column) -> str:
    field = f"fields[{number}]"
    if column.type != "string":
        value = f"CAST({field} AS {SPARK_TYPES[column.type]})"
    else:
        value = field if column.rule else f"if({field} = {text(_PLACE)}, quoted, {field})"
        if not column.required:
            value = f"nullif({value}, '')"
    return f"{value} AS `{column.name}`"


def _clean(columns: Sequence[Column]) -> str:
    checks = ["shaped"]
    for column in columns:
        value, quick = f"`{column.name}`", _quick(column)
        holds = [in_range(column, value)]
        if quick and quick.check:
            holds.append(quick.check(value, f"`{column.name}#`"))
        if column.type != "string":
            holds.append(f"{value} IS NOT NULL")
        for check in filter(None, holds):
            missing_allowed = column.type == "string" and not column.required
            checks.append(f"coalesce({check}, true)" if missing_allowed else f"({check})")
    return f"coalesce({' AND '.join(checks)}, false)"
