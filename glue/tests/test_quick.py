"""The quick look at a line: it never accepts what the whole rules refuse, and its code stays compiled."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

from judged import job_session
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from raw_files import csv_text, line_of, valid_rows

from driven_data_glue.checks import check_records
from driven_data_glue.quick import with_quick_look
from driven_data_glue.raw import RawFile, read_lines
from driven_data_glue.records import records_of
from driven_data_glue.table import PipelineTable

HUGE_METHOD = 8_000  # bytes; HotSpot doesn't compile a method above (DontCompileHugeMethods)
ODD = [*'",",",.-:@+ 0019AZaf', '""', "\r", "\t", "é", "\N{REPLACEMENT CHARACTER}", "\0", "2024-02-30", "NULL"]


def mutated(line: str, rng: random.Random) -> str:
    """The line with a character or field changed, put in, taken out or exchanged."""
    for _ in range(rng.choice([1, 1, 2])):
        at = rng.randrange(len(line))
        match rng.randrange(6):
            case 0:
                line = line[:at] + rng.choice(ODD) + line[at:]
            case 1:
                line = line[:at] + rng.choice(ODD) + line[at + 1 :]
            case 2:
                line = line[:at] + line[at + 1 :]
            case 3:
                line = line[:at] + line[at + 1 : at + 2] + line[at : at + 1] + line[at + 2 :]
            case 4:
                fields = line.split(",")
                fields[rng.randrange(len(fields))] = rng.choice(["", '""', " ", *rng.choices(fields), rng.choice(ODD)])
                line = ",".join(fields)
            case 5:
                fields = line.split(",")
                one = rng.randrange(len(fields))
                fields[one] = f'"{fields[one]}"'
                line = ",".join(fields)
        line = line or "x"
    return line


def lines(count: int) -> Iterator[str]:
    rng = random.Random(2)
    for row in valid_rows(count, seed=2):
        line = line_of(row)
        yield line
        yield mutated(line, rng)
        yield mutated(line, rng)


def both_ways(spark: SparkSession, path: Path, table: PipelineTable) -> tuple[DataFrame, DataFrame]:
    read = read_lines(spark, RawFile(str(path), path.stat().st_size))
    quick = with_quick_look(read, table.raw_columns)
    whole = check_records(records_of(read.withColumn("line", F.lit(0))), table.raw_columns)
    return quick, whole


def test_what_is_clean_at_a_quick_look_is_clean_by_all_rules_with_the_same_values(
    spark: SparkSession, table: PipelineTable, tmp_path: Path
) -> None:
    session, path = job_session(spark), tmp_path / "lines.csv"
    path.write_bytes("\n".join(lines(20_000)).encode().replace("é".encode(), b"\xe9"))
    quick, whole = both_ways(session, path, table)
    values = F.struct(*(f"`{column.name}`" for column in table.raw_columns))
    place = ["block", "line_in_block"]
    compared = (
        quick.select(*place, "clean", values.alias("quick"), "text")
        .join(whole.select(*place, "reason", values.alias("whole")), place)
        .selectExpr(
            "clean", "reason IS NULL AS fits", "quick <=> whole AS same", "line_in_block % 3 = 0 AS valid", "text"
        )
    )
    counts: dict[tuple[bool, ...], int] = {}
    wrong = []
    for found in compared.toLocalIterator():
        key = (found.clean, found.fits, found.valid)
        counts[key] = counts.get(key, 0) + 1
        if found.clean and not (found.fits and found.same):
            wrong.append(found.text)
    assert wrong == []
    assert counts[True, True, True] == 20_000, "every row of the plain form is seen at once"
    assert counts[True, True, False] > 1_000, "changed rows that still fit are among them"
    assert counts[False, False, False] > 10_000
    assert counts[False, True, False] > 100, "rows of an unusual form are left to the whole rules"


def test_no_generated_method_is_too_long_to_be_compiled(
    spark: SparkSession, table: PipelineTable, tmp_path: Path
) -> None:
    path = tmp_path / "lines.csv"
    path.write_text(csv_text(valid_rows(3)))
    for frame in both_ways(job_session(spark), path, table):
        plan = frame._jdf.queryExecution().executedPlan()
        debug = spark._jvm.org.apache.spark.sql.execution.debug.__getattr__("package$").__getattr__("MODULE$")
        sizes = [int(size) for size in re.findall(r"maxMethodCodeSize:(\d+)", debug.codegenString(plan))]
        assert sizes
        assert max(sizes) < HUGE_METHOD, sizes
    steps = re.findall(
        r"^[ +:*()\d-]*(?:Project|Filter) ",
        both_ways(job_session(spark), path, table)[0]._jdf.queryExecution().executedPlan().toString(),
        re.M,
    )
    assert steps
    assert all("*(" in step for step in steps), f"not in generated code: {steps}"
