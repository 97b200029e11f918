"""A data lake on local disk or on the emulator's S3, and runs of the jobs on it."""

import itertools
import json
import os
import runpy
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from raw_files import Row, csv_text

PROJECT = Path(__file__).parents[2]
DATASETS = ["dim_address", "dim_date", "dim_finance", "dim_person", "fact_network_usage"]
DATABASE = "driven_data_db"
DAY = "2024-09-15"
JUDGE, TRUSTED, FORGET = "judge_raw_data", "trusted_data", "forget_person"
DEPARTMENTS = ["payment_data", "technical_data", "pii_data", "non_pii_data"]


def job(name: str) -> Callable[[list[str]], None]:
    """The main of `judge_raw_data`, `trusted_data` or of a dataset's job, from its script as Glue loads it."""
    return runpy.run_path(str(script(name)))["main"]


def as_process(name: str, arguments: list[str], spark: Any, folder: Path) -> subprocess.Popen[str]:
    """A run of the job in a process of its own, on the JVM of these tests, as the sandbox runs it."""
    run = {"script": str(script(name)), "py_files": [], "arguments": arguments, "group": name}
    file = folder / f"run-{uuid.uuid4()}.json"
    file.write_text(json.dumps({**run, "result": str(file.with_suffix(".result"))}))
    gateway = spark.sparkContext._gateway
    env = os.environ | {
        "PYTHONPATH": str(PROJECT / "glue" / "lib"),
        "PYSPARK_GATEWAY_PORT": str(gateway.gateway_parameters.port),
        "PYSPARK_GATEWAY_SECRET": gateway.gateway_parameters.auth_token,
    }
    command = [sys.executable, str(PROJECT / "sandbox" / "spark" / "run_job.py"), str(file)]
    return subprocess.Popen(command, env=env, stdout=-1, stderr=-1, text=True, start_new_session=True)


def script(name: str) -> Path:
    return PROJECT / "glue" / "jobs" / (f"{name}.py" if name in (JUDGE, TRUSTED, FORGET) else f"staging_{name}.py")


def packaged(table: dict[str, Any]) -> dict[str, Any]:
    """The pipeline table as the stack packages it: the departments' tables with their columns' types and their SQL."""
    raw = {column["name"]: column for column in table["raw"]["columns"]}

    def typed(each: dict[str, Any], clear: list[str], name: str) -> dict[str, str]:
        masked = raw.get(name, {}).get("masking") and name not in clear
        return {"name": name, "type": each.get("types", {}).get(name) or ("string" if masked else raw[name]["type"])}

    tables = []
    for each in table["trusted"]["tables"]:
        clear = (
            [name for name in raw if raw[name].get("masking")] if each.get("clear") == ["all"] else each.get("clear")
        )
        tables.append(
            {
                "name": each["name"],
                "department": each["department"],
                "profile": each.get("profile", "walkthrough"),
                "clear": clear or [],
                "columns": [typed(each, clear or [], name) for name in each["columns"]],
                "sql": (PROJECT / "pipeline" / "trusted" / f"{each['name']}.sql").read_text(),
            }
        )
    return {**table, "trusted": {**table["trusted"], "tables": tables}}


def job_arguments(data_root: Any, pipeline_table: Any, raw_file: Any, day: str, options: dict[str, Any]) -> list[str]:
    given = {
        "data_root": data_root,
        "pipeline_table": pipeline_table,
        "run_date": day,
        "raw_file": raw_file,
        "max_bad_row_share": 1,
        "code_version": "abc123",
        "duplicate_history_days": 0,
    } | options
    glue = ["--job-language", "python", "--enable-metrics", "true"]
    return [*itertools.chain(*((f"--{name}", str(value)) for name, value in given.items())), *glue]


