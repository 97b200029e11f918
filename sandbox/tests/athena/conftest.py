"""The emulator, and a small warehouse in it: the project's tables and views with a few hand-made rows."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from sandbox import aws
from sandbox.athena import formats, views
from sandbox.athena.service import AthenaService
from sandbox.aws_error import AwsError
from sandbox.emulator import Emulator

ROOT = Path(__file__).resolve().parents[3]
REGION = "eu-central-1"
BUCKET = "driven-data-bucket"
DATABASE = "driven_data_db"
ARROW = {
    "string": pa.string(),
    "int": pa.int32(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
IDS = [f"00000000-0000-4000-8000-00000000000{i}" for i in range(4)]
PEOPLE: list[dict[str, Any]] = [
    {
        "person_name": "Ana Pop",
        "user_name": "anapop",
        "email": "anapop@email.ro",
        "personal_number": "2260915133704",
        "birth_date": date(1961, 8, 30),
        "address": "Intrarea Florea Nr. 682, Cernavoda, 389586",
        "phone": "0786 645 539",
        "mac_address": "38:f9:7c:b3:d5:88",
        "ip_address": "63.138.125.200",
        "iban": "RO16EZML5644748904109718",
        "accessed_at": datetime(2024, 9, 14, 12, 4, 17),
        "session_duration": 4,
        "download_speed": 49,
        "upload_speed": 40,
        "consumed_traffic": 12,
        "unique_id": IDS[0],
    },
    {
        "person_name": "Ion Marin",
        "user_name": "ionmarin",
        "email": "ionmarin@zzup.ro",
        "personal_number": "4091201412925",
        "birth_date": date(1923, 7, 22),
        "address": 'Aleea "Veche" Nr. 851, Curtici, 748095',
        "phone": "0249 724 717",
        "mac_address": "30:ce:40:64:e7:d6",
        "ip_address": "179.7.205.239",
        "iban": "RO88GWZN0391548765252667",
        "accessed_at": datetime(2024, 9, 15, 1, 2, 3),
        "session_duration": 75,
        "download_speed": 50,
        "upload_speed": 30,
        "consumed_traffic": 7,
        "unique_id": IDS[1],
    },
]
DAYS = ["2024-09-14", "2024-09-15"]


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An emulator's address."""
    emulator = Emulator(tmp_path_factory.mktemp("emulator"), REGION)
    emulator.start()
    yield emulator.endpoint
    emulator.stop()


