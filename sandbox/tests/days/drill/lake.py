"""The data lake that the drill works on: its jobs' inputs, its whole state, and what a reader sees of it."""

from __future__ import annotations

import io
import itertools
import json
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from sandbox import aws
from sandbox.tests.conftest import Sandbox, make_role

DAY = "2024-09-15"
BUCKET = "drilled-lake"
DATABASE = "drilled_db"
RAW_KEY = f"data/raw/raw_batch_data_{DAY}.csv"
GIVEN_KEY = "data/incoming/batch.csv"  # of which extract_raw_data makes it
JUDGE, TRUSTED = "judge_raw_data", "trusted_data"
QUARANTINE = "quarantine"
# Left by killed runs; nobody reads it, and S3 clears it away by a lifecycle rule.
SCRATCH = "data/scratch/"


@dataclass(frozen=True)
class State:
    """etags: of each object, an MD5 of its bytes, by key; days: of each table, where the drilled day is registered."""

    etags: dict[str, str]
    days: dict[str, str]

    @property
    def lasting(self) -> dict[str, str]:
        """What a day leaves: all but scratch."""
        return {key: etag for key, etag in self.etags.items() if not key.startswith(SCRATCH)}


class Lake:
    def __init__(self, emulated: Sandbox, table: dict[str, Any]) -> None:
        """table: the packaged pipeline table."""
        self._emulated, self.s3, self.glue = emulated, emulated.s3, emulated.glue
        key = emulated.client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        self._pseudonym_key = key["KeyMetadata"]["Arn"]
        self._bodies: dict[str, bytes] = {}  # of every recorded state, by ETag
        self.datasets = [dataset["name"] for dataset in table["datasets"]]
        self.departments = [each["name"] for each in table["trusted"]["tables"]]
        self.updates = [f"update_{dataset['task']}" for dataset in table["datasets"]]
        self.registrations = [f"update_{name}" for name in self.departments]
        self.tables = [*self.datasets, *self.departments, QUARANTINE]
        self.table = {**table, "database": DATABASE}
        emulated.bucket(BUCKET)
        self.s3.put_object(Bucket=BUCKET, Key="pipeline.json", Body=json.dumps(self.table).encode())
        self.glue.create_database(DatabaseInput={"Name": DATABASE})
        types = {column["name"]: column["type"] for column in table["raw"]["columns"]}
        columns = {each["name"]: [(name, types[name]) for name in each["columns"]] for each in table["datasets"]}
        for each in table["trusted"]["tables"]:
            columns[each["name"]] = [(of["name"], of["type"]) for of in each["columns"]]
        for name in self.tables:
            given = columns.get(name, [("record", "string")])
            emulated.table(DATABASE, name, given, self._location(name), keys=[("run_date", "string")])
        allowed = {"Effect": "Allow", "Action": ["s3:*", "glue:*", "logs:*"], "Resource": "*"}
        role = make_role(emulated, "crawler", allowed)
        for dataset in table["datasets"]:
            self.glue.create_crawler(
                Name=dataset["crawler"],
                Role=role,
                DatabaseName=DATABASE,
                Targets={"S3Targets": [{"Path": self._location(dataset["name"])}]},
                RecrawlPolicy={"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"},
                SchemaChangePolicy={"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"},
            )

    def arguments(self, job: str) -> list[str]:
        given = {
            "data_root": f"s3://{BUCKET}/",
            "pipeline_table": f"s3://{BUCKET}/pipeline.json",
            "run_date": DAY,
            "raw_file": f"s3://{BUCKET}/{RAW_KEY}",
            "run_id": "drill",
            "code_version": "drill",
            "target_file_mb": "0.008",  # so that a table is of three files
            "JOB_NAME": job,
            "JOB_RUN_ID": "jr_drill",
        }
        if job == JUDGE:
            given |= {"max_bad_row_share": "0.5", "duplicate_history_days": "0"}
        if job == TRUSTED:
            given |= {"pseudonym_key": self._pseudonym_key}
        return list(itertools.chain(*((f"--{name}", value) for name, value in given.items())))

    def changed_by(self, step: str) -> list[str]:
        """The tables of which a step of the day changes what readers see."""
        registered = dict(zip([*self.updates, *self.registrations], [*self.datasets, *self.departments], strict=True))
        changed = {JUDGE: [QUARANTINE], TRUSTED: self.departments}
        changed |= {name: [name] for name in self.datasets} | {task: [name] for task, name in registered.items()}
        return changed.get(step, [])

    def give(self, raw: bytes) -> None:
        """Puts a raw file where extract_raw_data takes it."""
        self.s3.put_object(Bucket=BUCKET, Key=GIVEN_KEY, Body=raw)

    def task(self, name: str) -> dict[str, str]:
        """What a run of the DAG's task is about."""
        return {"task": name, "day": DAY, "source_key": GIVEN_KEY, "raw_file": f"s3://{BUCKET}/{RAW_KEY}"}

    def state(self) -> State:
        return State(self._etags(), self.days())

    def record(self) -> State:
        """A state that `restore` can make again."""
        state = self.state()
        self._bodies |= {etag: self._read(key) for key, etag in state.etags.items() if etag not in self._bodies}
        return state

    def restore(self, state: State) -> None:
        now = self._etags()
        for key in now.keys() - state.etags.keys():
            self.s3.delete_object(Bucket=BUCKET, Key=key)
        for key, etag in state.etags.items():
            if now.get(key) != etag:
                self.s3.put_object(Bucket=BUCKET, Key=key, Body=self._bodies[etag])
        days = self.days()
        for name in days.keys() - state.days.keys():
            self.glue.delete_partition(DatabaseName=DATABASE, TableName=name, PartitionValues=[DAY])
        for name in state.days.keys() - days.keys():
            self._emulated.partition(DATABASE, name, [DAY], state.days[name])

    def days(self) -> dict[str, str]:
        found = {name: self._day(name) for name in self.tables}
        return {name: location for name, location in found.items() if location}

    def visible(self, table: str) -> frozenset[tuple[Any, ...]] | None:
        """The rows that a query sees; None when the day isn't visible, or was hidden while they were read."""
        location = self._day(table)
        if location is None:
            return None
        rows: list[tuple[Any, ...]] = []
        for key in self._etags(location.removeprefix(f"s3://{BUCKET}/")):
            try:
                file = pq.read_table(io.BytesIO(self._read(key)))
            except ClientError:  # deleted since it was listed
                return None
            rows += [tuple(row.values()) for row in file.to_pylist()]
        assert len(rows) == len(set(rows)), f"{table} shows rows twice"
        return frozenset(rows) if self._day(table) == location else None

    def _day(self, table: str) -> str | None:
        """Where the drilled day of a table is registered, if it is."""
        try:
            found = self.glue.get_partition(DatabaseName=DATABASE, TableName=table, PartitionValues=[DAY])
        except self.glue.exceptions.EntityNotFoundException:
            return None
        return found["Partition"]["StorageDescriptor"]["Location"]

    def _location(self, table: str) -> str:
        zone = "" if table == QUARANTINE else "trusted/" if table in self.departments else "staging/"
        return f"s3://{BUCKET}/data/{zone}{table}/"

    def _etags(self, prefix: str = "data/") -> dict[str, str]:
        return {each["Key"]: each["ETag"] for each in aws.objects(self.s3, BUCKET, prefix)}

    def _read(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
