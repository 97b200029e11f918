"""The page of a run: whole whatever the run came to, and no value of the data is taken for markup."""

from __future__ import annotations

import dataclasses
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ops.athena import QueryResult, SavedQuery
from ops.errors import CommandError
from sandbox.dashboard import Tile
from sandbox.options import Options
from sandbox.page import Page, add_section
from sandbox.report import PeakMemory, Report
from sandbox.settings import Settings
from sandbox.tables import Bad, TableCounts

DAY = "2024-09-15"
MARKUP = "<script>alert('x')</script> & \"quoted\""


class Text(HTMLParser):
    """The page's tags, and the text of its table cells by row."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.rows: list[list[str]] = []
        self._in_cell = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.rows[-1][-1] += data


@pytest.fixture
def page(tmp_path: Path) -> Page:
    settings = dataclasses.replace(Settings.from_environment({}), build_dir=tmp_path)
    settings.home.mkdir()
    return Page(settings, Options("driven-data", (date.fromisoformat(DAY),), None, None, None), Report(2))


def test_it_shows_the_run_its_tables_quarantine_and_answers(page: Page) -> None:
    with page.report.step("Run the DAG") as step:
        step.task("transform_person", True, 4.2)
        step.task("update_person", False, 1.0)
    page.tables = [TableCounts("dim_person", False, {"2024-09-14": 1000, DAY: 238}, seconds=5.2)]
    page.bad = [Bad("unique_id:uuid4", {DAY: 12})]
    answer = QueryResult("id", ["name", "iban"], [[MARKUP, None]], 250, 0.3)
    page.answers = [(SavedQuery("payment_data", "db", "SELECT 1 < 2"), answer, Path("/answers/payment_data.csv"))]
    page.dashboards = {"driven_data_day": [Tile("Rows", 8, 6, 8, 6, [("RawRows", "250")]), Tile("None", 0, 0, 8, 6)]}
    html = page.html()
    text = Text(html)
    assert ["RawRows", "250"] in text.rows
    assert "grid-column: 9 / span 8; grid-row: 7 / span 6" in html
    assert ["dim_person", "5.2 s", "1,238", "1,000", "238"] in text.rows
    assert ["unique_id:uuid4", "12", "12"] in text.rows
    assert [MARKUP, "NULL"] in text.rows
    assert "script" not in text.tags
    assert '<rect class="task"' in html
    assert '<rect class="failed task"' in html
    assert "SELECT 1 &lt; 2" in html
    assert "The first 1 rows; all in /answers/payment_data.csv" in html


def test_it_asks_the_network_for_nothing(page: Page) -> None:
    html = page.html()
    assert "default-src 'none'" in html
    assert not {"link", "img", "script", "iframe"} & {*Text(html).tags}


def test_other_commands_add_sections(page: Page) -> None:
    assert "Cost" not in page.html()
    add_section(page.settings, "cost", "Cost", "A month's estimate.", ["resource", "USD"], [["NAT <gateway>", "38.02"]])
    html = page.html()
    assert "<h2>Cost</h2>" in html
    assert ["NAT <gateway>", "38.02"] in Text(html).rows


@pytest.mark.parametrize("text", ['{"title": "x"}', '{"title": "cut o'])
def test_a_section_that_is_none_is_named(page: Page, text: str) -> None:
    page.settings.sections.mkdir(parents=True)
    (page.settings.sections / "odd.json").write_text(text)
    with pytest.raises(CommandError, match=r"odd\.json isn't a section with title, text, columns and rows"):
        page.html()


def test_a_failed_run_leaves_a_page_that_says_why(page: Page) -> None:
    with (
        pytest.raises(CommandError, match=r"mend it\. The run: .*report\.html"),
        page.written(PeakMemory(page.settings.home)),
        page.report.step("Provision with Terraform"),
    ):
        raise CommandError("\x1b[1mAccessDenied\x1b[0m <by policy>", "mend it.")
    html = page.settings.page.read_text()
    assert "AccessDenied &lt;by policy&gt;\n  Next: mend it." in html
    assert "\x1b" not in html
    assert '<rect class="failed"' in html
    assert ">failed</span>" in html