class Warehouse:
    """The emulator's S3 and Glue with the steps that tests repeat, and queries through the service."""

    def __init__(self, endpoint: str, cache: Path) -> None:
        self.s3, self.glue, self.athena = (aws.client(name, endpoint, REGION) for name in ("s3", "glue", "athena"))
        self.service = AthenaService(endpoint, REGION, cache)

    def put(self, key: str, body: bytes) -> str:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def put_parquet(self, key: str, table: pa.Table, **options: Any) -> int:
        out = io.BytesIO()
        pq.write_table(table, out, **options)
        self.put(key, out.getvalue())
        return len(out.getvalue())

    def table(self, name: str, columns: list[tuple[str, str]], location: str, keys=(), form=None, **parameters: str):
        form = form or formats.PARQUET
        self.glue.create_table(
            DatabaseName=DATABASE,
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"EXTERNAL": "TRUE", **parameters},
                "PartitionKeys": [{"Name": n, "Type": t} for n, t in keys],
                "StorageDescriptor": {
                    "Columns": [{"Name": n, "Type": t} for n, t in columns],
                    "Location": f"s3://{BUCKET}/{location}",
                    **form,
                },
            },
        )

    def csv_table(
        self,
        name: str,
        columns,
        location: str,
        serde=formats.OPEN_CSV_SERDE,
        serde_parameters=None,
        **parameters: str,
    ):
        self.table(name, columns, location, form=formats.text(serde, serde_parameters or {}), **parameters)

    def partition(self, table: str, values: list[str], location: str) -> None:
        self.glue.create_partition(
            DatabaseName=DATABASE,
            TableName=table,
            PartitionInput={
                "Values": values,
                "StorageDescriptor": {"Location": f"s3://{BUCKET}/{location}", **formats.PARQUET},
            },
        )

    def view(self, name: str, sql: str, columns: list[tuple[str, str]], schema: str = DATABASE) -> None:
        self.glue.create_table(DatabaseName=DATABASE, TableInput=views.table_input(name, sql, schema, columns))

    def execute(self, sql: str, **more: Any) -> dict[str, Any]:
        """The QueryExecution at its end."""

        async def run() -> dict[str, Any]:
            self.service._slots = None
            payload = {
                "QueryString": sql,
                "QueryExecutionContext": {"Database": DATABASE},
                "ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/athena-results/"},
                **more,
            }
            started = await self.service.handle("StartQueryExecution", payload)
            for _ in range(6000):
                answer = await self.service.handle("GetQueryExecution", started)
                if answer["QueryExecution"]["Status"]["State"] not in ("QUEUED", "RUNNING"):
                    return answer["QueryExecution"]
                await asyncio.sleep(0.005)
            raise TimeoutError(sql)

        return asyncio.run(run())

    def call(self, operation: str, **payload: Any) -> dict[str, Any]:
        return asyncio.run(self.service.handle(operation, payload))

    def rows(self, sql: str, **more: Any) -> list[list[str | None]]:
        """The result's rows as text, without the header; a query that doesn't succeed fails the test."""
        execution = self.execute(sql, **more)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"].get("StateChangeReason")
        pages, token = [], {}
        while True:
            answer = self.call("GetQueryResults", QueryExecutionId=execution["QueryExecutionId"], **token)
            pages += [[cell.get("VarCharValue") for cell in row["Data"]] for row in answer["ResultSet"]["Rows"]]
            if "NextToken" not in answer:
                return pages[1:] if execution["StatementType"] == "DML" else pages
            token = {"NextToken": answer["NextToken"]}

    def error(self, sql: str, **more: Any) -> str:
        """Why the query failed."""
        try:
            execution = self.execute(sql, **more)
        except AwsError as error:
            return error.message
        assert execution["Status"]["State"] in ("FAILED", "CANCELLED"), execution["Status"]
        return execution["Status"]["StateChangeReason"]

    def scanned(self, sql: str) -> int:
        execution = self.execute(sql)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"].get("StateChangeReason")
        return execution["Statistics"]["DataScannedInBytes"]


def pipeline() -> dict[str, Any]:
    text = (ROOT / "pipeline/pipeline.yaml").read_text()
    return yaml.safe_load(text.replace("${prefix}", "").replace("${company}", "driven_data"))


def view_columns(table: dict[str, Any], view: dict[str, Any]) -> list[tuple[str, str]]:
    """The columns of a view with their Presto types, as the stack declares them."""
    raw = {column["name"]: column["type"] for column in table["raw"]["columns"]}
    presto = {"string": "varchar", "int": "integer"}
    kinds = [view.get("types", {}).get(c) or ("date" if c == "run_date" else raw[c]) for c in view["columns"]]
    return [(c, presto.get(kind, kind)) for c, kind in zip(view["columns"], kinds, strict=True)]


@pytest.fixture(scope="session")
def warehouse(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The project's five staging tables with one row a day, its four views, and two unregistered files."""
    house = Warehouse(endpoint, tmp_path_factory.mktemp("cache"))
    house.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    house.glue.create_database(DatabaseInput={"Name": DATABASE})
    table = pipeline()
    types = {column["name"]: column["type"] for column in table["raw"]["columns"]}
    for dataset in table["datasets"]:
        name, columns = dataset["name"], dataset["columns"]
        folder = f"data/staging/{name}/"
        house.table(name, [(c, types[c]) for c in columns], folder, keys=[("run_date", "date")])
        schema = pa.schema([(c, ARROW[types[c]]) for c in columns])
        for day, person in zip(DAYS, PEOPLE, strict=True):
            rows = pa.Table.from_pylist([{c: person[c] for c in columns}], schema)
            house.put_parquet(f"{folder}run_date={day}/part-0.parquet", rows)
            house.partition(name, [day], f"{folder}run_date={day}/")
        stray = pa.Table.from_pylist([{**{c: PEOPLE[0][c] for c in columns}, "unique_id": "unregistered"}], schema)
        house.put_parquet(f"{folder}run_date=2024-09-16/part-0.parquet", stray)
        house.put_parquet(f"{folder}run_date=2024-09-15/_temporary/part-9.parquet", stray)
    for view in table["views"]:
        sql = (ROOT / f"pipeline/views/{view['name']}.sql").read_text()
        house.view(view["name"], sql, view_columns(table, view))
    return house
