"""What the commands print: steps with their times, tables, and the memory used."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sandbox import processes
from sandbox.queries import QueryResult

SAMPLE_SECONDS = 1.0


class Report:
    """Numbered steps on a terminal or, plainly, anywhere else."""

    def __init__(self, steps: int, console: Console | None = None) -> None:
        # Without emoji: rich would make one of the ":ab:" in a MAC address.
        self.console = console or Console(emoji=False, highlight=False, soft_wrap=True)
        self._wide = Console(file=self.console.file, width=10_000, emoji=False, highlight=False, soft_wrap=True)
        self._steps, self._number = steps, 0
        self.started = time.monotonic()

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        self._number += 1
        started = time.monotonic()
        label = f"{self._number}/{self._steps} {title}"
        step = Step(self.console)
        if self.console.is_terminal:
            with self.console.status(label):
                yield step
        else:
            self.console.print(escape(label))
            yield step
        seconds = time.monotonic() - started
        done = f"[green]done[/] {escape(label)}" if self.console.is_terminal else "    done"
        self.console.print(
            f"{done}: {escape(step.summary)} ({seconds:.1f} s)" if step.summary else f"{done} ({seconds:.1f} s)"
        )

    def line(self, text: str = "") -> None:
        self.console.print(escape(text))

    def rows(self, title: str, result: QueryResult) -> None:
        """A query's first rows and how many there are."""
        shown = f", first {len(result.sample)}" if result.rows > len(result.sample) else ""
        self.line(f"\n{title}: {result.rows:,} rows{shown} ({result.seconds:.2f} s)")
        if result.sample:
            self.table(result.columns, [["" if cell is None else cell for cell in row] for row in result.sample])

    def table(self, columns: list[str], rows: list[list[str]]) -> None:
        table = Table(header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 2))
        for column in columns:
            table.add_column(escape(column), no_wrap=True)
        for row in rows:
            table.add_row(*(escape(cell) for cell in row))
        # A table keeps its width in a pipe or a narrow terminal: a cut cell would hide data.
        wide = self._wide if rows else self.console
        wide.print(table, soft_wrap=True, crop=False)


class Step:
    def __init__(self, console: Console) -> None:
        self._console = console
        self.summary = ""

    def detail(self, text: str) -> None:
        self._console.print(f"    {escape(text)}")

    def task(self, name: str, ok: bool, seconds: float) -> None:
        self.detail(f"{name:<26} {'ok' if ok else 'FAILED':<6} {seconds:5.1f} s")


class PeakMemory:
    """Samples the resident memory of all of the sandbox's processes, summed, while it is open."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.bytes = 0

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            self.bytes = max(self.bytes, processes.memory(self._home))
