"""Every row of a file is judged once, and none is lost: blocks, lines, records of several lines, duplicates."""

import gzip
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from judged import Judge
from pyspark.sql import DataFrame, DataFrameWriter
from raw_files import HEADER, Row, csv_text, line_of, row, valid_rows

from driven_data_glue import judging
from driven_data_glue.errors import JobError
from driven_data_glue.keys import fingerprint
from driven_data_glue.table import Column, PipelineTable

SMALL = 0.005  # MiB: blocks of about 20 rows


def ids(rows: list[Row]) -> list[str]:
    return [given["unique_id"] for given in rows]


def keys(judge: Judge, rows: list[Row]) -> DataFrame:
    # As a statement: createDataFrame starts Python workers for it.
    return judge.session.sql(f"VALUES {', '.join(repr(given['unique_id']) for given in rows)} AS keys(unique_id)")


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often the raw file is read."""
    read: list[str] = []
    real = judging.read_lines

    def counted(spark: Any, raw_file: Any) -> DataFrame:
        read.append(raw_file.uri)
        return real(spark, raw_file)

    monkeypatch.setattr(judging, "read_lines", counted)
    return read


def test_blocks_come_in_the_order_of_lines_and_number_them(judge: Judge, readings: list[str]) -> None:
    rows = list(valid_rows(200))
    rows[150]["iban"] = "RO1"
    judged = judge(csv_text(rows), target_file_mb=SMALL)
    assert len(judged.clean) > 8
    assert judge.ids() == ids(rows[:150] + rows[151:])
    assert judge.reasons() == {152: "iban:iban"}
    assert (judged.raw_rows, judged.clean_rows, judged.quarantined_rows) == (200, 199, 1)
    assert len(readings) == 1


def test_no_row_is_lost_when_the_split_size_changes_in_mid_run(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = list(valid_rows(120))
    rows[100]["iban"] = "RO1"
    rows[10]["address"] = "two\nlines"
    # None cuts where another does.
    sizes = itertools.cycle([("6100", "1"), ("90000", "4"), ("3500", "7")])

    def unsteady(real: Callable[..., Any], session: Callable[[Any], Any]) -> Callable[..., Any]:
        def call(self: Any, *given: Any, **options: Any) -> Any:
            size, number = next(sizes)
            session(self).conf.set("spark.sql.files.maxPartitionBytes", size)
            session(self).conf.set("spark.sql.files.minPartitionNum", number)
            return real(self, *given, **options)

        return call

    monkeypatch.setattr(DataFrame, "collect", unsteady(DataFrame.collect, lambda frame: frame.sparkSession))
    monkeypatch.setattr(DataFrameWriter, "parquet", unsteady(DataFrameWriter.parquet, lambda writer: writer._spark))
    judged = judge(csv_text(rows), target_file_mb=SMALL)
    assert sorted(judge.ids()) == sorted(ids(rows[:100] + rows[101:]))
    assert judge.reasons() == {103: "iban:iban"}
    assert judged.raw_rows == 120


@pytest.mark.parametrize("lost", ["line_in_block = 3", "block > 0"], ids=["a line", "all but the first block"])
def test_a_lost_line_fails_the_run(judge: Judge, monkeypatch: pytest.MonkeyPatch, lost: str) -> None:
    real = judging.read_lines
    monkeypatch.setattr(judging, "read_lines", lambda *given: real(*given).where(f"NOT ({lost})"))
    with pytest.raises(JobError, match=r"lost.*Nothing was published; run again"):
        judge(csv_text(valid_rows(60)), target_file_mb=SMALL)


@pytest.mark.parametrize("lost", ["a clean file", "a quarantined row"])
def test_a_row_that_is_lost_behind_the_reading_is_counted(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """The job then publishes no clean rows: what is there must add up to what was read, which is counted for itself."""
    rows = list(valid_rows(60))
    text = csv_text([*rows, row(iban="RO1"), row(address="two\nlines"), rows[0]])
    whole = judge(text, target_file_mb=SMALL)
    assert whole.raw_rows == whole.clean_rows + whole.quarantined_rows == 63
    if lost == "a clean file":
        real = judging.Judging._rewrite
        monkeypatch.setattr(judging.Judging, "_rewrite", lambda *given: real(*given)[:-1])
    else:
        order, misfit = judging.Judging._in_order, ["line", "reason", "record"]

        def shortened(rows: DataFrame, *given: Any) -> DataFrame:
            return order(rows.limit(1) if rows.columns == misfit else rows, *given)

        monkeypatch.setattr(judging.Judging, "_in_order", staticmethod(shortened))
    partly = judge(text, target_file_mb=SMALL)
    assert partly.raw_rows > partly.clean_rows + partly.quarantined_rows


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_byte_is_accounted_for(judge: Judge, end: str, mark: bytes, line_end: str) -> None:
    rows = list(valid_rows(40))
    content = mark + (csv_text(rows, line_end).rstrip("\r\n") + end).encode()
    for name, stored in (
        ("raw.csv", content),
        ("raw.csv.gz", gzip.compress(content[:999]) + gzip.compress(content[999:])),
    ):
        judge(stored, target_file_mb=SMALL, name=name)
        assert sorted(judge.ids()) == sorted(ids(rows))


def test_a_large_gzip_file_gives_several_files(judge: Judge) -> None:
    rows = list(valid_rows(100))
    judged = judge(gzip.compress(csv_text(rows).encode()), target_file_mb=SMALL, name="raw.csv.gz")
    assert len(judged.clean) == 5
    assert judge.ids() == ids(rows)


def test_a_record_of_two_lines_costs_no_second_reading(judge: Judge, readings: list[str]) -> None:
    rows = [*valid_rows(30), row(address="two\nlines"), *valid_rows(30, seed=9)]
    assert judge(csv_text(rows), target_file_mb=SMALL).clean_rows == 61
    assert "two\nlines" in [found["address"] for found in judge.rows()]
    assert len(readings) == 1


def test_two_stray_quotes_spoil_two_lines_and_none_between(judge: Judge) -> None:
    lines = [line_of(given) for given in valid_rows(30)]
    lines[3] = lines[3].replace("Strada", 'Str"ada')
    lines[20] = lines[20].replace("Strada", 'Str"ada')
    judge("\n".join([",".join(HEADER), *lines]))
    assert judge.reasons() == {5: "row:quotes", 22: "row:quotes"}
    assert judge.judged.clean_rows == 28


def test_a_whole_row_inside_a_quoted_field_is_no_row(judge: Judge) -> None:
    inner = row(address="no comma")
    outer = row(address=f"begins\n{line_of(inner)}\nends")
    after = row(iban="RO1")
    judged = judge(csv_text([row(), outer, row(), after]))
    assert inner["unique_id"] not in judge.ids()
    assert outer["address"] in [found["address"] for found in judge.rows()]
    assert (judged.raw_rows, judged.clean_rows) == (4, 3)
    assert judge.reasons() == {7: "iban:iban"}


def test_duplicates_are_quarantined_as_they_are_written(judge: Judge) -> None:
    first, several = row(), row(address='a "quoted"\nline')
    again = row(unique_id=first["unique_id"], address="plain")
    again_several = row(unique_id=several["unique_id"], address="x\ny")
    written = line_of(again).replace(",plain,", ',"plain",')  # quoted without need
    text = csv_text([first, several]) + written + "\n" + csv_text([again_several]).split("\n", 1)[1]
    judged = judge(text + csv_text(valid_rows(50)).split("\n", 1)[1], target_file_mb=SMALL)
    assert judge.reasons() == {5: "unique_id:duplicate", 6: "unique_id:duplicate"}
    assert [found["record"] for found in judge.quarantine()] == [written, line_of(again_several)]
    assert judged.reasons == {"unique_id:duplicate": 2}
    assert sorted(judge.ids()) == sorted(ids([first, several, *valid_rows(50)]))
    assert judged.clean_rows == 52


def test_keys_of_earlier_days_are_quarantined(judge: Judge) -> None:
    rows = list(valid_rows(60))
    twice = row(unique_id=rows[0]["unique_id"])
    text = csv_text([*rows, twice])
    judged = judge(text, target_file_mb=SMALL, earlier_keys=keys(judge, [rows[0], rows[40], row()]))
    assert judge.reasons() == {2: "unique_id:seen_before", 42: "unique_id:seen_before", 62: "unique_id:duplicate"}
    assert judge.ids() == ids(rows[1:40] + rows[41:])
    assert judged.key_fingerprint == fingerprint(keys(judge, rows[1:40] + rows[41:]), "unique_id")[1]
    assert judge(text, earlier_keys=keys(judge, rows)).clean_rows == 0


def test_optional_values_may_be_missing_and_are_judged_where_they_are_not(judge: Judge, table: PipelineTable) -> None:
    optional = [Column(**{**vars(column), "required": column.key}) for column in table.raw_columns]
    judge.table = PipelineTable(tuple(optional), table.datasets, table.prefixes, table.database)
    missing = dict.fromkeys(HEADER, "") | {"unique_id": row()["unique_id"]}
    wrong = missing | {"unique_id": row()["unique_id"], "iban": "RO1", "birth_date": "?", "session_duration": "-1"}
    part = row(email="", birth_date="", session_duration="")
    judge(csv_text([missing, wrong, part]))
    assert judge.reasons() == {3: "birth_date:date, iban:iban, session_duration:range"}
    found = {kept["unique_id"]: kept for kept in judge.rows()}
    assert found.keys() == {missing["unique_id"], part["unique_id"]}
    assert {found[missing["unique_id"]][name] for name in HEADER if name != "unique_id"} == {None}
    assert found[part["unique_id"]]["iban"] == part["iban"]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ({"rule": "postcode"}, r"unknown rule 'postcode'; known: uuid4, iban"),
        ({"name": "bytes"}, r"can't be named bytes"),
    ],
)
def test_a_table_that_cannot_be_judged_by_is_named(judge: Judge, column: dict[str, Any], said: str) -> None:
    changed = Column(**{**vars(judge.table.raw_columns[0]), **column})
    judge.table = PipelineTable((changed, *judge.table.raw_columns[1:]), (), {}, "")
    with pytest.raises(JobError, match=said):
        judge(csv_text(valid_rows(1)))
