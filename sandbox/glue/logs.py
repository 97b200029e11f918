"""Writes lines into CloudWatch log streams, in order and in batches, without holding up the writer."""

import queue
import threading
import time
from contextlib import suppress
from typing import Any

# PutLogEvents takes 10,000 events of 256 KB and 1 MB in all; an event counts 26 bytes more than its text.
MAX_EVENTS, MAX_EVENT, MAX_BATCH = 1000, 200_000, 900_000


class LogStream:
    """One stream, written to one group or several. Missing groups and the stream are created."""

    def __init__(self, client: Any, groups: list[str], stream: str) -> None:
        self._client, self._groups, self._stream = client, groups, stream
        self._lines: queue.Queue[tuple[int, str] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"logs {stream}")
        self._thread.start()

    def write(self, line: str) -> None:
        text = line.rstrip("\n").encode()[:MAX_EVENT].decode(errors="ignore")
        if text:  # CloudWatch refuses empty events
            self._lines.put((int(time.time() * 1000), text))

    def close(self) -> None:
        """Returns when everything is written."""
        self._lines.put(None)
        self._thread.join(30)

    def _run(self) -> None:
        for group in self._groups:
            there = self._client.exceptions.ResourceAlreadyExistsException
            with suppress(there):  # the stack's, or an earlier run's
                self._client.create_log_group(logGroupName=group)
            with suppress(there):  # a crawler's, of its earlier crawls
                self._client.create_log_stream(logGroupName=group, logStreamName=self._stream)
        open_ = True
        while open_:
            batch, open_ = self._batch()
            for group in self._groups if batch else []:
                events = [{"timestamp": at, "message": text} for at, text in batch]
                self._client.put_log_events(logGroupName=group, logStreamName=self._stream, logEvents=events)

    def _batch(self) -> tuple[list[tuple[int, str]], bool]:
        """The lines of the next half second; and whether more may come."""
        batch: list[tuple[int, str]] = []
        size, until = 0, time.monotonic() + 0.5
        while len(batch) < MAX_EVENTS and size < MAX_BATCH - MAX_EVENT and (left := until - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left)
            except queue.Empty:
                break
            if line is None:
                return batch, False
            batch.append(line)
            size += len(line[1].encode()) + 26
        return batch, True
