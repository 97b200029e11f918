"""What an action costs: wall and processor time, bytes and memory."""

import contextlib
import io
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from pyspark.sql import SparkSession

Figure = dict[str, float]


class Meter:
    """Wall seconds, processor seconds of the JVM and this process, bytes through Hadoop's local file system, and the
    JVM's peak resident bytes (Linux; else 0)."""

    def __init__(self, spark: SparkSession) -> None:
        self._statistics = spark._jvm.org.apache.hadoop.fs.FileSystem.getGlobalStorageStatistics()
        jvm = next(child for child in psutil.Process().children(recursive=True) if "java" in child.name())
        self._processes = [jvm, psutil.Process()]
        self._process = Path(f"/proc/{jvm.pid}")

    def measure(self, action: Callable[[], None]) -> Figure:
        self._forget_peak()
        read, written, cpu = self._bytes("bytesRead"), self._bytes("bytesWritten"), self._cpu()
        started = time.perf_counter()
        # The jobs log each step; here only their figures count.
        with contextlib.redirect_stdout(io.StringIO()):
            action()
        return {
            "seconds": time.perf_counter() - started,
            "cpu": self._cpu() - cpu,
            "read": self._bytes("bytesRead") - read,
            "written": self._bytes("bytesWritten") - written,
            "peak": self._peak(),
        }

    def _cpu(self) -> float:
        return sum(times.user + times.system for times in (each.cpu_times() for each in self._processes))

    def _bytes(self, name: str) -> int:
        of_files = self._statistics.get("file")
        return (of_files.getLong(name) or 0) if of_files is not None else 0

    def _forget_peak(self) -> None:
        with contextlib.suppress(OSError):
            (self._process / "clear_refs").write_text("5")  # proc(5): resets VmHWM to the present size

    def _peak(self) -> int:
        with contextlib.suppress(OSError):
            for line in (self._process / "status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        return 0
