"""What a run tells of its tables, asked of the real engine through the front."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ops.athena import Athena
from ops.errors import CommandError
from sandbox import tables
from sandbox.report import Report, Task
from sandbox.tests.athena.conftest import BUCKET, DATABASE, DAYS, Warehouse, pipeline
from sandbox.tests.conftest import OPEN_CSV, Sandbox

GROUP = "run-tables"
RAW = "raw_lines"


@pytest.fixture(scope="module")
def athena(warehouse: Warehouse, sandbox: Sandbox) -> Iterator[Athena]:
    """A work group of its own, and a raw table with a day of two rows."""
    location = {"ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/athena-results/"}}
    warehouse.athena.create_work_group(Name=GROUP, Configuration=location)
    warehouse.table(RAW, [("name", "string")], "lines/", form=OPEN_CSV)
    warehouse.s3.put_object(Bucket=BUCKET, Key=f"lines/lines_{DAYS[0]}.csv", Body=b"Ana\nIon\n")
    warehouse.table("quarantine", [("reason", "string")], "bad/", keys=[("run_date", "string")], form=OPEN_CSV)
    warehouse.s3.put_object(Bucket=BUCKET, Key=f"bad/run_date={DAYS[0]}/a.csv", Body=b"x:date\nb:int\nx:date\n")
    warehouse.partition("quarantine", [DAYS[0]], f"bad/run_date={DAYS[0]}/")
    warehouse.view("raw_view", f"SELECT name FROM {RAW}", [("name", "varchar")])
    yield Athena(sandbox.client, GROUP, DATABASE)
    for name in ("raw_view", RAW, "quarantine"):
        warehouse.glue.delete_table(DatabaseName=DATABASE, Name=name)


def test_tables_and_views_are_counted_by_day_and_times_are_those_of_their_tasks(
    athena: Athena, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    described = warehouse.glue.get_tables(DatabaseName=DATABASE)["TableList"]
    wanted = {RAW, "raw_view", "quarantine", "dim_person", "payments"}
    counted = tables.count(athena, [each for each in described if each["Name"] in wanted])
    assert [(each.name, each.view) for each in counted] == [
        ("dim_person", False),
        ("quarantine", False),
        (RAW, False),
        ("payments", True),
        ("raw_view", True),
    ]
    by_name = {each.name: each.days for each in counted}
    assert by_name[RAW] == {DAYS[0]: 2}
    assert by_name["quarantine"] == {DAYS[0]: 3}
    assert by_name["dim_person"] == by_name["payments"] == dict.fromkeys(DAYS, 1)

    names = ("transform_person", "update_person", "judge_raw_data", "reconcile_counts")
    tables.add_times(counted, pipeline(), [Task(name, True, 0, 1.5) for name in names])
    bad = tables.quarantined(athena, [date.fromisoformat(DAYS[0])])
    assert [(each.reason, each.rows) for each in bad] == [("x:date", 2), ("b:int", 1)]
    tables.show(Report(0), counted, bad, [date.fromisoformat(DAYS[0])])
    assert capsys.readouterr().out.splitlines() == [
        "",
        f"table            days  rows  {DAYS[0]}  seconds",
        f"dim_person          {len(DAYS)}     {len(DAYS)}           1      3.0",
        "quarantine          1     3           3      1.5",
        f"{RAW}           1     2           2",
        f"payments (view)     {len(DAYS)}     {len(DAYS)}           1",
        "raw_view (view)           2",
        "",
        "Quarantined: x:date 2, b:int 1",
    ]


def test_a_whole_answer_is_kept_as_athena_wrote_it(athena: Athena, tmp_path: Path) -> None:
    answer = athena.ask("SELECT * FROM (VALUES 1, 2, 3) AS t (x) ORDER BY x", keep=2)
    assert (answer.columns, answer.sample, answer.rows) == (["x"], [["1"], ["2"]], 3)
    file = athena.save(answer, tmp_path / "answers", "mine")
    assert file == tmp_path / "answers" / "mine.csv"
    assert file.read_text() == '"x"\n"1"\n"2"\n"3"\n'


def test_a_refused_query_says_why(athena: Athena) -> None:
    with pytest.raises(
        CommandError, match=r"The query failed: COLUMN_NOT_FOUND.*\n    SELECT nothing\n  Next: correct"
    ):
        athena.ask("SELECT nothing")
    with pytest.raises(
        CommandError, match=r"Athena refuses the query: .*mismatched input.*\n    SELEC 1\n  Next: corr"
    ):
        athena.ask("SELEC 1")
