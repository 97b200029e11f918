"""What comes out of files: Parquet by name and declared type, CSV as each SerDe splits it."""

from __future__ import annotations

import gzip
from datetime import datetime

import pyarrow as pa
import pytest

from sandbox.athena.csv_serdes import TextFormat, parse_line
from sandbox.athena.formats import LAZY_SIMPLE_SERDE

CSV = b'name,address,n\r\nAna,"Str. Florea, Nr. 1, \xc8\x98ura",5\r\nIon,"say ""hi""",\r\n'
COLUMNS = [("name", "string"), ("address", "string"), ("n", "string")]
HEADER = {"skip.header.line.count": "1"}


def test_parquet_columns_are_found_by_name(warehouse):
    table = pa.table({"extra": [1], "B": pa.array([2], pa.int32()), "a": ["x"]})
    warehouse.put_parquet("data/byname/f.parquet", table)
    warehouse.table("byname", [("a", "string"), ("b", "bigint"), ("missing", "date")], "data/byname/")
    assert warehouse.rows("SELECT * FROM byname") == [["x", "2", None]]


def test_files_of_different_schemas_are_read_together(warehouse):
    warehouse.put_parquet("data/mixed/1.parquet", pa.table({"a": pa.array([1], pa.int32())}))
    warehouse.put_parquet("data/mixed/2.parquet", pa.table({"a": pa.array([2**40], pa.int64()), "b": ["new"]}))
    warehouse.table("mixed", [("a", "bigint"), ("b", "string")], "data/mixed/")
    assert warehouse.rows("SELECT * FROM mixed ORDER BY a") == [["1", None], [str(2**40), "new"]]


def test_an_incompatible_parquet_type_fails_only_where_it_is_read(warehouse):
    warehouse.put_parquet("data/wrong/f.parquet", pa.table({"a": ["text"], "b": ["fine"]}))
    warehouse.table("wrong", [("a", "int"), ("b", "string")], "data/wrong/")
    reason = warehouse.error("SELECT a FROM wrong")
    assert reason.startswith(
        "HIVE_BAD_DATA: Field a's type STRING in parquet file s3://driven-data-bucket/data/wrong/f.parquet"
    )
    assert warehouse.rows("SELECT b FROM wrong") == [["fine"]]


def test_a_file_that_is_not_parquet_fails(warehouse):
    warehouse.put("data/notparquet/f.parquet", b"a,b\n1,2\n")
    warehouse.table("notparquet", [("a", "int")], "data/notparquet/")
    assert warehouse.error("SELECT * FROM notparquet").startswith("HIVE_BAD_DATA: Not valid Parquet file")


@pytest.mark.parametrize("kind", [pa.timestamp("us", tz="UTC"), pa.timestamp("us"), pa.timestamp("ms")])
def test_timestamps_show_utc_to_the_millisecond(warehouse, kind):
    name = f"times_{str(kind).translate(str.maketrans('[]=, ', '_____'))}".lower()
    warehouse.put_parquet(f"data/{name}/f.parquet", pa.table({"t": pa.array([datetime(2024, 9, 14, 12, 4, 17)], kind)}))
    warehouse.table(name, [("t", "timestamp")], f"data/{name}/")
    assert warehouse.rows(f"SELECT t, CAST(t AS varchar) FROM {name}") == [["2024-09-14 12:04:17.000"] * 2]


def test_open_csv_keeps_quoted_commas(warehouse):
    warehouse.put("data/csv1/f.csv", CSV)
    warehouse.csv_table("csv1", COLUMNS, "data/csv1/", **HEADER)
    assert warehouse.rows("SELECT * FROM csv1") == [
        ["Ana", "Str. Florea, Nr. 1, Șura", "5"],
        ["Ion", 'say "hi"', ""],
    ]
    assert warehouse.scanned("SELECT n FROM csv1") == len(CSV)


def test_lazy_simple_breaks_quoted_commas_as_on_aws(warehouse):
    warehouse.put("data/csv2/f.csv", CSV)
    warehouse.csv_table("csv2", COLUMNS, "data/csv2/", LAZY_SIMPLE_SERDE, {"field.delim": ","}, **HEADER)
    assert warehouse.rows("SELECT address, n FROM csv2 WHERE name = 'Ana'") == [['"Str. Florea', " Nr. 1"]]


