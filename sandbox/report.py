"""What the commands print: steps with their times, tables fitted to the terminal's width, and the memory used."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from ops.athena import QueryResult
from sandbox import processes

SAMPLE_SECONDS = 1.0
WIDTH = 120  # where there is no terminal
ROOM = 20  # what a column gets at least, if its values want it, before columns on the right are left out


class Report:
    """Numbered steps on a terminal or, plainly, anywhere else."""

    def __init__(self, steps: int, console: Console | None = None) -> None:
        # Without emoji: rich would make one of the ":ab:" in a MAC address.
        self.console = console or Console(emoji=False, highlight=False, soft_wrap=True)
        if not self.console.is_terminal:
            self.console.width = WIDTH
        self._expected = steps
        self.steps: list[Step] = []
        self.started = time.monotonic()

    @contextmanager
    def step(self, title: str) -> Iterator["Step"]:
        step = Step(title, time.monotonic() - self.started, self.console)
        self.steps.append(step)
        label = f"{len(self.steps)}/{self._expected} {title}"
        try:
            if self.console.is_terminal:
                with self.console.status(label):
                    yield step
            else:
                self.console.print(escape(label))
                yield step
            step.ok = True
        finally:
            step.seconds = self.elapsed() - step.start
        done = f"[green]done[/] {escape(label)}" if self.console.is_terminal else "    done"
        summary = f": {escape(step.summary)}" if step.summary else ""
        self.console.print(f"{done}{summary} ({step.seconds:.1f} s)")

    def elapsed(self) -> float:
        return time.monotonic() - self.started

    def line(self, text: str = "") -> None:
        self.console.print(escape(text))

    def rows(self, title: str, result: QueryResult, most: int, file: Path) -> None:
        """A query's first rows, how many there are, and the file that has all of them."""
        shown = result.sample[:most]
        first = f", first {len(shown)}" if result.rows > len(shown) else ""
        rows = "row" if result.rows == 1 else "rows"
        self.line(f"\n{title}: {result.rows:,} {rows}{first} ({result.seconds:.2f} s); all: {shown_path(file)}")
        if shown:
            self.table(result.columns, [["" if cell is None else cell for cell in row] for row in shown])

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = (), whole: bool = False
    ) -> None:
        """As many columns as the width has room for, a long value cut with "…".

        right: the columns of numbers; whole: all columns, and a long value goes on in further lines.
        """
        fitting = (n for n in range(len(columns), 1, -1) if self._fits(columns[:n], [row[:n] for row in rows]))
        count = len(columns) if whole else next(fitting, 1)
        table = Table(header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for column in columns[:count]:
            table.add_column(escape(column), justify="right" if column in right else "left", overflow="ellipsis")
        for row in rows:
            # A cell's own no_wrap: rich cuts the widest column, where it would take from all whose column has it.
            table.add_row(*(self._cell(cell, whole) for cell in row[:count]))
        for segments in self.console.render_lines(table, pad=False):
            line = Text.assemble(*((segment.text, segment.style or "") for segment in segments))
            line.rstrip()
            self.console.print(line)
        if count < len(columns):
            self.line(f"… and more columns: {', '.join(columns[count:])}")

    @staticmethod
    def _cell(value: str, whole: bool) -> Text:
        return Text(_one_line(value), no_wrap=not whole, overflow="fold" if whole else "ellipsis")

    def _fits(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
        table = Table(*map(escape, columns), box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for row in rows:
            table.add_row(*(Text(_one_line(cell)[:ROOM], no_wrap=True) for cell in row))
        return Measurement.get(self.console, self.console.options, table).maximum < self.console.width


@dataclass
class Task:
    """One of a step's tasks; start: seconds since the command's."""

    name: str
    ok: bool
    start: float
    seconds: float


@dataclass
class Step:
    """start: seconds since the command's."""

    title: str
    start: float
    _console: Console
    seconds: float = 0.0
    ok: bool = False
    summary: str = ""
    tasks: list[Task] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    def task(self, name: str, ok: bool, seconds: float) -> None:
        """A task that has just ended."""
        self.tasks.append(Task(name, ok, self.start + time.monotonic() - self._began - seconds, seconds))
        self._console.print(f"    {escape(name):<26} {'ok' if ok else 'FAILED':<6} {seconds:5.1f} s")


class PeakMemory:
    """Samples the resident memory of all of the sandbox's processes, summed, while it is open."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.bytes = 0

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            self.bytes = max(self.bytes, processes.memory(self._home))


def shown_path(path: Path) -> str:
    """From the current folder where it lies below it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _one_line(text: str) -> str:
    return text.replace("\r", "\\r").replace("\n", "\\n")
