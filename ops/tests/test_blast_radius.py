"""What a change of the pipeline table breaks, as the plan's summary says it; glue/tests compares it with Spark."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops import blast_radius, pipeline_change
from ops.blast_radius import Pipeline, effects, queries
from ops.project import ROOT
from ops.summary import Summary
from ops.tests.builders import stack

SAVED = {
    "payments": "SELECT iban, sum(payment_amount) AS total FROM payment_data GROUP BY iban",
    "missing": "SELECT count_if(c.iban = '') AS n FROM raw AS c UNION ALL "
    "SELECT count_if(address = '') FROM dim_address",
}


def text(path: str) -> str:
    return (ROOT / path).read_text()


def changed(change: Callable[[dict[str, Any]], None], **sql: str) -> Pipeline:
    """The pipeline after a change of the table, with other definitions by the names of their tables."""

    def read(path: str) -> str:
        if path == blast_radius.TABLE:
            table = yaml.safe_load(text(path))
            change(table)
            return yaml.safe_dump(table)
        return sql.get(Path(path).stem) or text(path)

    return Pipeline.read(read)


def column(table: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in table["raw"]["columns"] if each["name"] == name)


def trusted(table: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in table["trusted"]["tables"] if each["name"] == name)


def drop(name: str) -> Callable[[dict[str, Any]], None]:
    """Drops a column everywhere but in the SQL."""

    def change(table: dict[str, Any]) -> None:
        table["raw"]["columns"].remove(column(table, name))
        for each in [*table["datasets"], *table["trusted"]["tables"]]:
            each["columns"] = [other for other in each["columns"] if other != name]

    return change


def nothing(_table: dict[str, Any]) -> None:
    pass


BASE = Pipeline.read(text)


def test_nothing_changed() -> None:
    assert effects(BASE, changed(nothing), SAVED, SAVED) == []


def test_a_dropped_column_names_what_is_made_of_it_and_its_owners() -> None:
    names = ("payment_data", "pii_data", "non_pii_data")
    without = {name: text(f"pipeline/trusted/{name}.sql").replace("    iban,\n", "") for name in names}
    assert effects(BASE, changed(drop("iban"), **without), SAVED) == [
        "dropping `iban` breaks `dim_finance.iban` (owner finance), `payment_data.iban` (owner finance), "
        "`pii_data.iban` (owner restricted), `non_pii_data.iban` (owner analysts); saved queries payments, missing"
    ]


def test_what_still_reads_a_dropped_column_will_fail() -> None:
    lines = effects(BASE, changed(drop("upload_speed")), {}, {"speeds": "SELECT upload_speed FROM fact_network_usage"})
    # Both of payment_data's columns that are computed of it.
    assert "`payment_data.payment_amount` (owner finance)" in lines[0]
    assert "`technical_data.technical_issue` (owner technical)" in lines[0]
    assert "payment_data.sql still reads `raw.upload_speed`: it will fail" in lines
    assert "saved query speeds still reads `fact_network_usage.upload_speed`: it will fail" in lines


def test_a_column_that_only_a_table_loses() -> None:
    def change(table: dict[str, Any]) -> None:
        table["datasets"][0]["columns"].remove("address")

    assert effects(BASE, changed(change), SAVED) == [
        "dropping `dim_address.address` (owner technical); saved queries missing"
    ]


def test_another_type_reaches_every_table_and_the_days_already_written() -> None:
    lines = effects(BASE, changed(lambda table: column(table, "iban").update(type="int")), SAVED)
    assert lines == [
        "`iban` becomes int (was string) in `dim_finance.iban` (owner finance), `payment_data.iban` (owner finance), "
        "`pii_data.iban` (owner restricted), `non_pii_data.iban` (owner analysts); saved queries payments, missing: "
        "days already written keep the old type"
    ]
    retyped = changed(lambda table: trusted(table, "payment_data")["types"].update(payment_amount="int"))
    assert effects(BASE, retyped, SAVED) == [
        "`payment_data.payment_amount` becomes int (was double) in `payment_data.payment_amount` (owner finance); "
        "saved queries payments: days already written keep the old type"
    ]


def test_masking_that_shows_more_or_less() -> None:
    lines = effects(BASE, changed(lambda table: column(table, "email").update(masking="full")), SAVED)
    assert lines == [
        "`non_pii_data.email` (owner analysts) shows `email` masked (full) (was masked (partial, walkthrough))"
    ]
    lines = effects(BASE, changed(lambda table: trusted(table, "non_pii_data").update(clear=["iban"])), SAVED)
    assert lines == [
        "PERSONAL DATA: `non_pii_data.iban` (owner analysts) shows `iban` as it is (was masked (partial, walkthrough))"
    ]
    lines = effects(BASE, changed(lambda table: trusted(table, "non_pii_data").update(profile="strict")), SAVED)
    assert len(lines) == 5 and all("strict" in line and "PERSONAL" not in line for line in lines)


def test_a_definition_that_computes_otherwise() -> None:
    sql = text("pipeline/trusted/payment_data.sql")
    assert effects(BASE, changed(nothing, payment_data=sql.replace("upload_speed + 1", "upload_speed + 2")), SAVED) == [
        "`payment_data.payment_amount` (owner finance) is computed differently; saved queries payments"
    ]
    assert effects(BASE, changed(nothing, payment_data=sql.replace("-- Finance", "-- For finance")), SAVED) == []


def test_a_condition_makes_every_column_depend_on_it() -> None:
    sql = text("pipeline/trusted/payment_data.sql") + "WHERE email <> ''\n"
    lines = effects(changed(nothing, payment_data=sql), changed(drop("email"), payment_data=sql), {})
    assert "`payment_data.payment_amount` (owner finance)" in lines[0]


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone's branch, one commit after main, of what the comparison reads."""
    folder = tmp_path / "repository"
    definitions = [f"{blast_radius.TRUSTED}/{each.name}" for each in (ROOT / blast_radius.TRUSTED).iterdir()]
    for path in (blast_radius.TABLE, pipeline_change.SNAPSHOT, *definitions):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text(path))
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "base")
    git(folder, "checkout", "-qb", "change")
    monkeypatch.setattr(pipeline_change, "ROOT", folder)
    monkeypatch.delenv("BASE", raising=False)
    return folder


