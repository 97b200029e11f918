"""S3 objects: listings of locations, and a bounded local cache of their contents keyed by ETag."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sandbox.athena.errors import QueryError


@dataclass(frozen=True)
class S3File:
    bucket: str
    key: str
    size: int
    etag: str

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of ``s3://bucket/key``."""
    parts = urlsplit(uri)
    if parts.scheme not in ("s3", "s3a", "s3n") or not parts.netloc:
        raise QueryError("HIVE_METASTORE_ERROR", f"'{uri}' is not a location on S3")
    return parts.netloc, parts.path.lstrip("/")


class Lister:
    """Lists locations for one query; each prefix is asked for once, many partitions of a table together."""

    def __init__(self, s3: Any) -> None:
        self.s3 = s3

    def files(self, location: str) -> list[S3File]:
        """The data files under a location; names that start with ``_`` or ``.`` are hidden."""
        bucket, prefix = split_uri(location.rstrip("/") + "/")
        return self._list(bucket, prefix)

    def files_of(self, locations: list[str]) -> dict[str, list[S3File]]:
        """The files of each location. Locations side by side are listed by their common parent."""
        if len(locations) < 4:
            return {location: self.files(location) for location in locations}
        clean = {location: location.rstrip("/") + "/" for location in locations}
        parent = os.path.commonpath([text.partition("://")[2] for text in clean.values()]) + "/"
        if parent.count("/") < 2:  # nothing in common below the bucket's root
            return {location: self.files(location) for location in locations}
        bucket, _, prefix = parent.partition("/")
        found: dict[str, list[S3File]] = {location: [] for location in locations}
        by_prefix: dict[str, list[str]] = {}
        for location, text in clean.items():
            by_prefix.setdefault(split_uri(text)[1], []).append(location)
        for file in self._list(bucket, prefix, hidden_below=False):
            folder = file.key
            while folder := folder.rpartition("/")[0]:
                for location in by_prefix.get(folder + "/", ()):
                    if not _hidden(file.key[len(folder) + 1 :]):
                        found[location].append(file)
                if len(folder) < len(prefix):
                    break
        return found

    def _list(self, bucket: str, prefix: str, hidden_below: bool = True) -> list[S3File]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [
            S3File(bucket, item["Key"], item["Size"], item["ETag"].strip('"'))
            for page in pages
            for item in page.get("Contents", [])
            if item["Size"] and not (hidden_below and _hidden(item["Key"][len(prefix) :]))
        ]


def _hidden(name: str) -> bool:
    return any(part.startswith(("_", ".")) for part in name.split("/"))


class FileCache:
    """Local copies of objects and of what was made of them.

    The least recently used go beyond ``limit`` bytes.
    """

    def __init__(self, folder: Path, s3: Any, limit: int = 4 << 30) -> None:
        self.folder = folder
        self.s3 = s3
        self.limit = limit
        self._lock = threading.Lock()
        self._making: dict[Path, threading.Lock] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def fetch(self, files: Iterable[S3File]) -> dict[S3File, Path]:
        """A local copy of each file, fetched in parallel where it isn't there yet."""
        wanted = list(files)
        if len(wanted) < 2:
            return {file: self._fetch(file) for file in wanted}
        with ThreadPoolExecutor(max_workers=8, thread_name_prefix="athena-s3") as pool:
            return dict(zip(wanted, pool.map(self._fetch, wanted), strict=True))

    def derived(self, file: S3File, variant: str, make: Callable[[Path, Path], None]) -> Path:
        """What ``make(source, target)`` makes of a file, made once for each content and ``variant``."""
        name = f"{self._name(file)}-{hashlib.sha256(variant.encode()).hexdigest()[:12]}.parquet"
        return self._make(self.folder / name, lambda target: make(self._fetch(file), target))

    def _name(self, file: S3File) -> str:
        return hashlib.sha256(f"{file.bucket}/{file.key}/{file.etag}/{file.size}".encode()).hexdigest()[:32]

    def _fetch(self, file: S3File) -> Path:
        def download(target: Path) -> None:
            body = self.s3.get_object(Bucket=file.bucket, Key=file.key, IfMatch=f'"{file.etag}"')["Body"]
            with target.open("wb") as out:
                for chunk in body.iter_chunks(1 << 20):
                    out.write(chunk)

        return self._make(self.folder / self._name(file), download)

    def _make(self, path: Path, write: Callable[[Path], None]) -> Path:
        if self._touch(path):
            return path
        with self._lock:
            making = self._making.setdefault(path, threading.Lock())
        with making:
            if not self._touch(path):
                partial = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.partial")
                try:
                    write(partial)
                    partial.replace(path)
                finally:
                    partial.unlink(missing_ok=True)
        with self._lock:
            self._making.pop(path, None)
        return path

    def _touch(self, path: Path) -> bool:
        try:
            os.utime(path)
        except FileNotFoundError:
            return False
        return True

    def trim(self) -> None:
        """Deletes the least recently used copies beyond the limit; call it when no query runs."""
        with self._lock:
            entries = sorted(
                ((stat.st_mtime, stat.st_size, path) for path in self.folder.iterdir() if (stat := path.stat())),
                reverse=True,
            )
            total = 0
            for _, size, path in entries:
                total += size
                if total > self.limit:
                    path.unlink(missing_ok=True)
