"""One crawl: finds the partition folders of a declared table and registers the new ones.

The tables are declared by the stack; a crawl here never makes a table and never changes a schema. What Glue would
infer differently from the files is reported: logged where the crawler's policy is to log, a failed crawl otherwise.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sandbox import aws
from sandbox.glue import partitions
from sandbox.glue.files import Unreadable, differences


class CrawlFailed(Exception):
    """Why a crawl fails, as LastCrawl shows it."""


class Stopped(Exception):
    """The crawl was stopped."""


@dataclass(frozen=True)
class Folder:
    """A partition: its values, its location and the first file in it."""

    values: tuple[str, ...]
    location: str
    sample: str


class Crawl:
    def __init__(
        self, definition: dict[str, Any], glue: Any, s3: Any, write: Callable[[str], None], stop: threading.Event
    ) -> None:
        """definition: as GetCrawler gives it; write: takes log lines."""
        self._definition, self._glue, self._s3, self._write, self._stop = definition, glue, s3, write, stop
        self._database = definition["DatabaseName"]
        self._new_only = definition.get("RecrawlPolicy", {}).get("RecrawlBehavior") == "CRAWL_NEW_FOLDERS_ONLY"
        policy = definition.get("SchemaChangePolicy", {})
        self._on_change = policy.get("UpdateBehavior", "UPDATE_IN_DATABASE")
        self._on_delete = policy.get("DeleteBehavior", "DEPRECATE_IN_DATABASE")
        self.warnings: list[str] = []
        self.tables_updated = 0

    def run(self) -> None:
        """Raises CrawlFailed or Stopped."""
        name = self._definition["Name"]
        self._write(f"BENCHMARK : Running Start Crawl for Crawler {name}")
        tables = aws.tables(self._glue, self._database)
        for target in self._targets():
            location = _folder(target["Path"])
            here = [table for table in tables if _folder(_location(table)) == location]
            if not here:
                raise CrawlFailed(
                    f"No table of the database {self._database} lies at {location}. "
                    "The sandbox's crawlers register partitions of declared tables; they don't infer tables."
                )
            for table in here:
                self._table(table)
        self._write(f"BENCHMARK : Crawler has finished running and is in state READY: {name}")

    def _targets(self) -> list[dict[str, Any]]:
        """The folders to crawl; nothing else that a crawler may be told is passed over in silence."""
        given = {kind: targets for kind, targets in self._definition.get("Targets", {}).items() if targets}
        folders = given.pop("S3Targets", [])
        unknown = [*given, *(f"Exclusions of {each['Path']}" for each in folders if each.get("Exclusions"))]
        if unknown:
            raise CrawlFailed(f"The sandbox's crawlers know whole S3 targets alone, not {', '.join(unknown)}.")
        return folders

    def _table(self, table: dict[str, Any]) -> None:
        keys = [key["Name"] for key in table.get("PartitionKeys", [])]
        folders = self._folders(table, keys)
        known = partitions.registered(self._glue, self._database, table["Name"]) if keys else {}
        new = [folder for folder in folders if folder.values not in known]
        for folder in new if self._new_only and keys else folders:
            self._check(table, folder)
        if not keys:
            return
        if new:
            self._register(table, new)
            self.tables_updated += 1
        if not self._new_only:
            self._vanished(table, known, {folder.values for folder in folders})

    def _folders(self, table: dict[str, Any], keys: list[str]) -> list[Folder]:
        """The table's folders with data in them: one for each partition, or the table's own."""
        location = _folder(_location(table))
        bucket, prefix = aws.place_of(location)
        found: dict[tuple[str, ...], Folder] = {}
        for each in aws.objects(self._s3, bucket, prefix):
            self._go_on()
            key, path = each["Key"], each["Key"].removeprefix(prefix)
            if not each["Size"] or any(part.startswith(("_", ".")) for part in path.split("/")):
                continue
            parts = path.split("/")[:-1][: len(keys)]
            values = partitions.values_of(parts, keys)
            if values is None:
                self._warn(f"{location}{path} isn't in a folder of {'/'.join(f'{k}=…' for k in keys)}: left out")
                continue
            folder = f"{location}{''.join(f'{part}/' for part in parts)}"
            found.setdefault(values, Folder(values, folder, key))
        return list(found.values())

    def _go_on(self) -> None:
        if self._stop.is_set():
            raise Stopped

    def _check(self, table: dict[str, Any], folder: Folder) -> None:
        self._go_on()
        bucket, _ = aws.place_of(_location(table))
        try:
            found = differences(self._s3, bucket, folder.sample, table)
        except Unreadable as error:
            raise CrawlFailed(f"s3://{bucket}/{folder.sample}: {error}") from None
        if not found:
            return
        text = (
            f"Table {table['Name']}: s3://{bucket}/{folder.sample} differs from the declared schema: {'; '.join(found)}"
        )
        if self._on_change != "LOG":
            raise CrawlFailed(
                f"{text}. With the policy {self._on_change} Glue would change the declared table; the sandbox doesn't."
            )
        self._warn(text)

    def _register(self, table: dict[str, Any], folders: list[Folder]) -> None:
        wanted = {folder.values: folder.location for folder in folders}
        versions = {"CrawlerSchemaDeserializerVersion": "1.0", "CrawlerSchemaSerializerVersion": "1.0"}
        try:
            partitions.register(self._glue, self._database, table, wanted, Parameters=versions)
        except partitions.Unregistered as error:
            raise CrawlFailed(f"Table {table['Name']}: {error}") from None
        named = [list(values) for values in wanted]
        self._write(f"INFO : Created partitions with values {named} for table {table['Name']}")

    def _vanished(self, table: dict[str, Any], known: Iterable[tuple[str, ...]], there: set[tuple[str, ...]]) -> None:
        gone = [values for values in known if values not in there]
        if gone and self._on_delete == "DELETE_FROM_DATABASE":
            for values in gone:  # the emulator has no BatchDeletePartition
                self._glue.delete_partition(
                    DatabaseName=self._database, TableName=table["Name"], PartitionValues=list(values)
                )
            self._write(f"INFO : Deleted partitions with values {gone} of table {table['Name']}")
        elif gone:
            self._warn(f"Table {table['Name']}: no data any more in the partitions {[list(v) for v in gone]}")

    def _warn(self, text: str) -> None:
        self.warnings.append(text)
        self._write(f"WARN : {text}")


def _location(table: dict[str, Any]) -> str:
    return table.get("StorageDescriptor", {}).get("Location", "")


def _folder(path: str) -> str:
    return path.rstrip("/") + "/"
