"""Puts one partition's files in their place, each in one step."""

from collections.abc import Callable, Sequence

from driven_data_glue.errors import JobError
from driven_data_glue.storage import Conflict, File, S3Storage

SUFFIX = ".snappy.parquet"


def publish(storage: S3Storage, files: Sequence[File], partition: str, check: Callable[[], None]) -> None:
    """Makes these files, in this order, the partition's only ones. `check` is called before each step.

    They are named part-00000.snappy.parquet and so on, so each replaces its predecessor in one step, and what
    is left over goes last. A crash on the way leaves whole files only, and a repeated run shows its readers
    the same rows at every moment, because the same input gives the same files.
    """
    names = [f"{partition}/part-{number:05d}{SUFFIX}" for number in range(len(files))]
    for source, target in zip(files, names, strict=True):
        check()
        try:
            storage.put(source, target)
        except (Conflict, FileNotFoundError):
            raise JobError(f"{source.path} was changed or deleted before it was published; run again") from None
    for surplus in storage.files(partition):
        if surplus.path not in names:
            check()
            storage.delete(surplus.path)


def parquet_files(storage: S3Storage, folder: str) -> list[File]:
    """The partition's files in the order of their rows."""
    return [file for file in storage.files(folder) if file.name.endswith(".parquet")]