@dataclass
class Lake:
    root: Path

    def create(self, table: dict[str, Any]) -> "Lake":
        self.root.mkdir(exist_ok=True)
        (self.root / "pipeline.json").write_text(json.dumps(table))
        return self

    def copy(self, folder: Path) -> "Lake":
        """A lake of its own in the same state."""
        root = folder / "copy"
        shutil.copytree(self.root, root)
        for path in root.rglob("metrics.json"):  # they name the raw file
            path.write_text(path.read_text().replace(f'"{self.root}/', f'"{root}/'))
        return Lake(root)

    def put(self, content: str | bytes, name: str = "raw.csv") -> Path:
        """Writes a raw file, unless it is there with this content already."""
        path = self.root / "data" / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        body = content.encode() if isinstance(content, str) else content
        if not path.exists() or path.read_bytes() != body:
            path.write_bytes(body)
        return path

    def arguments(self, raw_file: Path, day: str = DAY, **options: Any) -> list[str]:
        return job_arguments(self.root, self.root / "pipeline.json", raw_file, day, options)

    def judge(self, content: str | bytes | Path, **options: Any) -> None:
        job(JUDGE)(self.arguments(self.raw_file(content), **options))

    def stage(self, raw_file: Path, datasets: Iterable[str] = ("dim_finance",), **options: Any) -> None:
        for dataset in datasets:
            job(dataset)(self.arguments(raw_file, **options))

    def run(self, content: str | bytes | Path, dataset: str = "dim_finance", **options: Any) -> None:
        """The judge, then one staging job."""
        raw_file = self.raw_file(content)
        self.judge(raw_file, **options)
        self.stage(raw_file, [dataset], **options)

    def raw_file(self, content: str | bytes | Path) -> Path:
        return content if isinstance(content, Path) else self.put(content)

    def run_rows(self, rows: list[Row], **options: Any) -> None:
        self.run(csv_text(rows), **options)

    def folder(self, area: str, dataset: str, day: str) -> Path:
        name = "" if area in ("clean", "quarantine") else dataset
        return self.root / "data" / area / name / f"run_date={day}"

    def files(self, area: str, dataset: str = "dim_finance", day: str = DAY) -> list[Path]:
        return sorted(self.folder(area, dataset, day).glob("*"))

    def rows(self, area: str, dataset: str = "dim_finance", day: str = DAY) -> list[dict[str, Any]]:
        """The partition's rows in the order of its files, as any Parquet reader sees them."""
        return [row for file in self.files(area, dataset, day) for row in pq.ParquetFile(file).read().to_pylist()]

    def reasons(self) -> dict[int, str]:
        return {row["line"]: row["reason"] for row in self.rows("quarantine")}

    def metrics(self, dataset: str = "dim_finance", day: str = DAY) -> dict[str, Any]:
        (path,) = self.files("metrics", dataset, day)
        return json.loads(path.read_text())

    def judgement(self, day: str = DAY) -> dict[str, Any]:
        return self.metrics("judgement", day)

    def scratch(self) -> list[Path]:
        return [path for path in (self.root / "data" / "scratch").rglob("*") if path.is_file()]


@dataclass
class S3Lake:
    """The same in a bucket, with its tables in the catalog."""

    bucket: str
    s3: Any
    glue: Any

    def create(self, table: dict[str, Any]) -> None:
        from emulator import REGION

        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        database = self.bucket.replace("-", "_")
        self.s3.put_object(
            Bucket=self.bucket,
            Key="pipeline.json",
            Body=json.dumps({**table, "database": database}, default=str).encode(),
        )
        self.glue.create_database(DatabaseInput={"Name": database})
        for name in [*DATASETS, *DEPARTMENTS, "quarantine"]:
            zone = "trusted" if name in DEPARTMENTS else "staging"
            place = "quarantine" if name == "quarantine" else f"{zone}/{name}"
            self.glue.create_table(
                DatabaseName=database,
                TableInput={
                    "Name": name,
                    "PartitionKeys": [{"Name": "run_date", "Type": "string"}],
                    "StorageDescriptor": {
                        "Columns": [{"Name": "unique_id", "Type": "string"}],
                        "Location": f"s3://{self.bucket}/data/{place}/",
                        "SerdeInfo": {"SerializationLibrary": "a.serde"},
                    },
                },
            )

    @property
    def database(self) -> str:
        return self.bucket.replace("-", "_")

    def uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def put(self, rows: Iterable[Row], name: str = "raw.csv") -> str:
        return self.put_text(csv_text(rows), name)

    def put_text(self, text: str, name: str = "raw.csv") -> str:
        self.s3.put_object(Bucket=self.bucket, Key=f"data/raw/{name}", Body=text.encode())
        return self.uri(f"data/raw/{name}")

    def run(self, name: str, raw_file: str, day: str = DAY, **options: Any) -> None:
        job(name)(self.arguments(raw_file, day, **options))

    def arguments(self, raw_file: str, day: str = DAY, **options: Any) -> list[str]:
        return job_arguments(self.uri(""), self.uri("pipeline.json"), raw_file, day, options)

    def keys(self, prefix: str = "") -> list[str]:
        answer = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=f"data/{prefix}")
        return [each["Key"].removeprefix("data/") for each in answer.get("Contents", [])]

    def read(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=self.bucket, Key=f"data/{key}")["Body"].read()

    def rows(self, prefix: str) -> list[dict[str, Any]]:
        keys = [key for key in self.keys(prefix) if key.endswith(".parquet")]
        return [row for key in keys for row in pq.read_table(BytesIO(self.read(key))).to_pylist()]

    def days(self, table: str) -> dict[str, str]:
        """The registered days and their locations."""
        found = self.glue.get_partitions(DatabaseName=self.database, TableName=table)["Partitions"]
        return {each["Values"][0]: each["StorageDescriptor"]["Location"] for each in found}

    def register(self, table: str, day: str = DAY) -> None:
        """What the crawler does after the gate."""
        described = self.glue.get_table(DatabaseName=self.database, Name=table)["Table"]["StorageDescriptor"]
        location = f"{described['Location']}run_date={day}/"
        self.glue.create_partition(
            DatabaseName=self.database,
            TableName=table,
            PartitionInput={"Values": [day], "StorageDescriptor": {**described, "Location": location}},
        )
