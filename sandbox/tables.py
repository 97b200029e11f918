"""The deployed tables as a run left them: rows by day, quarantined rows by reason, and the time each table took."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ops.athena import Athena
from sandbox.report import Report, Task

RAW, QUARANTINE = "raw", "quarantine"
# The raw table's files carry the day in their names, other tables in a column; a view of the raw table knows no day.
_DAY_OF_FILE = "regexp_extract(\"$path\", '(\\d{4}-\\d{2}-\\d{2})[^/]*$', 1)"
_NO_DAY = "CAST(NULL AS varchar)"


@dataclass
class TableCounts:
    """days: rows by day; undated: rows of no known day; seconds: of the run's tasks that filled it, None: of none."""

    name: str
    view: bool
    days: dict[str, int] = field(default_factory=dict)
    undated: int = 0
    seconds: float | None = None

    @property
    def label(self) -> str:
        return f"{self.name} (view)" if self.view else self.name

    @property
    def rows(self) -> int:
        return sum(self.days.values()) + self.undated


@dataclass(frozen=True)
class Bad:
    """Quarantined rows of one reason, by day."""

    reason: str
    days: dict[str, int]

    @property
    def rows(self) -> int:
        return sum(self.days.values())


def count(athena: Athena, described: Sequence[Mapping[str, Any]]) -> list[TableCounts]:
    """Asks for the rows by day of all tables in one query, the views last. described: as Glue describes them."""
    tables = {each["Name"]: TableCounts(each["Name"], each.get("TableType") == "VIRTUAL_VIEW") for each in described}
    parts = [
        f"SELECT '{each['Name']}', {_day_of(each)}, count(*) FROM \"{each['Name']}\" GROUP BY 2" for each in described
    ]
    for name, day, rows in athena.ask(" UNION ALL ".join(parts), keep=1_000_000).sample if parts else []:
        if day is None:
            tables[name or ""].undated = int(rows or 0)
        else:
            tables[name or ""].days[day] = int(rows or 0)
    for table in tables.values():
        table.days = dict(sorted(table.days.items()))
    return sorted(tables.values(), key=lambda table: (table.view, table.name))


def quarantined(athena: Athena, days: Iterable[date]) -> list[Bad]:
    """The reasons of these days' quarantined rows, the most frequent first."""
    listed = ", ".join(f"'{day}'" for day in days)
    sql = f"SELECT reason, run_date, count(*) FROM {QUARANTINE} WHERE run_date IN ({listed}) GROUP BY 1, 2 ORDER BY 2"
    found: dict[str, dict[str, int]] = {}
    for reason, day, rows in athena.ask(sql, keep=1_000_000).sample:
        found.setdefault(str(reason), {})[str(day)] = int(rows or 0)
    return sorted((Bad(*each) for each in found.items()), key=lambda bad: (-bad.rows, bad.reason))


def add_times(tables: Iterable[TableCounts], pipeline: Mapping[str, Any], tasks: Iterable[Task]) -> None:
    """Gives each table the seconds of the tasks that fill it. pipeline: the deployed pipeline table."""
    took: dict[str, float] = {}
    for task in tasks:
        took[task.name] = took.get(task.name, 0.0) + task.seconds
    filling = {each["name"]: (f"transform_{each['task']}", f"update_{each['task']}") for each in pipeline["datasets"]}
    filling[RAW] = ("extract_raw_data", "update_raw_data")
    filling[QUARANTINE] = (pipeline["judgement"]["task"],)
    trusted = pipeline["trusted"]
    filling |= {each["name"]: (f"transform_{trusted['task']}", f"update_{each['name']}") for each in trusted["tables"]}
    for table in tables:
        if known := [took[name] for name in filling.get(table.name, ()) if name in took]:
            table.seconds = sum(known)


def show(report: Report, tables: Sequence[TableCounts], bad: Sequence[Bad], days: Sequence[date]) -> None:
    """The one table at a run's end, and why rows were quarantined."""
    new = str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"
    columns = ["table", "days", "rows", new, "seconds"]
    report.line()
    report.table(
        columns,
        [
            [
                table.label,
                str(len(table.days) or ""),
                f"{table.rows:,}",
                f"{sum(table.days.get(str(day), 0) for day in days):,}" if table.days else "",
                "" if table.seconds is None else f"{table.seconds:.1f}",
            ]
            for table in tables
        ],
        right=columns[1:],
    )
    if bad:
        reasons = ", ".join(f"{each.reason} {each.rows:,}" for each in bad)
        report.line(f"\nQuarantined: {reasons}")


def _day_of(table: Mapping[str, Any]) -> str:
    columns = [*table["StorageDescriptor"]["Columns"], *table.get("PartitionKeys", [])]
    if any(each["Name"] == "run_date" for each in columns):
        return "CAST(run_date AS varchar)"
    return _NO_DAY if table.get("TableType") == "VIRTUAL_VIEW" else _DAY_OF_FILE
