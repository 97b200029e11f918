"""The data lake that the drill works on: its jobs' inputs, its whole state, and what a reader sees of it."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq
from botocore.exceptions import ClientError

DAY = "2024-09-15"
BUCKET = "drilled-lake"
DATABASE = "drilled_db"
RAW_KEY = f"data/raw/raw_batch_data_{DAY}.csv"
JUDGE, TRUSTED = "judge_raw_data", "trusted_data"
QUARANTINE = "quarantine"
# Left by killed runs; nobody reads it, and S3 clears it away by a lifecycle rule.
SCRATCH = "data/scratch/"


@dataclass(frozen=True)
class State:
    """objects: bytes by key; days: of each table, where the drilled day is registered."""

    objects: dict[str, bytes]
    days: dict[str, str]

    @property
    def lasting(self) -> dict[str, str]:
        """What a day leaves: a digest of each object that isn't scratch."""
        kept = {key: body for key, body in self.objects.items() if not key.startswith(SCRATCH)}
        return {key: hashlib.sha256(body).hexdigest()[:16] for key, body in sorted(kept.items())}


class Lake:
    def __init__(self, s3: Any, glue: Any, pseudonym_key: str, table: dict[str, Any]) -> None:
        """The clients are the emulator's own: what the drill does isn't drilled. table: the packaged pipeline table."""
        self.s3, self.glue, self._key = s3, glue, pseudonym_key
        self.datasets = [dataset["name"] for dataset in table["datasets"]]
        self._trusted = [each["name"] for each in table["trusted"]["tables"]]
        self.tables = [*self.datasets, *self._trusted, QUARANTINE]
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        s3.put_object(Bucket=BUCKET, Key="pipeline.json", Body=json.dumps({**table, "database": DATABASE}).encode())
        glue.create_database(DatabaseInput={"Name": DATABASE})
        for name in self.tables:
            storage = {"Columns": [{"Name": "unique_id", "Type": "string"}], "Location": self._location(name)}
            keys = [{"Name": "run_date", "Type": "string"}]
            glue.create_table(
                DatabaseName=DATABASE,
                TableInput={"Name": name, "PartitionKeys": keys, "StorageDescriptor": storage},
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
            given |= {"pseudonym_key": self._key}
        return list(itertools.chain(*((f"--{name}", value) for name, value in given.items())))

    def changed_by(self, job: str) -> list[str]:
        """The tables that a job publishes."""
        return {JUDGE: [QUARANTINE], TRUSTED: self._trusted}.get(job, [job])

    def land(self, raw: bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=RAW_KEY, Body=raw)

    def register(self) -> None:
        """What the DAG does behind the gate."""
        for name in [*self.datasets, *self._trusted]:
            self._register(name, f"{self._location(name)}run_date={DAY}/")

    def state(self) -> State:
        return State({key: self._read(key) for key in self._keys()}, self.days())

    def restore(self, state: State) -> None:
        for key in self._keys():
            if key not in state.objects:
                self.s3.delete_object(Bucket=BUCKET, Key=key)
        for key, body in state.objects.items():
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        now = self.days()
        for name in now.keys() - state.days.keys():
            self.glue.delete_partition(DatabaseName=DATABASE, TableName=name, PartitionValues=[DAY])
        for name in state.days.keys() - now.keys():
            self._register(name, state.days[name])

    def days(self) -> dict[str, str]:
        found = {name: self._day(name) for name in self.tables}
        return {name: location for name, location in found.items() if location}

    def visible(self, table: str) -> frozenset[tuple[Any, ...]] | None:
        """The rows that a query sees; None when the day isn't visible, or was hidden while they were read."""
        location = self._day(table)
        if location is None:
            return None
        rows: list[tuple[Any, ...]] = []
        for key in self._keys(location.removeprefix(f"s3://{BUCKET}/")):
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
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            return None
        return found["Partition"]["StorageDescriptor"]["Location"]

    def _location(self, table: str) -> str:
        zone = "trusted" if table in self._trusted else "staging"
        return f"s3://{BUCKET}/data/{table if table == QUARANTINE else f'{zone}/{table}'}/"

    def _register(self, table: str, location: str) -> None:
        described = self.glue.get_table(DatabaseName=DATABASE, Name=table)["Table"]["StorageDescriptor"]
        partition = {"Values": [DAY], "StorageDescriptor": {**described, "Location": location}}
        self.glue.create_partition(DatabaseName=DATABASE, TableName=table, PartitionInput=partition)

    def _keys(self, prefix: str = "data/") -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [each["Key"] for page in pages for each in page.get("Contents", [])]

    def _read(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