def test_the_plan_compares_with_the_merge_base(repository: Path, tmp_path: Path) -> None:
    made = stack(tmp_path, text(pipeline_change.SNAPSHOT))
    assert pipeline_change.consequence(made) == []
    table = yaml.safe_load(text(blast_radius.TABLE))
    column(table, "email").update(masking="full")
    (repository / blast_radius.TABLE).write_text(yaml.safe_dump(table))
    git(repository, "commit", "-qam", "change")
    told = pipeline_change.consequence(made)
    assert [heading for heading, _ in told] == ["Breaks for readers (1)"]
    assert "`non_pii_data.email` (owner analysts) shows `email` masked (full" in told[0][1][0]
    assert told[0][1][0] in Summary("small", [], [], [], (), told).text()
    markdown = Summary("small", [], [], [], (), told).markdown()
    assert f"**Breaks for readers (1)**\n\n- {told[0][1][0]}\n" in markdown


def test_a_change_that_breaks_nothing_says_so(repository: Path, tmp_path: Path) -> None:
    (repository / "pipeline" / "pipeline.yaml").write_text("# another comment\n" + text(blast_radius.TABLE))
    told = pipeline_change.consequence(stack(tmp_path, text(pipeline_change.SNAPSHOT)))
    assert told == [("The pipeline table's change breaks nothing for readers", [])]


def test_without_a_base_the_plan_says_so_and_goes_on(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository, "branch", "-D", "main")
    monkeypatch.setenv("BASE", "nowhere")
    ((heading, lines),) = pipeline_change.consequence(stack(tmp_path, text(pipeline_change.SNAPSHOT)))
    assert heading.startswith("What the pipeline table's change breaks can't be told: git merge-base HEAD main:")
    assert lines == []


def test_every_saved_query_of_the_stack_is_understood(tmp_path: Path) -> None:
    tables: dict[str, list[str]] = {}
    for table, name in BASE.columns:
        tables.setdefault(table, []).append(name)
    saved = queries(stack(tmp_path, text(pipeline_change.SNAPSHOT)).document)
    for name, sql in saved.items():
        assert blast_radius.read_columns(sql, tables) or name == "quarantine_summary"
