"""Bytes that Athena scans for the same questions over both layouts (run in the sandbox's environment).

Takes the lake that the timing part leaves: our Parquet partitions, and the walkthrough's CSV tables over the same days.
Both go into a sandbox of the benchmark's own; its Trino runs the queries and counts the bytes that it reads of the
files. Results: build/bench/scans.json, and a table on stdout.
"""

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT))

from sandbox import aws, lifecycle, processes  # noqa: E402
from sandbox.settings import Settings  # noqa: E402

DAY, REGION, BUCKET = "2024-09-15", "eu-central-1", "bench"
PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}
CSV = {
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    # What the console pipeline's crawlers choose. It breaks quoted addresses; here only the bytes count.
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ","},
    },
}


class Warehouse:
    """Both layouts in one emulator: databases `ours` and `console`."""

    def __init__(self, endpoint: str, lake: Path, table: dict[str, Any]) -> None:
        self._s3, self._glue, self._athena = (aws.client(name, endpoint, REGION) for name in ("s3", "glue", "athena"))
        self._s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        types = {column["name"]: column["type"] for column in table["raw"]["columns"]}
        for database in ("ours", "console"):
            self._glue.create_database(DatabaseInput={"Name": database})
        for dataset in table["datasets"]:
            name, columns = dataset["name"], {column: types[column] for column in dataset["columns"]}
            self._upload(lake / "data" / "staging" / name, f"ours/{name}")
            self._table("ours", name, columns, PARQUET, keys={"run_date": "string"})
            for folder in (lake / "data" / "staging" / name).glob("run_date=*"):
                self._partition(name, folder.name.removeprefix("run_date="))
            self._upload(lake / "console" / name, f"console/{name}")
            # The SerDe reads no ISO dates: text there, as in the console pipeline.
            text = {column: kind if kind == "int" else "string" for column, kind in columns.items()}
            self._table("console", name, text, CSV, {"skip.header.line.count": "1"})

    def _upload(self, folder: Path, prefix: str) -> None:
        for file in folder.rglob("*"):
            if file.is_file() and not file.name.startswith((".", "_")):
                self._s3.upload_file(str(file), BUCKET, f"{prefix}/{file.relative_to(folder)}")

    def _table(
        self,
        database: str,
        name: str,
        columns: dict[str, str],
        form: dict[str, Any],
        parameters: dict[str, str] | None = None,
        keys: dict[str, str] | None = None,
    ) -> None:
        def described(of: dict[str, str]) -> list[dict[str, str]]:
            return [{"Name": column, "Type": kind} for column, kind in of.items()]

        location = f"s3://{BUCKET}/{database}/{name}/"
        self._glue.create_table(
            DatabaseName=database,
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"EXTERNAL": "TRUE", **(parameters or {})},
                "PartitionKeys": described(keys or {}),
                "StorageDescriptor": {"Columns": described(columns), "Location": location, **form},
            },
        )

    def _partition(self, name: str, day: str) -> None:
        storage = self._glue.get_table(DatabaseName="ours", Name=name)["Table"]["StorageDescriptor"]
        location = f"s3://{BUCKET}/ours/{name}/run_date={day}/"
        self._glue.create_partition(
            DatabaseName="ours",
            TableName=name,
            PartitionInput={"Values": [day], "StorageDescriptor": {**storage, "Location": location}},
        )

    def scanned(self, database: str, sql: str) -> int:
        """DataScannedInBytes of the query; one that doesn't succeed ends the benchmark."""
        query = self._athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": database},
            ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/results/"},
        )["QueryExecutionId"]
        while True:
            execution = self._athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
            if execution["Status"]["State"] == "SUCCEEDED":
                return execution["Statistics"]["DataScannedInBytes"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                sys.exit(f"{database}: {execution['Status'].get('StateChangeReason')}\n{sql}")
            time.sleep(0.05)


def questions(table: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Name, query over our layout, query over the walkthrough's."""
    yield (
        "two columns of one day",
        f"SELECT download_speed, upload_speed FROM fact_network_usage WHERE run_date = '{DAY}'",
        # The walkthrough's tables hold no day; it is joined from dim_date, where a day's rows carry the day before.
        "SELECT u.download_speed, u.upload_speed FROM fact_network_usage u "
        "JOIN dim_date d ON u.unique_id = d.unique_id WHERE substr(d.accessed_at, 1, 10) = '2024-09-14'",
    )
    for dataset in table["datasets"]:
        sample = f"SELECT * FROM {dataset['name']}"
        yield (
            f"sample of {dataset['name']}, one day",
            f"{sample} WHERE run_date = '{DAY}' LIMIT 10",
            f"{sample} LIMIT 10",
        )
    for name, sql in _joins().items():
        whole = re.sub(r" AND \w+\.run_date = \w+\.run_date", "", sql)
        yield f"{name}, all days", sql, whole
        yield f"{name}, one day", f"{sql} WHERE usage.run_date = '{DAY}'", whole


def _joins() -> dict[str, str]:
    """The departments' queries of the walkthrough, which join its staging tables."""

    def joined(columns: str, *tables: str) -> str:
        return f"SELECT {columns} FROM fact_network_usage AS usage " + " ".join(
            f"INNER JOIN {table} AS {name} ON usage.unique_id = {name}.unique_id AND usage.run_date = {name}.run_date"
            for table, name in (each.split() for each in tables)
        )

    everyone = ("dim_person person", "dim_address address", "dim_finance finance", "dim_date access")
    person = (
        "person.person_name, person.user_name, person.email, person.personal_number, person.birth_date, person.phone"
    )
    usage = "usage.unique_id, usage.download_speed, usage.upload_speed, usage.session_duration"
    address = "address.address, address.mac_address, address.ip_address"
    return {
        "finance's join": joined(f"{usage}, usage.consumed_traffic, finance.iban", "dim_finance finance"),
        "technical's join": joined(f"{usage}, {address}", "dim_address address"),
        "join of all columns": joined(
            f"{usage}, usage.consumed_traffic, {person}, {address}, finance.iban, access.accessed_at", *everyone
        ),
    }


def _size(lake: Path) -> tuple[int, int]:
    """Sorts the smallest day's lakes first, of those the one with the longest history."""
    rows, days = map(int, lake.name.removeprefix("lake-").split("-"))
    return rows, -days


def main() -> None:
    work = PROJECT / "build" / "bench"
    lakes = sorted(work.glob("lake-*"), key=_size)
    if not lakes:
        sys.exit("no lake to query: run the timing part first (make bench-pipeline does both)")
    lake = lakes[0]
    text = (PROJECT / "pipeline" / "pipeline.yaml").read_text()
    table = yaml.safe_load(text.replace("${prefix}", "").replace("${company}", "driven_data"))
    days = len(list((lake / "data" / "staging" / "dim_date").glob("run_date=*")))
    os.environ |= {"BUILD_DIR": str(work), "PORT": str(processes.free_port())}
    settings = Settings.from_environment()
    for jars in ("spark-jars", "trino"):
        (work / jars).unlink(missing_ok=True)
        (work / jars).symlink_to(PROJECT / "build" / jars)
    try:
        service, _ = lifecycle.ensure(settings, REGION)
        warehouse = Warehouse(service.settings.endpoint, lake, table)
        answers = []
        print(f"\nbytes scanned over {days} days{'':23} {'ours':>12} {'walkthrough':>12} {'ratio':>7}")
        for name, ours, theirs in questions(table):
            here, there = warehouse.scanned("ours", ours), warehouse.scanned("console", theirs)
            answers.append({"question": name, "ours": here, "walkthrough": there})
            print(f"{name:45} {here:>12,} {there:>12,} {there / here:>6.1f}x", flush=True)
        (work / "scans.json").write_text(json.dumps({"days": days, "answers": answers}, indent=2) + "\n")
    finally:
        lifecycle.stop(settings)


if __name__ == "__main__":
    main()
