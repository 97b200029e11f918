"""A small warehouse in the sandbox: the project's tables and views with a few hand-made rows."""

from __future__ import annotations

import base64
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from botocore.exceptions import ClientError

from sandbox.tests.conftest import Columns, Sandbox, ended, parquet

ROOT = Path(__file__).resolve().parents[3]
BUCKET = "driven-data-bucket"
DATABASE = "driven_data_db"
ARROW = {
    "string": pa.string(),
    "int": pa.int32(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
IDS = [f"00000000-0000-4000-8000-00000000000{i}" for i in range(4)]
# In the order of the raw file's columns.
ANA = (
    *("Ana Pop", "anapop", "anapop@email.ro", "2260915133704", date(1961, 8, 30)),
    *("Intrarea Florea Nr. 682, Cernavoda, 389586", "0786 645 539", "38:f9:7c:b3:d5:88", "63.138.125.200"),
    *("RO16EZML5644748904109718", datetime(2024, 9, 14, 12, 4, 17), 4, 49, 40, 12, IDS[0]),
)
ION = (
    *("Ion Marin", "ionmarin", "ionmarin@zzup.ro", "4091201412925", date(1923, 7, 22)),
    *('Aleea "Veche" Nr. 851, Curtici, 748095', "0249 724 717", "30:ce:40:64:e7:d6", "179.7.205.239"),
    *("RO88GWZN0391548765252667", datetime(2024, 9, 15, 1, 2, 3), 75, 50, 30, 7, IDS[1]),
)
DAYS = ["2024-09-14", "2024-09-15"]


class Warehouse:
    """S3, Glue and Athena as a client of the sandbox sees them, with the steps that tests repeat."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.s3, self.glue, self.athena = sandbox.s3, sandbox.glue, sandbox.client("athena")
        self.sandbox = sandbox

    def put(self, key: str, body: bytes) -> str:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def put_parquet(self, key: str, table: pa.Table, **options: Any) -> int:
        content = parquet(table, **options)
        self.put(key, content)
        return len(content)

    def table(self, name: str, columns: Columns, location: str, **more: Any) -> None:
        self.sandbox.table(DATABASE, name, columns, f"s3://{BUCKET}/{location}", **more)

    def partition(self, table: str, values: list[str], location: str) -> None:
        self.sandbox.partition(DATABASE, table, values, f"s3://{BUCKET}/{location}")

    def view(self, name: str, sql: str, columns: list[tuple[str, str]]) -> None:
        """A view as the stack declares it."""
        document = {"originalSql": sql, "catalog": "awsdatacatalog", "schema": DATABASE}
        document["columns"] = [{"name": column, "type": kind} for column, kind in columns]
        hive = {"varchar": "string", "integer": "int"}
        text = base64.b64encode(json.dumps(document).encode()).decode()
        self.glue.create_table(
            DatabaseName=DATABASE,
            TableInput={
                "Name": name,
                "TableType": "VIRTUAL_VIEW",
                "Parameters": {"presto_view": "true", "comment": "Presto View"},
                "ViewOriginalText": f"/* Presto View: {text} */",
                "ViewExpandedText": "/* Presto View */",
                "StorageDescriptor": {
                    "Columns": [{"Name": c, "Type": hive.get(k, k)} for c, k in columns],
                    "SerdeInfo": {"Name": "-", "SerializationLibrary": "-"},
                },
            },
        )

    def start(self, sql: str, **more: Any) -> str:
        given = {
            "QueryExecutionContext": {"Database": DATABASE},
            "ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/athena-results/"},
            **more,
        }
        return self.athena.start_query_execution(QueryString=sql, **given)["QueryExecutionId"]

    def wait(self, query: str) -> dict[str, Any]:
        return ended(self.athena, query)

    def execute(self, sql: str, **more: Any) -> dict[str, Any]:
        return self.wait(self.start(sql, **more))

    def succeed(self, sql: str, **more: Any) -> dict[str, Any]:
        """A query that doesn't succeed fails the test."""
        execution = self.execute(sql, **more)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"].get("StateChangeReason")
        return execution

    def results(self, execution: dict[str, Any]) -> dict[str, Any]:
        return self.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])["ResultSet"]

    def rows(self, sql: str, **more: Any) -> list[list[str | None]]:
        """The result's rows as text, without the header."""
        execution = self.succeed(sql, **more)
        found = self.athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution["QueryExecutionId"])
        rows = [row for page in found for row in page["ResultSet"]["Rows"]]
        texts = [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows]
        return texts[1:] if execution["StatementType"] == "DML" else texts

    def error(self, sql: str, **more: Any) -> str:
        """Why the query failed, at its start or later."""
        try:
            status = self.execute(sql, **more)["Status"]
        except ClientError as error:
            return error.response["Error"]["Message"]
        assert status["State"] in ("FAILED", "CANCELLED"), status
        return status["StateChangeReason"]

    def scanned(self, sql: str) -> int:
        return self.succeed(sql)["Statistics"]["DataScannedInBytes"]


