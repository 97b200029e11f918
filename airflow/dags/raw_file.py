"""The day's raw file in the bucket: kept, generated or copied from a given file. One day has one raw file.

Writing is all or nothing: a file is visible once it is complete, and a failed upload is aborted.
"""

import csv
import datetime
import io
import logging
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import raw_batch
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

log = logging.getLogger(__name__)

SUFFIXES = (".csv", ".csv.gz")
HEADER_BYTES = 64 * 1024
MB = 1024 * 1024
# Two parts under way at once bound an upload's memory to some 40 MB; up to 8 MB it is a single request.
TRANSFER = TransferConfig(multipart_threshold=8 * MB, multipart_chunksize=8 * MB, max_concurrency=2, max_io_queue=2)


class RawFileError(Exception):
    """The day's raw file can't be made; trying again won't help."""


@dataclass(frozen=True)
class Request:
    """What a run asks for. With nothing given, an existing file is kept and a missing one is generated.

    :param rows: rows to generate
    :param seed: seed of the generator; by default the bucket's name
    :param source_key: an object of the bucket that becomes the day's file
    """

    rows: int | None = None
    seed: int | None = None
    source_key: str | None = None

    def __post_init__(self) -> None:
        if self.source_key and (self.rows is not None or self.seed is not None):
            raise RawFileError("give either source_key (a file) or rows and seed (generated data), not both")
        if self.source_key and not self.source_key.endswith(SUFFIXES):
            raise RawFileError(f"source_key {self.source_key!r}: the name must end with .csv or .csv.gz")


@dataclass(frozen=True)
class RawFiles:
    """The raw files of a bucket.

    :param s3: boto3's S3 client
    :param path: every file's name up to its date, such as ``data/raw/raw_batch_data``
    :param columns: the raw table's, in the order that every file has them
    """

    s3: object
    bucket: str
    path: str
    columns: tuple[str, ...]

    def ensure(self, moment: datetime.datetime, request: Request) -> str:
        """Make the file of the moment's day if need be, and return its ``s3://`` URI."""
        run_date = moment.date()
        names = {self._key(run_date, suffix) for suffix in SUFFIXES}
        existing, other_days = self._list(names)
        if existing and request == Request():
            if len(existing) > 1:
                raise RawFileError(f"{run_date} has two raw files, {sorted(existing)}; delete the wrong one")
            key = existing.pop()
            log.info("s3://%s/%s exists and is kept", self.bucket, key)
        elif request.source_key:
            key = self._copy(request.source_key, run_date)
        else:
            key = self._generate(moment, request, first_load=not other_days)
        for stale in existing - {key}:
            log.info("Removing s3://%s/%s, replaced by %s", self.bucket, stale, key)
            self.s3.delete_object(Bucket=self.bucket, Key=stale)
        return f"s3://{self.bucket}/{key}"

    def _key(self, run_date: datetime.date, suffix: str) -> str:
        return f"{self.path}_{run_date.isoformat()}{suffix}"

    def _list(self, names: set[str]) -> tuple[set[str], bool]:
        """Which of ``names`` exist, and whether there is any other raw file."""
        folder = self.path.rpartition("/")[0] + "/"
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=folder)
        keys = {entry["Key"] for page in pages for entry in page.get("Contents", [])}
        return keys & names, any(key.endswith(SUFFIXES) for key in keys - names)

    def _generate(self, moment: datetime.datetime, request: Request, first_load: bool) -> str:
        seed = self.bucket if request.seed is None else str(request.seed)
        rows = request.rows
        if rows is None:
            rows = raw_batch.FIRST_LOAD_ROWS if first_load else raw_batch.rows_of_day(seed, moment.date())
        key = self._key(moment.date(), ".csv")
        try:
            batch = raw_batch.Batch(moment, self.columns, rows, seed, first_load)
        except ValueError as error:
            raise RawFileError(str(error)) from error
        kind = "the first load" if first_load else "a day"
        log.info("Generating %s of %d rows (seed %s) into s3://%s/%s", kind, rows, seed, self.bucket, key)
        self.upload(batch.csv(), key)
        return key

    def upload(self, chunks: Iterator[bytes], key: str) -> None:
        """Store the chunks as one object; an error in them or on the way leaves nothing behind."""
        file = io.BufferedReader(_Chunks(chunks), MB)
        self.s3.upload_fileobj(file, self.bucket, key, ExtraArgs={"ContentType": "text/csv"}, Config=TRANSFER)

    def _copy(self, source: str, run_date: datetime.date) -> str:
        suffix = ".csv.gz" if source.endswith(".gz") else ".csv"
        key = self._key(run_date, suffix)
        self._check_header(source)
        if source != key:
            log.info("Copying s3://%s/%s to %s", self.bucket, source, key)
            self.s3.copy({"Bucket": self.bucket, "Key": source}, self.bucket, key, Config=TRANSFER)
        return key

    def _check_header(self, source: str) -> None:
        name = f"s3://{self.bucket}/{source}"
        try:
            body = self.s3.get_object(Bucket=self.bucket, Key=source, Range=f"bytes=0-{HEADER_BYTES - 1}")["Body"]
            head = body.read()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "InvalidRange":  # S3's answer to a range of an empty object
                head = b""
            elif code in ("NoSuchKey", "404"):
                raise RawFileError(f"{name} doesn't exist; upload the file first") from None
            elif code == "AccessDenied":
                raise RawFileError(
                    f"{name} can't be read: {error}. Airflow's role may read what lies below the prefixes incoming and "
                    "raw of pipeline.yaml: upload the file there"
                ) from None
            else:
                raise
        try:
            if source.endswith(".gz"):
                head = zlib.decompressobj(wbits=31).decompress(head, HEADER_BYTES)
            line = head.split(b"\n", 1)[0].decode("utf-8-sig")
        except zlib.error:
            raise RawFileError(f"{name} ends with .gz but isn't a gzip file") from None
        except UnicodeDecodeError:
            raise RawFileError(f"the first line of {name} isn't UTF-8; save the file as UTF-8 and run again") from None
        header = tuple(next(csv.reader([line.rstrip("\r")]), ()))
        if header != self.columns:
            # Without its text: in a file without a header the first line is a person's.
            raise RawFileError(
                f"{name} doesn't start with the raw table's header line. Expected {','.join(self.columns)}; "
                f"{self._difference(header)}"
            )

    def _difference(self, header: tuple[str, ...]) -> str:
        """How a file's first line differs from the header, without showing any of it."""
        if not header:
            return "the file's first line is empty"
        lacking = [column for column in self.columns if column not in header]
        if len(lacking) == len(self.columns):
            return f"its first line has {len(header)} fields and none of these names: is the header line missing?"
        if lacking:
            return f"its first line has {len(header)} fields and lacks {', '.join(lacking)}"
        return f"its first line has {len(header)} fields: all of these names, but others too or in another order"


class _Chunks(io.RawIOBase):
    """An iterator of bytes as the file object that boto3's upload reads from."""

    def __init__(self, chunks: Iterator[bytes]):
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        self._rest = self._rest or next(self._chunks, b"")
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
