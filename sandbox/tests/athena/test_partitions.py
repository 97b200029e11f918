"""Which files a query reads: registered partitions, projected ones, pruning and the bytes it costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from sandbox.athena.catalog import Column, Table
from sandbox.athena.partitions import _dates

ROW = pa.table({"line": pa.array([7], pa.int64()), "reason": ["bad iban"]})
COLUMNS = [("line", "bigint"), ("reason", "string")]


def test_only_registered_partitions_are_read(warehouse):
    assert warehouse.rows("SELECT DISTINCT run_date FROM dim_finance ORDER BY 1") == [
        ["2024-09-14"],
        ["2024-09-15"],
    ]
    assert warehouse.rows("SELECT count(*) FROM dim_finance WHERE unique_id = 'unregistered'") == [["0"]]


def test_a_partition_is_read_from_its_own_location(warehouse):
    warehouse.table("moved", COLUMNS, "data/moved/", keys=[("run_date", "date")])
    warehouse.put_parquet("data/moved/run_date=2024-01-01/part.parquet", ROW)
    warehouse.put_parquet("elsewhere/x/part.parquet", ROW.set_column(1, "reason", [["moved"]]))
    warehouse.partition("moved", ["2024-01-01"], "elsewhere/x")
    sql = 'SELECT reason, run_date, "$path" FROM moved'
    assert warehouse.rows(sql) == [["moved", "2024-01-01", "s3://driven-data-bucket/elsewhere/x/part.parquet"]]


def test_many_partitions_are_listed_together_and_told_apart(warehouse):
    warehouse.table("many", COLUMNS, "data/many/", keys=[("run_date", "date")])
    for day in range(1, 7):
        warehouse.put_parquet(f"data/many/run_date=2024-01-0{day}/part.parquet", ROW)
        if day != 3:
            warehouse.partition("many", [f"2024-01-0{day}"], f"data/many/run_date=2024-01-0{day}/")
    rows = warehouse.rows("SELECT day(run_date) FROM many ORDER BY 1")
    assert [row[0] for row in rows] == ["1", "2", "4", "5", "6"]


def test_unpartitioned_tables_read_every_visible_file(warehouse):
    warehouse.table("flat", COLUMNS, "data/flat")
    for key in ("a.parquet", "deeper/b.parquet", "_SUCCESS", ".hidden.parquet", "_tmp/c.parquet"):
        warehouse.put_parquet(f"data/flat/{key}", ROW)
    warehouse.put_parquet("data/flat2/a.parquet", ROW)
    assert warehouse.rows("SELECT count(*) FROM flat") == [["2"]]


def _quarantine(warehouse, name, **more):
    warehouse.table(
        name,
        COLUMNS,
        "data/quarantine/",
        keys=[("dataset", "string"), ("run_date", "date")],
        **{
            "projection.enabled": "true",
            "projection.dataset.type": "enum",
            "projection.dataset.values": "dim_person,dim_date",
            "projection.run_date.type": "date",
            "projection.run_date.format": "yyyy-MM-dd",
            "projection.run_date.range": "2024-01-01,NOW",
            "storage.location.template": "s3://driven-data-bucket/data/quarantine/${dataset}/run_date=${run_date}/",
            **more,
        },
    )


def test_projection_replaces_registration(warehouse):
    _quarantine(warehouse, "quarantine")
    today = datetime.now(UTC).date().isoformat()
    late = (datetime.now(UTC).date() + timedelta(days=2)).isoformat()
    for folder in (
        f"dim_person/run_date={today}",
        "dim_date/run_date=2024-01-01",
        "unlisted/run_date=2024-01-01",
    ):
        warehouse.put_parquet(f"data/quarantine/{folder}/part.parquet", ROW)
    for day in (late, "2023-12-31"):
        warehouse.put_parquet(f"data/quarantine/dim_date/run_date={day}/part.parquet", ROW)
    rows = warehouse.rows("SELECT dataset, run_date, count(*) FROM quarantine GROUP BY 1, 2 ORDER BY 2")
    assert rows == [["dim_date", "2024-01-01", "1"], ["dim_person", today, "1"]]
    one = "SELECT reason FROM quarantine WHERE dataset = 'dim_date' AND run_date = DATE '2024-01-01'"
    assert warehouse.rows(one) == [["bad iban"]]


def test_injected_projection_needs_an_equality(warehouse):
    _quarantine(warehouse, "injected", **{"projection.dataset.type": "injected"})
    assert "must contain only static equality conditions" in warehouse.error("SELECT * FROM injected")
    assert warehouse.rows(
        "SELECT line FROM injected WHERE dataset IN ('dim_date') AND run_date = DATE '2024-01-01'"
    ) == [["7"]]


def test_relative_date_ranges():
    parameters = {"projection.d.format": "yyyy/MM/dd", "projection.d.range": "NOW-2DAYS,NOW"}
    table = Table("db", "t", (), (), "", "", "", {}, parameters, None)
    today = datetime.now(UTC).date()
    wanted = [(today - timedelta(days=n)).strftime("%Y/%m/%d") for n in (2, 1, 0)]
    assert _dates(table, Column("d", "string")) == wanted


def test_one_day_costs_less_than_all(warehouse):
    everything = warehouse.scanned("SELECT iban FROM dim_finance")
    for condition in (
        "run_date = DATE '2024-09-15'",
        "run_date > DATE '2024-09-14'",
        "DATE '2024-09-15' <= run_date",
        "run_date BETWEEN DATE '2024-09-15' AND DATE '2024-09-30'",
        "run_date IN (DATE '2024-09-15')",
    ):
        sql = f"SELECT iban FROM dim_finance WHERE {condition} AND iban <> ''"
        assert warehouse.rows(sql) == [["RO88GWZN0391548765252667"]]
        assert 0 < warehouse.scanned(sql) < everything, condition


def test_a_view_is_pruned_on_every_table_it_joins(warehouse):
    everything = warehouse.scanned("SELECT payment_amount FROM payment_data")
    one_day = warehouse.scanned("SELECT payment_amount FROM payment_data WHERE run_date = DATE '2024-09-15'")
    assert one_day <= everything / 2 + 20


def test_conditions_under_or_and_outer_joins_prune_nothing_they_must_not(warehouse):
    either = "SELECT count(*) FROM dim_finance WHERE run_date = DATE '2024-09-15' OR iban LIKE 'RO16%'"
    assert warehouse.rows(either) == [["2"]]
    outer = (
        "SELECT count(*) FROM dim_finance f LEFT JOIN dim_date d"
        " ON f.unique_id = d.unique_id AND f.run_date = DATE '2024-09-15'"
    )
    assert warehouse.rows(outer) == [["2"]]
    limited = (
        "SELECT count(*) FROM (SELECT run_date FROM dim_date ORDER BY run_date LIMIT 1)"
        " WHERE run_date = DATE '2024-09-15'"
    )
    assert warehouse.rows(limited) == [["0"]]
    ranked = (
        "SELECT n FROM (SELECT run_date, row_number() OVER (ORDER BY run_date) AS n FROM dim_date)"
        " WHERE run_date = DATE '2024-09-15'"
    )
    assert warehouse.rows(ranked) == [["2"]]


def test_bytes_are_those_of_the_columns_read(warehouse):
    one = warehouse.scanned("SELECT email FROM dim_person")
    two = warehouse.scanned("SELECT email, phone FROM dim_person")
    everything = warehouse.scanned("SELECT * FROM dim_person")
    assert 0 < one < two < everything
    assert warehouse.scanned("SELECT count(*) FROM dim_person") == 0
    assert warehouse.scanned("SELECT p.email FROM (SELECT * FROM dim_person) p") == one