def test_gzip_by_extension(warehouse):
    warehouse.put("data/csv3/f.csv.gz", gzip.compress(CSV))
    warehouse.csv_table("csv3", COLUMNS, "data/csv3/", **HEADER)
    assert warehouse.rows("SELECT count(*) FROM csv3 WHERE address LIKE 'Str. Florea, Nr. 1%'") == [["1"]]


def test_a_line_break_in_quotes_breaks_the_row_as_on_aws(warehouse):
    warehouse.put("data/csv4/f.csv", b'h\nAna,"Str. 1,\nSura",5\n')
    warehouse.csv_table("csv4", COLUMNS, "data/csv4/", **HEADER)
    rows = warehouse.rows("SELECT name, address, n FROM csv4")
    assert rows == [["Ana", "Str. 1,", None], ["Sura,5", None, None]]


def test_open_csv_types_fail_on_bad_values_and_read_days_and_milliseconds(warehouse):
    warehouse.put("data/csv5/f.csv", b"18276,1579059880000,7,1.5,TRUE\n")
    columns = [("d", "date"), ("t", "timestamp"), ("i", "int"), ("x", "double"), ("b", "boolean")]
    warehouse.csv_table("csv5", columns, "data/csv5/")
    assert warehouse.rows("SELECT * FROM csv5") == [["2020-01-15", "2020-01-15 03:44:40.000", "7", "1.5", "true"]]
    warehouse.put("data/csv6/f.csv", b"2020-01-15,,x,,\n")
    warehouse.csv_table("csv6", columns, "data/csv6/")
    for column, value in (("i", "x"), ("d", "2020-01-15"), ("x", "")):
        assert warehouse.error(f"SELECT {column} FROM csv6").startswith(
            f"HIVE_BAD_DATA: Error parsing field value '{value}' for field"
        )


def test_lazy_simple_types_are_null_on_bad_values(warehouse):
    warehouse.put("data/csv7/f.csv", b"2020-01-15|x|\\N|2020-01-15 01:02:03\n")
    columns = [("d", "date"), ("i", "int"), ("s", "string"), ("t", "timestamp")]
    warehouse.csv_table("csv7", columns, "data/csv7/", LAZY_SIMPLE_SERDE, {"field.delim": "|"})
    assert warehouse.rows("SELECT * FROM csv7") == [["2020-01-15", None, None, "2020-01-15 01:02:03.000"]]


def test_the_raw_table_and_its_typed_reading(warehouse):
    line = b'"Florea Nr. 682, Cernavoda, 389586",2024-09-14 12:04:17,31554,1961-08-30\n'
    line += b'"x",never,1.5,1961-13-01\n'
    warehouse.put(
        "data/raw1/raw_batch_data_2024-09-14.csv", b"address,accessed_at,session_duration,birth_date\n" + line
    )
    columns = [(c, "string") for c in ("address", "accessed_at", "session_duration", "birth_date")]
    warehouse.csv_table("raw1", columns, "data/raw1/", **HEADER)
    sql = (
        "SELECT address, try_cast(accessed_at AS timestamp) AS accessed_at,"
        " try_cast(session_duration AS integer) AS s,"
        " try_cast(birth_date AS date) AS birth_date FROM raw1"
    )
    assert warehouse.rows(sql) == [
        ["Florea Nr. 682, Cernavoda, 389586", "2024-09-14 12:04:17.000", "31554", "1961-08-30"],
        ["x", None, None, None],
    ]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ('a,"b,c",d', ["a", "b,c", "d"]),
        ('"a""b",', ['a"b', ""]),
        (r'"a\"b",c', ['a"b', "c"]),
        (r'"a\\",c', ["a\\", "c"]),
        ('a,"open', ["a", "open"]),
        ("", [""]),
    ],
)
def test_opencsv_rules(line, values):
    form = TextFormat(",", '"', "\\", None, 0, 3)
    assert parse_line(line, form) == values


def test_a_changed_object_is_read_anew(warehouse):
    warehouse.csv_table("changing", [("a", "string")], "data/changing/")
    warehouse.put("data/changing/f.csv", b"old\n")
    assert warehouse.rows("SELECT a FROM changing") == [["old"]]
    warehouse.put("data/changing/f.csv", b"new\n")
    assert warehouse.rows("SELECT a FROM changing") == [["new"]]
