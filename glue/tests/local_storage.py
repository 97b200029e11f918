"""A data lake in a folder, for tests and the benchmark: they are about Spark's work, which S3 would slow down."""

import fcntl
import hashlib
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from driven_data_glue import job
from driven_data_glue.storage import Conflict, File, S3Storage, _hidden


def allow_folders() -> None:
    """Lets the jobs of this process work in a folder, where --data_root is one. No catalog is kept of it."""
    of_aws = job.services
    job.services = lambda root: of_aws(root) if root.startswith("s3://") else (LocalStorage(), NoGlue())


def storage_of(root: str) -> "S3Storage | LocalStorage":
    return S3Storage(root) if root.startswith("s3://") else LocalStorage()


class NoGlue:
    """Takes what is registered, and keeps nothing."""

    exceptions = SimpleNamespace(EntityNotFoundException=LookupError)

    def get_table(self, **_: Any) -> dict[str, Any]:
        return {"Table": {"StorageDescriptor": {}}}

    def create_partition(self, **_: Any) -> None: ...

    def delete_partition(self, **_: Any) -> None: ...


class LocalStorage:
    """What S3Storage does, in folders. Replacing a file is a rename; conditions hold among its users."""

    bucket = "none"

    def find(self, path: str) -> File | None:
        return _local_file(Path(path)) if Path(path).is_file() else None

    def read(self, path: str, limit: int) -> bytes:
        with Path(path).open("rb") as file:
            return file.read(limit)

    def read_if_there(self, path: str) -> tuple[bytes, str] | None:
        try:
            with Path(path).open("rb") as file:  # one version, though another may replace it meanwhile
                return file.read(), _etag(os.fstat(file.fileno()))
        except FileNotFoundError:
            return None

    def write(self, path: str, content: bytes, *, absent: bool = False, etag: str | None = None) -> str:
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.{os.getpid()}.{threading.get_ident()}")
        unfinished.write_bytes(content)
        with _alone_in(target.parent):
            there = target.exists()
            if (absent and there) or (etag and not (there and _local_file(target).etag == etag)):
                unfinished.unlink()
                raise Conflict(path)
            unfinished.replace(target)
            return _local_file(target).etag

    def files(self, folder: str) -> list[File]:
        root = Path(folder)
        found = sorted(path for path in root.rglob("*") if path.is_file())
        return [_local_file(path) for path in found if not _hidden(path.relative_to(root).as_posix())]

    def put(self, source: File, target: str) -> None:
        if _local_file(Path(source.path)).etag != source.etag:
            raise Conflict(source.path)
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(source.path).replace(target)

    def delete(self, path: str, etag: str | None = None) -> None:
        target = Path(path)
        if not etag:
            target.unlink(missing_ok=True)
            return
        with _alone_in(target.parent):
            if not target.exists() or _local_file(target).etag != etag:
                raise Conflict(path)
            target.unlink()

    def delete_folder(self, folder: str) -> None:
        shutil.rmtree(folder, ignore_errors=True)


def _local_file(path: Path) -> File:
    state = path.stat()
    return File(str(path), state.st_size, _etag(state))


def _etag(state: os.stat_result) -> str:
    """With the inode: a kernel's clock gives two versions that follow each other closely the same time."""
    token = f"{state.st_size} {state.st_mtime_ns} {state.st_ino}"
    return hashlib.sha256(token.encode()).hexdigest()[:32]


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
