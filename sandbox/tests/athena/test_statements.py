"""SHOW, DESCRIBE, partitions and views by SQL."""

from __future__ import annotations

import pyarrow as pa
import pytest

ROW = pa.table({"line": pa.array([7], pa.int64())})


@pytest.fixture
def days(warehouse, request):
    """A partitioned table with two days on S3 and none registered."""
    name = request.node.name.lower()
    warehouse.table(name, [("line", "bigint")], f"data/{name}/", keys=[("run_date", "string")])
    for day in ("2024-09-14", "2024-09-15"):
        warehouse.put_parquet(f"data/{name}/run_date={day}/part.parquet", ROW)
    return name


def test_show(warehouse):
    assert ["driven_data_db"] in warehouse.rows("SHOW DATABASES")
    tables = [row[0] for row in warehouse.rows("SHOW TABLES")]
    assert {"dim_person", "payments"} <= set(tables)
    assert warehouse.rows("SHOW TABLES IN driven_data_db 'dim_*'") == [
        ["dim_address"],
        ["dim_date"],
        ["dim_finance"],
        ["dim_person"],
    ]
    assert "dim_person" not in [row[0] for row in warehouse.rows("show views")]
    columns = [row[0].strip() for row in warehouse.rows("SHOW COLUMNS IN dim_finance")]
    assert columns == ["unique_id", "iban", "run_date"]
    assert [cell.strip() for cell in warehouse.rows("DESCRIBE `dim_finance`")[1]] == ["iban", "string", ""]
    assert warehouse.rows("SHOW PARTITIONS dim_finance") == [["run_date=2024-09-14"], ["run_date=2024-09-15"]]
    assert [cell.strip() for cell in warehouse.rows("DESCRIBE payments")[-1]] == ["payment_amount", "double", ""]
    assert ['CREATE VIEW "payments" AS'] in warehouse.rows("SHOW CREATE VIEW payments")
    assert warehouse.error("SHOW PARTITIONS payments").endswith("is not a partitioned table")
    assert warehouse.error("DESCRIBE gone").startswith("TABLE_NOT_FOUND")


def test_msck_registers_what_is_missing(warehouse, days):
    assert warehouse.rows(f"SELECT count(*) FROM {days}") == [["0"]]
    warehouse.rows(f"ALTER TABLE {days} ADD PARTITION (run_date = '2024-09-14')")
    assert warehouse.rows(f"SELECT count(*) FROM {days}") == [["1"]]
    lines = [row[0] for row in warehouse.rows(f"MSCK REPAIR TABLE {days};")]
    assert lines[-1] == f"Repair: Added partition to metastore {days}:run_date=2024-09-15"
    assert warehouse.rows(f"SELECT count(*) FROM {days}") == [["2"]]
    assert warehouse.rows(f"MSCK REPAIR TABLE {days}") == []


def test_partitions_are_added_and_dropped(warehouse, days):
    elsewhere = "s3://driven-data-bucket/data/partition_elsewhere/"
    warehouse.put_parquet("data/partition_elsewhere/x.parquet", ROW)
    warehouse.rows(
        f"ALTER TABLE {days} ADD IF NOT EXISTS PARTITION (run_date = '2024-09-14')"
        f" PARTITION (run_date = DATE '2024-09-20') LOCATION '{elsewhere}'"
    )
    assert warehouse.rows(f"SELECT run_date FROM {days} WHERE \"$path\" LIKE '%elsewhere%'") == [["2024-09-20"]]
    assert "already exists" in warehouse.error(f"ALTER TABLE {days} ADD PARTITION (run_date = '2024-09-14')")
    warehouse.rows(f"ALTER TABLE {days} ADD IF NOT EXISTS PARTITION (run_date = '2024-09-14')")
    warehouse.rows(f"ALTER TABLE {days} DROP PARTITION (run_date = '2024-09-14')")
    assert warehouse.rows(f"SHOW PARTITIONS {days}") == [["run_date=2024-09-20"]]
    assert "Partition not found" in warehouse.error(f"ALTER TABLE {days} DROP PARTITION (run_date = '2024-09-14')")
    assert "doesn't give the keys" in warehouse.error(f"ALTER TABLE {days} ADD PARTITION (day = '1')")


def test_show_create_table(warehouse):
    text = "\n".join(row[0] for row in warehouse.rows("SHOW CREATE TABLE dim_finance"))
    assert text.startswith("CREATE EXTERNAL TABLE `dim_finance`(\n  `unique_id` string, \n  `iban` string) \n")
    assert "PARTITIONED BY ( \n  `run_date` string) \nROW FORMAT SERDE" in text
    assert "LOCATION\n  's3://driven-data-bucket/data/staging/dim_finance/'" in text
    assert "is a view, not a table" in warehouse.error("SHOW CREATE TABLE payments")


def test_views_are_created_replaced_and_dropped(warehouse):
    execution = warehouse.succeed("CREATE VIEW made AS SELECT iban, length(iban) AS n FROM dim_finance")
    assert execution["StatementType"] == "DDL"
    assert warehouse.results(execution)["Rows"] == []
    assert warehouse.rows("SELECT max(n) FROM made") == [["24"]]
    assert [row[0].strip() for row in warehouse.rows("SHOW COLUMNS IN made")] == ["iban", "n"]
    assert warehouse.glue.get_table(DatabaseName="driven_data_db", Name="made")["Table"]["TableType"] == "VIRTUAL_VIEW"
    assert "already exists" in warehouse.error("CREATE VIEW made AS SELECT 1 AS x")
    warehouse.rows("CREATE OR REPLACE VIEW made AS SELECT 1 AS x")
    assert warehouse.rows("SELECT x FROM made") == [["1"]]
    warehouse.rows("DROP VIEW made")
    assert "does not exist" in warehouse.error("SELECT x FROM made")
    assert "does not exist" in warehouse.error("DROP VIEW made")
    warehouse.rows("DROP VIEW IF EXISTS made")
    assert "Column name not specified" in warehouse.error("CREATE VIEW unnamed AS SELECT 1")


def test_explain(warehouse):
    execution = warehouse.succeed("EXPLAIN SELECT iban FROM dim_finance")
    assert execution["StatementType"] == "UTILITY"
    assert any("TableScan" in row["Data"][0]["VarCharValue"] for row in warehouse.results(execution)["Rows"])


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE copy AS SELECT 1 AS x",
        "UNLOAD (SELECT 1) TO 's3://driven-data-bucket/out/' WITH (format = 'PARQUET')",
        "INSERT INTO dim_finance SELECT * FROM dim_finance",
        "EXPLAIN ANALYZE VERBOSE INSERT INTO dim_finance SELECT * FROM dim_finance",
        "DROP TABLE dim_finance",
        "SET SESSION query_max_run_time = '1h'",
    ],
)
def test_what_writes_or_sets_is_refused(warehouse, sql):
    assert f"the sandbox's Athena has no {sql.split()[0]}" in warehouse.error(sql)
