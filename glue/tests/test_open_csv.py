"""Athena's reading of the raw table, by Hive's own OpenCSVSerde with the declared parameters, agrees with CSV as the
jobs read it: a backslash is a backslash, and a quote inside quotes is written twice."""

import csv
import json

import pytest
from lake import PROJECT
from pyspark.sql import SparkSession

RECORDS = [
    ["plain", "Str. Unirii 1, Cluj", "end"],
    ['he said "yes"', "x", "y"],
    ['"all quoted"', '""', '"'],
    ["C:\\new\\table", "\\", "ends with \\"],
    ['\\"', 'a\\"b', '\\\\""'],
    ["", "", ""],
    ["\\,", ",\\", ","],
    [" leading", "trailing ", "Brașov, județul Brașov"],
]


@pytest.fixture(scope="module")
def serde_parameters() -> dict[str, str]:
    stack = json.loads((PROJECT / "main.tf.json.snapshot").read_text(encoding="utf-8"))
    return stack["resource"]["aws_glue_catalog_table"]["raw"]["storage_descriptor"]["ser_de_info"]["parameters"]


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("record", RECORDS)
def test_the_raw_table_reads_what_was_written(
    spark: SparkSession, serde_parameters: dict[str, str], record: list[str], quoting: int, tmp_path
) -> None:
    file = tmp_path / "line.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, quoting=quoting, lineterminator="").writerow(record)
    assert _read(spark, serde_parameters, file.read_text(encoding="utf-8"), len(record)) == record


@pytest.mark.parametrize("escape", ["\\", '"'])
def test_hive_takes_a_backslash_for_an_escape_unless_told_another(
    spark: SparkSession, serde_parameters: dict[str, str], escape: str
) -> None:
    # What the declared character is for: "C:\" and then a second field become one field with these.
    assert _read(spark, {**serde_parameters, "escapeChar": escape}, '"C:\\","x"', 2) != ["C:\\", "x"]
    assert _read(spark, serde_parameters, '"C:\\","x"', 2) == ["C:\\", "x"]


def _read(spark: SparkSession, parameters: dict[str, str], line: str, fields: int) -> list[str]:
    jvm = spark._jvm
    assert jvm is not None
    properties = jvm.java.util.Properties()
    for key, value in parameters.items():
        properties.setProperty(key, value)
    properties.setProperty("columns", ",".join(f"c{n}" for n in range(fields)))
    serde = jvm.org.apache.hadoop.hive.serde2.OpenCSVSerde()
    serde.initialize(jvm.org.apache.hadoop.conf.Configuration(), properties)
    return list(serde.deserialize(jvm.org.apache.hadoop.io.Text(line)))
