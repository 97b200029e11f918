"""Files are put, copied and deleted whole or not at all, on S3 (the emulator's) and on local disk."""

import os
import threading
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from local_storage import storage_of

from driven_data_glue import aws
from driven_data_glue.errors import JobError
from driven_data_glue.storage import MEBIBYTE, Conflict, S3Storage


@pytest.fixture(params=["local", "s3"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path) if request.param == "local" else f"{request.getfixturevalue('s3_lake').uri('files')}"


@pytest.fixture
def storage(root: str) -> S3Storage:
    return storage_of(root)


def test_a_file_is_written_read_and_listed(storage: S3Storage, root: str) -> None:
    assert storage.find(f"{root}/a/file") is None
    assert storage.read_if_there(f"{root}/a/file") is None
    assert storage.files(f"{root}/a") == []
    etag = storage.write(f"{root}/a/file", b"content")
    storage.write(f"{root}/a/b/other", b"")
    storage.write(f"{root}/a/_SUCCESS", b"")
    storage.write(f"{root}/a/b/.part.crc", b"")
    found = storage.find(f"{root}/a/file")
    assert (found.path, found.size, found.etag) == (f"{root}/a/file", 7, etag)
    assert storage.read_if_there(f"{root}/a/file") == (b"content", etag)
    assert storage.read(f"{root}/a/file", limit=3) == b"con"
    assert [file.path for file in storage.files(f"{root}/a")] == [f"{root}/a/b/other", f"{root}/a/file"]
    storage.delete_folder(f"{root}/a")
    assert storage.files(f"{root}/a") == []
    storage.delete(f"{root}/a/file")


def test_conditional_writes_and_deletes_hold(storage: S3Storage, root: str) -> None:
    path = f"{root}/lock"
    with pytest.raises(Conflict):
        storage.write(path, b"one", etag='"0123"')
    first = storage.write(path, b"one", absent=True)
    with pytest.raises(Conflict):
        storage.write(path, b"two", absent=True)
    second = storage.write(path, b"three", etag=first)
    with pytest.raises(Conflict):
        storage.write(path, b"four", etag=first)
    with pytest.raises(Conflict):
        storage.delete(path, etag=first)
    assert storage.read_if_there(path) == (b"three", second)
    storage.delete(path, etag=second)
    with pytest.raises(Conflict):
        storage.delete(path, etag=second)


def test_of_many_writers_at_once_one_wins(storage: S3Storage, root: str) -> None:
    won, lost = [], []

    def write(number: int) -> None:
        try:
            storage_of(root).write(f"{root}/lock", f"writer {number}".encode(), absent=True)
            won.append(number)
        except Conflict:
            lost.append(number)

    threads = [threading.Thread(target=write, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 7)
    assert storage.read_if_there(f"{root}/lock")[0] == f"writer {won[0]}".encode()


def test_two_versions_are_told_apart_though_size_and_time_are_the_same(storage: S3Storage, root: str) -> None:
    first = storage.write(f"{root}/lock.json", b"one")
    if (file := Path(root)).is_dir():
        before = (file / "lock.json").stat()
    second = storage.write(f"{root}/lock.json", b"two")
    if file.is_dir():
        os.utime(file / "lock.json", ns=(before.st_atime_ns, before.st_mtime_ns))
        second = storage.find(f"{root}/lock.json").etag
    assert first != second


def test_what_is_read_is_of_one_version_with_its_etag(storage: S3Storage, root: str) -> None:
    path, ended, writing = f"{root}/lock.json", threading.Event(), storage_of(root)
    versions = {storage.write(path, b"0"): b"0"}

    def write() -> None:
        for number in range(1, 300):
            content = str(number).encode()
            versions[writing.write(path, content)] = content
        ended.set()

    writer = threading.Thread(target=write)
    writer.start()
    read = []
    while not ended.is_set():
        read.append(storage.read_if_there(path))
    writer.join()
    assert len(read) > 10
    assert [(content, etag) for content, etag in read if versions[etag] != content] == []


def test_a_changed_source_isnt_put(storage: S3Storage, root: str) -> None:
    storage.write(f"{root}/source", b"new")
    storage.write(f"{root}/target", b"old")
    source = storage.find(f"{root}/source")
    storage.write(f"{root}/source", b"changed")
    with pytest.raises(Conflict):
        storage.put(source, f"{root}/target")
    assert storage.read_if_there(f"{root}/target")[0] == b"old"
    storage.put(storage.find(f"{root}/source"), f"{root}/target")
    assert storage.read_if_there(f"{root}/target")[0] == b"changed"


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies as large objects are copied: in parts, here of 5 MiB, S3's least."""
    small = TransferConfig(multipart_threshold=6 * MEBIBYTE, multipart_chunksize=5 * MEBIBYTE, max_concurrency=1)
    monkeypatch.setattr(S3Storage, "copying", small)


class Interfering:
    """S3 with something happening before the second part is copied."""

    def __init__(self, storage: S3Storage, happens: Any) -> None:
        self.parts = 0
        self._happens = happens
        storage._s3.meta.events.register("before-call.s3.UploadPartCopy", self)

    def __call__(self, params: dict[str, Any], **_: Any) -> None:
        self.parts += 1
        if self.parts == 2:
            self._happens(params)


@pytest.mark.usefixtures("in_parts")
def test_a_large_object_is_copied_in_parts(s3_lake: Any) -> None:
    storage, body = S3Storage(s3_lake.uri("")), bytes(range(256)) * 4096 * 12
    parts = Interfering(storage, lambda _: None)
    storage.write(s3_lake.uri("source"), body)
    storage.put(storage.find(s3_lake.uri("source")), s3_lake.uri("target"))
    assert storage.read_if_there(s3_lake.uri("target"))[0] == body
    assert parts.parts == 3


def _overwritten(lake: Any) -> Any:
    return lambda _: lake.s3.put_object(Bucket=lake.bucket, Key="source", Body=b"another run's")


def _refused(_: Any) -> Any:
    """The call goes to a key that isn't there: S3 answers with an error of its own."""

    def spoil(params: dict[str, Any]) -> None:
        params["headers"]["x-amz-copy-source-range"] = "bytes=99999999-999999999"

    return spoil


@pytest.mark.usefixtures("in_parts")
@pytest.mark.parametrize(
    ("happens", "error"), [(_overwritten, Conflict), (_refused, JobError)], ids=["source overwritten", "part refused"]
)
def test_a_failure_in_mid_copy_leaves_the_old_object(s3_lake: Any, happens: Any, error: type[Exception]) -> None:
    storage = S3Storage(s3_lake.uri(""))
    parts = Interfering(storage, happens(s3_lake))
    storage.write(s3_lake.uri("source"), b"n" * 12 * MEBIBYTE)
    storage.write(s3_lake.uri("target"), b"old")
    with pytest.raises(error) as failure:
        storage.put(storage.find(s3_lake.uri("source")), s3_lake.uri("target"))
    assert parts.parts >= 2
    assert s3_lake.uri("target") in str(failure.value)
    assert storage.read_if_there(s3_lake.uri("target"))[0] == b"old"
    assert "Uploads" not in s3_lake.s3.list_multipart_uploads(Bucket=s3_lake.bucket), "parts are left behind"


def test_errors_name_the_file_and_what_was_done(s3_lake: Any) -> None:
    storage = S3Storage(s3_lake.uri(""))
    with pytest.raises(JobError, match=r"can't write s3://no-such-bucket/key: .*NoSuchBucket.*run again"):
        storage.write("s3://no-such-bucket/key", b"")
    with pytest.raises(JobError, match=r"/local/path is no s3:// path, as --data_root is"):
        storage.find("/local/path")


def test_the_region_is_the_buckets_where_the_environment_names_none(
    s3_lake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    for cached in (aws.session, aws._region):
        cached.cache_clear()
    assert aws.client("glue", s3_lake.bucket).meta.region_name == "eu-central-1"
    for cached in (aws.session, aws._region):
        cached.cache_clear()


def test_boto3_is_the_one_that_glue_ships() -> None:
    """Its parameters are what the jobs may use: Glue 5.0's knows no conditional writes."""
    assert boto3.__version__ == "1.34.131"
