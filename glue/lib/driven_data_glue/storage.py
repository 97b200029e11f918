"""Files through Hadoop's FileSystem: s3:// on Glue and in the sandbox, and local folders."""

from typing import Any

from pyspark.sql import SparkSession


class Storage:
    """Whole files by their path. Listing and deleting what doesn't exist is no error."""

    def __init__(self, spark: SparkSession) -> None:
        self._jvm = spark.sparkContext._jvm
        self._hadoop = spark.sparkContext._jsc.hadoopConfiguration()

    def size(self, path: str) -> int | None:
        """Bytes, or None when there is no such file."""
        fs, target = self._at(path)
        return fs.getFileStatus(target).getLen() if fs.exists(target) else None

    def read(self, path: str, limit: int | None = None, gunzip: bool = False) -> bytes:
        """The file's bytes, or the first `limit` of them."""
        fs, target = self._at(path)
        stream = fs.open(target)
        try:
            source = self._jvm.java.util.zip.GZIPInputStream(stream) if gunzip else stream
            return bytes(source.readAllBytes() if limit is None else source.readNBytes(limit))
        finally:
            stream.close()

    def write(self, path: str, content: bytes) -> None:
        fs, target = self._at(path)
        stream = fs.create(target, True)
        stream.write(bytearray(content))
        stream.close()

    def files(self, folder: str) -> list[str]:
        """Names of the files that lie directly in the folder, sorted."""
        return sorted(status.getPath().getName() for status in self._list(folder) if status.isFile())

    def folders(self, folder: str) -> list[str]:
        """Names of the folders that lie directly in the folder, sorted."""
        return sorted(status.getPath().getName() for status in self._list(folder) if status.isDirectory())

    def replace(self, source: str, target: str) -> None:
        """Puts the file `source` at `target` in one step: a reader sees the old file or the new one, whole.

        An object store shows an object once its upload is complete, so there it is copied; a local file
        system replaces by renaming. Renaming isn't used on object stores because it refuses or first deletes
        the target.
        """
        source_fs, source_path = self._at(source)
        target_fs, target_path = self._at(target)
        if target_fs.getScheme() == "file":
            raw_fs = target_fs.getRawFileSystem()  # leaves the checksum file behind, which only Hadoop reads
            raw_fs.mkdirs(target_path.getParent())
            done = raw_fs.rename(source_path, target_path)
        else:
            util = self._jvm.org.apache.hadoop.fs.FileUtil
            done = util.copy(source_fs, source_path, target_fs, target_path, False, True, self._hadoop)
        if not done:
            raise OSError(f"can't put {source} at {target}")

    def delete(self, path: str) -> None:
        """Deletes a file, or a folder with all that is in it."""
        fs, target = self._at(path)
        fs.delete(target, True)

    def _list(self, folder: str) -> list[Any]:
        fs, target = self._at(folder)
        return list(fs.listStatus(target)) if fs.exists(target) else []

    def _at(self, path: str) -> tuple[Any, Any]:
        target = self._jvm.org.apache.hadoop.fs.Path(path)
        return target.getFileSystem(self._hadoop), target
