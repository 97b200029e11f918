"""Objects on S3 by their path, `s3://bucket/key`.

Spark reads and writes data itself; all else goes through here. What a day publishes doesn't pass through this process:
S3 copies its objects itself. Only forget_person reads files whole and writes what is left of them.
"""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from driven_data_glue import aws
from driven_data_glue.errors import JobError

MEBIBYTE = 1024 * 1024


class Conflict(Exception):
    """A condition on a file's state didn't hold: it is there already, is gone, or has another content."""


@dataclass(frozen=True)
class File:
    """path: whole; etag: changes when the content does."""

    path: str
    size: int
    etag: str

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Version:
    """A version of an object; latest: the one that is read without naming a version."""

    key: str
    id: str
    latest: bool
    size: int


class S3Storage:
    """What the jobs need of S3. Listing and deleting what doesn't exist is no error.

    Conditions are S3's own, which hold for any number of writers:

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
    """

    # A single CopyObject takes up to 5 GB; smaller pieces are copied side by side.
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    copying = TransferConfig(multipart_threshold=512 * MEBIBYTE, multipart_chunksize=256 * MEBIBYTE)

    def __init__(self, root: str) -> None:
        self.bucket = _split(root)[0]
        self._s3 = aws.client("s3", self.bucket)
        self._one_call = threading.Lock()

    def find(self, path: str) -> File | None:
        """The file, or None when there is none."""
        bucket, key = _split(path)
        with suppress(FileNotFoundError), _told("read", path):
            head = self._s3.head_object(Bucket=bucket, Key=key)
            return File(path, head["ContentLength"], head["ETag"])
        return None

    def read(self, path: str, limit: int) -> bytes:
        """The first `limit` bytes of a file that isn't empty."""
        bucket, key = _split(path)
        head = {"Range": f"bytes=0-{limit - 1}"}
        with _told("read", path), self._s3.get_object(Bucket=bucket, Key=key, **head)["Body"] as body:
            return body.read()

    def read_if_there(self, path: str) -> tuple[bytes, str] | None:
        """The bytes and their ETag, or None when there is no such file."""
        bucket, key = _split(path)
        with suppress(FileNotFoundError), _told("read", path):
            answer = self._s3.get_object(Bucket=bucket, Key=key)
            with answer["Body"] as body:
                return body.read(), answer["ETag"]
        return None

    def write(self, path: str, content: bytes, *, absent: bool = False, etag: str | None = None) -> str:
        """Puts a whole file in one step and gives its ETag.

        Raises Conflict when it was to be absent but isn't, or its ETag isn't the given one.
        """
        bucket, key = _split(path)
        condition = {"If-None-Match": "*"} if absent else {"If-Match": etag} if etag else {}
        with _told("write", path, absent=Conflict), self._headers("PutObject", condition):
            return self._s3.put_object(Bucket=bucket, Key=key, Body=content)["ETag"]

    def files(self, folder: str) -> list[File]:
        """The files in the folder and in those below it, by path. Hidden ones (`_SUCCESS`, `.crc`) are left out."""
        bucket, prefix = _split(folder.rstrip("/") + "/")
        with _told("list", folder):
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            found = [each for page in pages for each in page.get("Contents", [])]
        return [
            File(f"s3://{bucket}/{each['Key']}", each["Size"], each["ETag"])
            for each in found
            if not _hidden(each["Key"][len(prefix) :])
        ]

    def put(self, source: File, target: str) -> None:
        """Puts the file `source` at `target` in one step: a reader sees the old file or the new one, whole.

        Raises Conflict when the source has changed.
        """
        from_bucket, from_key = _split(source.path)
        bucket, key = _split(target)
        with _told(f"copy {source.path} to", target):
            self._s3.copy(
                {"Bucket": from_bucket, "Key": from_key},
                bucket,
                key,
                ExtraArgs={"CopySourceIfMatch": source.etag},
                Config=self.copying,
            )

    def delete(self, path: str, etag: str | None = None) -> None:
        """Deletes a file. Raises Conflict when its ETag isn't the given one."""
        bucket, key = _split(path)
        condition = {"If-Match": etag} if etag else {}
        with _told("delete", path, absent=Conflict), self._headers("DeleteObject", condition):
            self._s3.delete_object(Bucket=bucket, Key=key)

    def delete_folder(self, folder: str) -> None:
        bucket, prefix = _split(folder.rstrip("/") + "/")
        with _told("delete", folder):
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                keys = [{"Key": each["Key"]} for each in page.get("Contents", [])]
                if not keys:
                    continue
                answer = self._s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
                for error in answer.get("Errors", []):
                    raise JobError(f"can't delete s3://{bucket}/{error['Key']}: {error['Code']}; {_ADVICE}")

    def versions(self, root: str) -> list[Version]:
        """Every version of every object; delete markers hold nothing."""
        with _told("list the versions of", root):
            pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=_split(root)[0])
            return [
                Version(each["Key"], each["VersionId"], each["IsLatest"], each["Size"])
                for page in pages
                for each in page.get("Versions", [])
            ]

    def fetch(self, root: str, version: Version, into: BinaryIO) -> bool:
        """Writes the version's bytes; False when it has been deleted."""
        bucket, _ = _split(root)
        # A bucket without versions gives the id null, and the current object is asked for without an id.
        named = {} if version.id == "null" and version.latest else {"VersionId": version.id}
        with suppress(FileNotFoundError), _told("read", f"s3://{bucket}/{version.key}"):
            with self._s3.get_object(Bucket=bucket, Key=version.key, **named)["Body"] as body:
                shutil.copyfileobj(body, into)
            return True
        return False

    @contextmanager
    def _headers(self, operation: str, headers: dict[str, str]) -> Iterator[None]:
        """Sends the one call with these headers: Glue 5.0's boto3 (1.34.131) is older than S3's conditional writes and
        knows no parameter for them."""
        event = f"before-call.s3.{operation}"

        def add(params: dict[str, Any], **_: Any) -> None:
            params["headers"].update(headers)

        with self._one_call:
            self._s3.meta.events.register(event, add)
            try:
                yield
            finally:
                self._s3.meta.events.unregister(event, add)


_ADVICE = "see AWS's message; run again once it is mended"
_MISSING = {"404", "NoSuchKey", "NoSuchVersion", "NotFound"}
# 409: another conditional write was under way at the same moment.
_CONDITION = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}


@contextmanager
def _told(doing: str, path: str, absent: type[Exception] = FileNotFoundError) -> Iterator[None]:
    """Turns S3's errors into `absent` (there is no such file), Conflict, or a JobError that names the file."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]  # of HEAD requests, which have no body, the status
        if code in _MISSING:
            raise absent(path) from None
        if code in _CONDITION:
            raise Conflict(path) from None
        raise JobError(f"can't {doing} {path}: {error}; {_ADVICE}") from error
    except BotoCoreError as error:
        raise JobError(f"can't {doing} {path}: {error}; run again once S3 can be reached") from error


def _split(path: str) -> tuple[str, str]:
    if not path.startswith("s3://"):
        raise JobError(f"{path} is no s3:// path, as --data_root is; give it in the same store")
    bucket, _, key = path.removeprefix("s3://").partition("/")
    return bucket, key


def _hidden(path: str) -> bool:
    return any(part.startswith(("_", ".")) for part in path.split("/")) or path.endswith("_$folder$")
