"""Which files a table is read from, how, and the bytes that it costs."""

from __future__ import annotations

import pyarrow as pa

from sandbox.tests.conftest import OPEN_CSV

ROW = pa.table({"line": pa.array([7], pa.int64()), "reason": ["bad iban"]})
COLUMNS = [("line", "bigint"), ("reason", "string")]
CSV = b'name,address,n\r\nAna,"Str. Florea, Nr. 1, \xc8\x98ura",5\r\nIon,"say \\"hi\\"",\r\n'
TEXTS = [("name", "string"), ("address", "string"), ("n", "string")]
HEADER = {"skip.header.line.count": "1"}


def test_only_registered_partitions_are_read(warehouse):
    assert warehouse.rows("SELECT DISTINCT run_date FROM dim_finance ORDER BY 1") == [
        ["2024-09-14"],
        ["2024-09-15"],
    ]
    assert warehouse.rows("SELECT count(*) FROM dim_finance WHERE unique_id = 'unregistered'") == [["0"]]


def test_registered_partitions_are_listed(warehouse):
    listed = warehouse.rows('SELECT * FROM "dim_finance$partitions" ORDER BY 1')
    assert listed == [["2024-09-14"], ["2024-09-15"]]


def test_a_day_is_read_once_it_is_registered_and_no_more_once_it_is_not(warehouse):
    warehouse.table("days", COLUMNS, "data/days/", keys=[("run_date", "string")])
    warehouse.put_parquet("data/days/run_date=2024-01-01/part.parquet", ROW)
    assert warehouse.rows("SELECT count(*) FROM days") == [["0"]]
    warehouse.partition("days", ["2024-01-01"], "data/days/run_date=2024-01-01/")
    assert warehouse.rows("SELECT run_date, count(*) FROM days GROUP BY 1") == [["2024-01-01", "1"]]
    warehouse.glue.delete_partition(DatabaseName="driven_data_db", TableName="days", PartitionValues=["2024-01-01"])
    assert warehouse.rows("SELECT count(*) FROM days") == [["0"]]


def test_a_partition_is_read_from_its_own_location(warehouse):
    warehouse.table("moved", COLUMNS, "data/moved/", keys=[("run_date", "string")])
    warehouse.put_parquet("data/moved/run_date=2024-01-01/part.parquet", ROW)
    warehouse.put_parquet("elsewhere/x/part.parquet", ROW.set_column(1, "reason", [["moved"]]))
    warehouse.partition("moved", ["2024-01-01"], "elsewhere/x")
    sql = 'SELECT reason, run_date, "$path" FROM moved'
    assert warehouse.rows(sql) == [["moved", "2024-01-01", "s3://driven-data-bucket/elsewhere/x/part.parquet"]]


def test_projected_partitions_need_no_registration(warehouse):
    warehouse.table(
        "projected",
        COLUMNS,
        "data/projected/",
        keys=[("run_date", "string")],
        **{
            "projection.enabled": "true",
            "projection.run_date.type": "date",
            "projection.run_date.format": "yyyy-MM-dd",
            "projection.run_date.range": "2024-01-01,2024-01-31",
            "storage.location.template": "s3://driven-data-bucket/data/projected/run_date=${run_date}/",
        },
    )
    for day in ("2024-01-05", "2024-02-05"):
        warehouse.put_parquet(f"data/projected/run_date={day}/part.parquet", ROW)
    assert warehouse.rows("SELECT run_date FROM projected") == [["2024-01-05"]]


def test_a_files_columns_are_found_by_name_and_its_types_must_fit(warehouse):
    warehouse.put_parquet("data/byname/f.parquet", pa.table({"extra": [1], "b": pa.array([2], pa.int32()), "a": ["x"]}))
    warehouse.table("byname", [("a", "string"), ("b", "bigint"), ("missing", "date")], "data/byname/")
    assert warehouse.rows("SELECT * FROM byname") == [["x", "2", None]]
    warehouse.table("wrong", [("a", "int")], "data/byname/")
    reason = warehouse.error("SELECT a FROM wrong")
    assert reason.startswith("NOT_SUPPORTED: Unsupported Trino column type (integer) for Parquet column ([a]")


def test_timestamps_that_spark_writes_show_utc_to_the_millisecond(warehouse):
    assert warehouse.rows("SELECT accessed_at FROM dim_date WHERE run_date = '2024-09-14'") == [
        ["2024-09-14 12:04:17.000"]
    ]


def test_csv_keeps_quoted_commas(warehouse):
    warehouse.put("data/csv/f.csv", CSV)
    warehouse.table("csv", TEXTS, "data/csv/", form=OPEN_CSV, **HEADER)
    assert warehouse.rows("SELECT * FROM csv") == [
        ["Ana", "Str. Florea, Nr. 1, Șura", "5"],
        ["Ion", 'say "hi"', ""],
    ]
    assert warehouse.scanned("SELECT n FROM csv") == len(CSV)


def test_a_changed_object_is_read_anew(warehouse):
    warehouse.table("changing", [("a", "string")], "data/changing/", form=OPEN_CSV)
    for text in ("old", "new, and longer"):
        warehouse.put("data/changing/f.csv", f'"{text}"\n'.encode())
        assert warehouse.rows("SELECT a FROM changing") == [[text]]


def test_one_day_costs_less_than_all(warehouse):
    everything = warehouse.scanned("SELECT * FROM dim_person")
    for condition in ("run_date = '2024-09-15'", "run_date > '2024-09-14'", "run_date IN ('2024-09-15', '2024-09-30')"):
        assert 0 < warehouse.scanned(f"SELECT * FROM dim_person WHERE {condition}") < everything, condition


def test_a_large_file_costs_the_columns_that_are_read(warehouse):
    numbers = pa.array(range(600_000), pa.int64())
    size = warehouse.put_parquet("data/wide/f.parquet", pa.table({"a": numbers, "b": numbers}), use_dictionary=False)
    warehouse.table("wide", [("a", "bigint"), ("b", "bigint")], "data/wide/")
    assert size > 3 * 2**20  # a smaller file is read whole
    assert 0 < warehouse.scanned("SELECT sum(a) FROM wide") < 0.7 * size


def test_a_view_is_pruned_on_every_table_it_joins(warehouse):
    everything = warehouse.scanned("SELECT payment_amount FROM payments")
    one_day = warehouse.scanned("SELECT payment_amount FROM payments WHERE run_date = '2024-09-15'")
    assert one_day <= everything / 2 + 20