def pipeline() -> dict[str, Any]:
    text = (ROOT / "pipeline/pipeline.yaml").read_text()
    return yaml.safe_load(text.replace("${prefix}", "").replace("${company}", "driven_data"))


# Views such as an analyst may make: over two tables, and over all five.
PAYMENTS = (
    """SELECT usage.run_date, usage.unique_id, finance.iban,
    (CAST(usage.download_speed AS double) + usage.upload_speed + 1) / 2
        + CAST(usage.consumed_traffic AS double) / (CAST(usage.session_duration AS double) + 1) AS payment_amount
FROM fact_network_usage AS usage
INNER JOIN dim_finance AS finance ON usage.unique_id = finance.unique_id AND usage.run_date = finance.run_date""",
    [("run_date", "varchar"), ("unique_id", "varchar"), ("iban", "varchar"), ("payment_amount", "double")],
)
PEOPLE_AND_ALL = (
    """SELECT person.run_date, person.person_name, person.birth_date, address.address, finance.iban, access.accessed_at,
    usage.session_duration
FROM dim_person AS person
INNER JOIN dim_address AS address ON person.unique_id = address.unique_id AND person.run_date = address.run_date
INNER JOIN dim_finance AS finance ON person.unique_id = finance.unique_id AND person.run_date = finance.run_date
INNER JOIN dim_date AS access ON person.unique_id = access.unique_id AND person.run_date = access.run_date
INNER JOIN fact_network_usage AS usage ON person.unique_id = usage.unique_id AND person.run_date = usage.run_date""",
    [
        *(("run_date", "varchar"), ("person_name", "varchar"), ("birth_date", "date"), ("address", "varchar")),
        *(("iban", "varchar"), ("accessed_at", "timestamp"), ("session_duration", "integer")),
    ],
)


@pytest.fixture(scope="session")
def warehouse(sandbox: Sandbox) -> Warehouse:
    """The project's five staging tables with one row a day, two views, and two unregistered files."""
    house = Warehouse(sandbox)
    sandbox.bucket(BUCKET)
    house.glue.create_database(DatabaseInput={"Name": DATABASE})
    table = pipeline()
    types = {column["name"]: column["type"] for column in table["raw"]["columns"]}
    people = [dict(zip(types, person, strict=True)) for person in (ANA, ION)]
    for dataset in table["datasets"]:
        name, columns = dataset["name"], dataset["columns"]
        folder = f"data/staging/{name}/"
        house.table(name, [(c, types[c]) for c in columns], folder, keys=[("run_date", "string")])
        schema = pa.schema([(c, ARROW[types[c]]) for c in columns])
        for day, person in zip(DAYS, people, strict=True):
            rows = pa.Table.from_pylist([{c: person[c] for c in columns}], schema)
            house.put_parquet(f"{folder}run_date={day}/part-0.parquet", rows)
            house.partition(name, [day], f"{folder}run_date={day}/")
        stray = pa.Table.from_pylist([{**{c: people[0][c] for c in columns}, "unique_id": "unregistered"}], schema)
        house.put_parquet(f"{folder}run_date=2024-09-16/part-0.parquet", stray)
        house.put_parquet(f"{folder}run_date=2024-09-15/_temporary/part-9.parquet", stray)
    house.view("payments", *PAYMENTS)
    house.view("people", *PEOPLE_AND_ALL)
    return house
