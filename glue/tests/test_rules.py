"""What a row must satisfy, and what becomes of one that doesn't."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from lake import DATASETS, Lake
from pyspark.sql import SparkSession
from raw_files import HEADER, Row, csv_text, line_of, row, valid_rows

from driven_data_glue.errors import TooManyBadRows
from driven_data_glue.keys import fingerprint
from driven_data_glue.rules import RULES, SPARK_TYPES
from driven_data_glue.table import Column

SCHEMA = Path(__file__).parents[2] / "pipeline" / "pipeline.schema.json"

IBANS = ["GB82WEST12345698765432", "DE89370400440532013000", "NO9386011117947", "MT84MALT011000012345MTLCAST001S"]
MISFITS = [
    ("session_duration", "1.5", "int"),
    ("session_duration", "", "int"),
    ("session_duration", "99999999999", "int"),
    ("download_speed", "-1", "range"),
    ("session_duration", "36001", "range"),
    ("download_speed", "1001", "range"),
    ("upload_speed", "801", "range"),
    ("consumed_traffic", "2000001", "range"),
    ("birth_date", "1899-12-31", "range"),
    ("birth_date", "2100-01-01", "range"),
    ("accessed_at", "1999-12-31 23:59:59", "range"),
    ("accessed_at", "2100-01-01 00:00:00", "range"),
    ("person_name", "", "required"),
    ("address", "", "required"),
    ("email", "ana.post.ro", "email"),
    ("email", "ana@post", "email"),
    ("phone", "07xx 123 456", "phone"),
    ("phone", "", "phone"),
    ("mac_address", "38:f9:7c:b3:d5", "mac_address"),
    ("ip_address", "63.138.125.256", "ipv4"),
    ("ip_address", "063.138.125.2", "ipv4"),
    ("birth_date", "2024-02-30", "date"),
    ("birth_date", "15.09.2024", "date"),
    ("accessed_at", "2024-09-15 25:00:00", "timestamp"),
    ("accessed_at", "2024-09-15", "timestamp"),
    ("iban", "RO49AAAA1B31007593840001", "iban"),
    ("iban", "ro49aaaa1b31007593840000", "iban"),
    ("iban", "", "iban"),
    ("iban", "RO23AAAA1B3100759384000", "iban"),
    ("personal_number", "2260915133705", "personal_number"),
    ("personal_number", "2261315133704", "personal_number"),
    ("personal_number", "226091513370", "personal_number"),
    ("unique_id", "", "uuid4"),
    ("unique_id", "ad83e50d-da9c-14b2-9019-59a2efa4d812", "uuid4"),
]


MISFIT_ROWS = [row(**{column: value}) for column, value, _ in MISFITS]
TWO_MISFITS = row(iban="RO1", upload_speed="fast")
IBAN_ROWS = [row(iban=iban) for iban in IBANS]
ENDS = [("1900-01-01", "2000-01-01 00:00:00"), ("2099-12-31", "2099-12-31 23:59:59")]
END_ROWS = [row(birth_date=born, accessed_at=seen) for born, seen in ENDS]
GOOD = line_of(row())
OTHER_COLUMNS = [GOOD + ",extra", GOOD.rsplit(",", 1)[0], "just text", "," * 30_000]
TYPED = row(accessed_at="2024-03-31 02:30:00", birth_date="1901-01-02", session_duration="0")
FIRST, OTHER = row(), row()
BAD_OTHER = row(unique_id=OTHER["unique_id"], iban="RO1")  # before OTHER, but it never was a row that fits
REPEATED = [row(unique_id=FIRST["unique_id"]) for _ in range(2)]
DUPLICATES = [FIRST, BAD_OTHER, REPEATED[0], OTHER, REPEATED[1]]


@dataclass
class Judged:
    """A day of rows of every kind, judged and staged once; where the rows of a kind lie in it, as the editor counts."""

    lake: Lake
    lines: list[str]

    def of(self, lines: Iterable[str]) -> list[dict[str, Any]]:
        numbers = {self.lines.index(line) + 1 for line in lines}
        return [found for found in self.lake.rows("quarantine") if found["line"] in numbers]

    def staged(self, rows: Iterable[Row], dataset: str = "dim_finance") -> list[dict[str, Any]]:
        ids = {given["unique_id"] for given in rows}
        return [staged for staged in self.lake.rows("staging", dataset) if staged["unique_id"] in ids]


@pytest.fixture(scope="module")
def day(pipeline_table: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Judged:
    lake = Lake(tmp_path_factory.mktemp("lake")).create(pipeline_table)
    rows = map(line_of, [row(), *MISFIT_ROWS, row(), TWO_MISFITS, *IBAN_ROWS, *END_ROWS, TYPED, *DUPLICATES])
    lines = [",".join(HEADER), *rows, GOOD, *OTHER_COLUMNS]
    lake.judge("\n".join(lines))
    lake.stage(lake.root / "data/raw/raw.csv", DATASETS)
    return Judged(lake, lines)


def test_types_and_rules_are_those_that_synth_accepts():
    column = json.loads(SCHEMA.read_text())["properties"]["raw"]["properties"]["columns"]["items"]["properties"]
    assert list(SPARK_TYPES) == column["type"]["enum"]
    assert set(RULES) == set(column["rule"]["enum"])
    for name in column["type"]["enum"]:
        assert Column.of({"name": "any", "type": name}).type == name


def test_valid_values_are_staged_typed(day: Judged) -> None:
    staged = {name: value for dataset in DATASETS for name, value in day.staged([TYPED], dataset)[0].items()}
    assert {name: str(value) for name, value in staged.items()} == TYPED
    assert {name: type(value).__name__ for name, value in staged.items() if not isinstance(value, str)} == {
        "birth_date": "date",
        "accessed_at": "datetime",
        "session_duration": "int",
        "download_speed": "int",
        "upload_speed": "int",
        "consumed_traffic": "int",
    }


def test_each_misfit_is_quarantined_whole_with_its_reason(day: Judged) -> None:
    lines = [line_of(given) for given in MISFIT_ROWS]
    quarantined = day.of(lines)
    assert [found["reason"] for found in quarantined] == [f"{column}:{rule}" for column, _, rule in MISFITS]
    assert [found["line"] for found in quarantined] == list(range(3, 3 + len(MISFITS)))
    assert [found["record"] for found in quarantined] == lines
    assert {found["raw_file"] for found in quarantined} == {str(day.lake.root / "data/raw/raw.csv")}


def test_every_row_and_every_reason_is_counted(day: Judged) -> None:
    metrics = day.lake.judgement()
    assert metrics["raw_rows"] == metrics["clean_rows"] + metrics["quarantined_rows"] == len(day.lines) - 1
    assert metrics["quarantined_rows"] == len(MISFITS) + 1 + len(OTHER_COLUMNS) + 3
    reasons = Counter(f"{column}:{rule}" for column, _, rule in MISFITS)
    reasons.update({"iban:iban": 2, "upload_speed:int": 1, "row:columns": len(OTHER_COLUMNS), "unique_id:duplicate": 2})
    assert metrics["reasons"] == reasons


def test_the_first_and_the_last_day_that_are_allowed_pass(day: Judged) -> None:
    assert len(day.staged(END_ROWS)) == 2


def test_a_row_with_two_misfits_has_both_reasons(day: Judged) -> None:
    assert [found["reason"] for found in day.of([line_of(TWO_MISFITS)])] == ["iban:iban, upload_speed:int"]


def test_ibans_of_other_countries_pass(day: Judged) -> None:
    assert [staged["iban"] for staged in day.staged(IBAN_ROWS)] == IBANS


def test_wrong_column_count_is_quarantined(day: Judged) -> None:
    assert [found["reason"] for found in day.of(OTHER_COLUMNS)] == ["row:columns"] * len(OTHER_COLUMNS)


def test_first_of_duplicates_stays_later_ones_are_quarantined(day: Judged) -> None:
    lines = [line_of(given) for given in DUPLICATES]
    assert [kept["iban"] for kept in day.staged(DUPLICATES)] == [FIRST["iban"], OTHER["iban"]]
    quarantined = [(found["record"], found["reason"]) for found in day.of(lines)]
    assert quarantined == [
        (lines[1], "iban:iban"),
        (lines[2], "unique_id:duplicate"),
        (lines[4], "unique_id:duplicate"),
    ]


def test_fingerprint_depends_on_the_keys_not_on_their_order(spark: SparkSession) -> None:
    rows = list(valid_rows(5))
    prints = []
    for given in (rows, rows[::-1], rows[1:], [*rows[1:], row()]):
        keys = spark.sql(f"VALUES {', '.join(repr(each['unique_id']) for each in given)} AS keys(unique_id)")
        prints.append(fingerprint(keys, "unique_id")[1])
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


def test_too_many_bad_rows_fail_the_run_and_leave_the_day(lake: Lake) -> None:
    rows = [*valid_rows(8), row(iban="RO1"), row(iban="RO2", upload_speed="-1")]
    lake.run_rows(rows[:3])
    before = [lake.files("staging")[0].read_bytes(), lake.metrics(), lake.judgement()]
    with pytest.raises(TooManyBadRows) as failure:
        lake.run_rows(rows, max_bad_row_share=0.1)
    quarantine = "data/quarantine/run_date=2024-09-15"
    assert str(failure.value).startswith("2024-09-15: "), "Glue's event tells the error and no arguments"
    for said in ("2 of 10 rows (20.0%)", "10.0%", "iban:iban 2", quarantine):
        assert said in str(failure.value)
    assert [lake.files("staging")[0].read_bytes(), lake.metrics(), lake.judgement()] == before
    assert lake.reasons() == {10: "iban:iban", 11: "iban:iban, upload_speed:range"}
    assert lake.scratch() == []


def test_bad_rows_up_to_the_given_share_pass(lake: Lake) -> None:
    lake.judge(csv_text([*valid_rows(8), row(iban="RO1"), row(iban="RO2")]), max_bad_row_share=0.2)
    assert lake.judgement()["clean_rows"] == 8
