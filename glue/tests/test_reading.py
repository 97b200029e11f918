"""Raw files of every kind: each is read right, or refused with a message; never something in between."""

import gzip
from typing import Any

import pytest
from lake import Lake
from raw_files import HEADER, csv_text, line_of, row, valid_rows

from driven_data_glue.errors import JobError, RawFileRefused


def addresses(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(found["address"] for found in rows)


WRITTEN = ['Strada "Unirii" Nr. 5, Cluj', "Calea Victoriei, Nr. 1, \\ etaj", '"', "Șos. Ștefan"]
BAD_IBANS = [row(address="two\nlines"), row(iban="RO00"), row(), row(iban="RO00")]
NO_UTF8 = row(person_name="Țurcan")


@pytest.fixture(scope="module")
def day(pipeline_table: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Rows of several kinds, judged and staged once."""
    lake = Lake(tmp_path_factory.mktemp("lake")).create(pipeline_table)
    text = csv_text([*(row(address=address) for address in WRITTEN), *BAD_IBANS, NO_UTF8]).encode()
    lake.run(text.replace("Țurcan,".encode(), "ªurcan,".encode("latin-1")), dataset="dim_address")
    return lake


def test_commas_and_quotes_in_a_quoted_address_stay_in_it(day: Lake) -> None:
    staged = addresses(day.rows("staging", "dim_address"))
    assert set(WRITTEN) < set(staged) and len(staged) == len(WRITTEN) + 2


def test_lines_are_counted_as_an_editor_counts_them(day: Lake) -> None:
    assert day.reasons() == {8: "iban:iban", 10: "iban:iban", 11: "row:utf8"}


def test_bytes_that_are_not_utf8_go_to_quarantine(day: Lake) -> None:
    (record,) = [found["record"] for found in day.rows("quarantine") if found["reason"] == "row:utf8"]
    assert record.startswith("\N{REPLACEMENT CHARACTER}urcan,")
    assert NO_UTF8["unique_id"] not in {found["unique_id"] for found in day.rows("clean")}


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_line_breaks_inside_quotes_stay_in_their_row(lake: Lake, line_end: str) -> None:
    written = ["one line", f"two{line_end}lines", f'three{line_end}{line_end}"quoted", lines', "again one"]
    lake.judge(csv_text([row(address=address) for address in written], line_end))
    assert addresses(lake.rows("clean")) == sorted(written)
    assert lake.judgement()["raw_rows"] == 4


def test_a_stray_quote_spoils_its_own_line_only(lake: Lake) -> None:
    rows = [line_of(row()) for _ in range(6)]
    rows[1] = rows[1].replace("Strada", '"Strada', 1)
    rows[4] = rows[4].replace("Brașov", 'Bra"șov', 1)
    lake.judge("\n".join([",".join(HEADER), *rows]))
    assert lake.reasons() == {3: "row:quotes", 6: "row:quotes"}
    assert lake.judgement()["clean_rows"] == len(lake.rows("clean")) == 4


def test_byte_order_mark_and_crlf_are_read(lake: Lake) -> None:
    rows = list(valid_rows(3))
    lake.judge(b"\xef\xbb\xbf" + csv_text(rows, "\r\n").encode())
    assert [found["unique_id"] for found in lake.rows("clean")] == [given["unique_id"] for given in rows]


def test_last_line_without_line_break_and_empty_lines(lake: Lake) -> None:
    lake.run(csv_text(valid_rows(2)).replace("\n", "\n\n").rstrip("\n"))
    assert lake.judgement()["raw_rows"] == lake.metrics()["staged_rows"] == 2


def test_gzip_is_read(lake: Lake) -> None:
    rows = list(valid_rows(3))
    lake.judge(lake.put(gzip.compress(csv_text(rows).encode()), "raw.csv.gz"))
    assert len(lake.rows("clean")) == 3


WHOLE = gzip.compress(csv_text(valid_rows(300)).encode())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (WHOLE[:-10], "Unexpected end of ZLIB input stream"),
        (WHOLE[:40], "ended before the end-of-stream marker"),
        (WHOLE[:-8] + bytes(8), "Corrupt GZIP trailer"),
        (WHOLE[:20] + bytes(40) + WHOLE[60:], "Error .* while decompressing|invalid"),
    ],
    ids=["cut", "cut in the header", "other bytes", "spoilt header"],
)
def test_broken_gzip_is_refused_and_named(lake: Lake, content: bytes, reason: str) -> None:
    """So nobody tries again what fails again."""
    with pytest.raises(RawFileRefused, match=rf"raw.csv.gz is broken gzip \(.*({reason}).*upload the file anew"):
        lake.judge(lake.put(content, "raw.csv.gz"))
    assert lake.scratch() == []


@pytest.mark.parametrize(
    ("name", "compress", "said"),
    [("raw.csv", True, "doesn't end in .gz"), ("raw.csv.gz", False, "is not gzip")],
)
def test_compression_that_the_name_denies_is_refused(lake: Lake, name: str, compress: bool, said: str) -> None:
    content = csv_text(valid_rows(1)).encode()
    with pytest.raises(RawFileRefused, match=said):
        lake.run(lake.put(gzip.compress(content) if compress else content, name))


def test_header_alone_is_an_empty_day(lake: Lake) -> None:
    lake.run_rows(list(valid_rows(2)))
    lake.run_rows([])
    assert lake.files("staging") == []
    assert (lake.judgement()["raw_rows"], lake.metrics()["staged_rows"]) == (0, 0)


@pytest.fixture(scope="module")
def day_of_two_rows(pipeline_table: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake whose day stays as it is, whatever raw files are refused."""
    lake = Lake(tmp_path_factory.mktemp("lake")).create(pipeline_table)
    lake.run_rows(list(valid_rows(2)))
    return lake


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty, without even a header"),
        (csv_text(valid_rows(2)).split("\n", 1)[1].encode(), "has no header"),
        (csv_text([], header=reversed(HEADER)).encode(), "another order"),
        (csv_text([], header=[*HEADER[:-1], "uid"]).encode(), "another header: 16 fields, missing unique_id;"),
        (csv_text(valid_rows(1)).replace("\n", "", 1).encode(), "another header: 31 fields, missing unique_id;"),
        (csv_text([]).encode("utf-16"), "not UTF-8"),
        (csv_text(valid_rows(1)).replace(",", ";").encode(), "has no header"),
        (csv_text(valid_rows(2), "\r").encode(), "ends its lines with CR alone.*save it with LF or CRLF"),
    ],
    ids=["empty", "no header", "other order", "other columns", "joined with a row", "UTF-16", "semicolons", "CR"],
)
def test_file_that_is_not_as_declared_is_refused(day_of_two_rows: Lake, content: bytes, said: str) -> None:
    with pytest.raises(RawFileRefused, match=said) as refused:
        day_of_two_rows.run(content)
    assert "Viteazu" not in str(refused.value), "a person's data in the message"
    assert len(day_of_two_rows.rows("staging")) == 2, "the day is as it was"


def test_missing_file_is_named(lake: Lake) -> None:
    with pytest.raises(RawFileRefused, match=r"^2024-09-15: .*absent.csv doesn't exist: run extract_raw_data"):
        lake.run(lake.root / "absent.csv")


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("run_date", "15.09.2024", "run_date"),
        ("max_bad_row_share", "5", "not a share from 0 to 1"),
        ("target_file_mb", "0", "not more than 0"),
    ],
)
def test_bad_argument_is_named(lake: Lake, option: str, value: str, said: str) -> None:
    with pytest.raises(JobError, match=said):
        job_arguments = {"day": value} if option == "run_date" else {option: value}
        lake.run_rows([row()], **job_arguments)
