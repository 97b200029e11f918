"""A run as one page that needs no network, ``build/sandbox/report.html``: its times, tables, quarantine and answers.

Other commands add sections of their own (permissions, cost): a file ``build/sandbox/sections/<name>.json`` with a
title, a text, columns and rows; see ``add_section``.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2

from ops.athena import QueryResult, SavedQuery
from ops.errors import CommandError
from sandbox.dashboard import Tile
from sandbox.options import Options
from sandbox.report import PeakMemory, Report, shown_path
from sandbox.settings import Settings
from sandbox.tables import Bad, TableCounts

MOST_DAYS = 14  # columns of the tables' counts
_LABELS, _PICTURE = 300, 1000  # widths in the picture of the run


@dataclass
class Page:
    """What a run comes to hold; written at its end, however it ends."""

    ROWS_SHOWN = 20

    settings: Settings
    options: Options
    report: Report
    tables: list[TableCounts] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    answers: list[tuple[SavedQuery, QueryResult, Path]] = field(default_factory=list)
    dashboards: dict[str, list[Tile]] = field(default_factory=dict)

    @contextmanager
    def written(self, memory: PeakMemory) -> Iterator[None]:
        error = ""
        try:
            yield
        except CommandError as failure:
            error = str(failure)
            raise CommandError(
                failure.what, f"{failure.next_step} The run: {shown_path(self.settings.page)}.", failure.exit_code
            ) from None
        except BaseException as failure:
            error = f"{type(failure).__name__}: {failure}"
            raise
        finally:
            self.settings.page.write_text(self.html(memory.bytes, error), encoding="utf-8")

    def html(self, memory: int = 0, error: str = "") -> str:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(Path(__file__).parent),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        return environment.get_template("page.html.j2").render(
            page=self,
            error=_plain(error),
            memory=memory,
            made=datetime.now().astimezone().isoformat(" ", "minutes"),
            counts=self._counts(),
            reasons=self._reasons(),
            most_days=MOST_DAYS,
            bars=list(self._bars()),
            ticks=self._ticks(),
            labels=_LABELS,
            width=_PICTURE,
            sections=list(sections(self.settings)),
            shown_path=shown_path,
        )

    def _counts(self) -> tuple[list[str], list[list[str]]]:
        """Columns and rows of the tables' counts."""
        days = sorted({day for table in self.tables for day in table.days})[-MOST_DAYS:]
        rows = [
            [
                table.label,
                "" if table.seconds is None else f"{table.seconds:.1f} s",
                f"{table.rows:,}",
                *(f"{table.days.get(day, 0):,}" if table.days else "" for day in days),
            ]
            for table in self.tables
        ]
        return ["table", "time", "rows", *days], rows

    def _reasons(self) -> tuple[list[str], list[list[str]]]:
        days = [str(day) for day in self.options.days][-MOST_DAYS:]
        rows = [[bad.reason, f"{bad.rows:,}", *(f"{bad.days.get(day, 0):,}" for day in days)] for bad in self.bad]
        return ["reason", "rows", *days], rows

    def _bars(self) -> Iterator[dict[str, Any]]:
        for step in self.report.steps:
            yield self._bar("step" if step.ok else "failed", step.title, step.start, step.seconds)
            for task in step.tasks:
                yield self._bar("task" if task.ok else "failed task", task.name, task.start, task.seconds)

    def _bar(self, kind: str, name: str, start: float, seconds: float) -> dict[str, Any]:
        x, end = self._x(start), self._x(start + seconds)
        return {"kind": kind, "name": name, "seconds": seconds, "x": x, "width": max(end - x, 2)}

    def _ticks(self) -> list[tuple[float, str]]:
        """About eight, at round numbers of seconds."""
        steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
        step = next((each for each in steps if self._total / each <= 8), steps[-1])
        return [(self._x(at), f"{at} s") for at in range(0, int(self._total) + 1, step)]

    def _x(self, at: float) -> float:
        return round(_LABELS + (_PICTURE - _LABELS - 70) * at / self._total, 1)

    @property
    def _total(self) -> float:
        return max([step.start + step.seconds for step in self.report.steps] + [1.0])


def add_section(
    settings: Settings, name: str, title: str, text: str, columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    """Adds a table to the page of this and later runs. name: of its file; a section of that name is replaced."""
    settings.sections.mkdir(parents=True, exist_ok=True)
    section = {"title": title, "text": text, "columns": list(columns), "rows": [list(row) for row in rows]}
    (settings.sections / f"{name}.json").write_text(json.dumps(section), encoding="utf-8")


def sections(settings: Settings, name: str = "*") -> Iterator[dict[str, Any]]:
    """All of them, or the one of this name if it is there."""
    for file in sorted(settings.sections.glob(f"{name}.json")):
        try:
            section = json.loads(file.read_text(encoding="utf-8"))
        except ValueError:
            section = {}
        if {*section} != {"title", "text", "columns", "rows"}:
            raise CommandError(f"{file} isn't a section with title, text, columns and rows.", f"run 'rm {file}'.")
        yield section


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
