from __future__ import annotations

import pytest

from ops.github.markdown import LIMIT, fit

LINK = "https://github.com/acme/platform/actions/runs/42"


def test_what_fits_stays_as_it_is() -> None:
    body = "x" * LIMIT
    assert fit(body, LINK) is body


def test_cuts_at_a_line_and_links_to_the_rest() -> None:
    body = "\n".join(f"- line {number}" for number in range(20_000))
    cut = fit(body, LINK)
    kept, _, note = cut.partition("\n\n…")
    assert len(cut.encode()) <= LIMIT
    assert len(cut.encode()) > LIMIT - 100, "far more was cut than needed"
    assert body.startswith(kept + "\n")
    assert LINK in note


@pytest.mark.parametrize(("opening", "closing"), [("```", "```"), ("````diff", "````"), ("~~~", "~~~")])
def test_closes_an_open_code_block(opening: str, closing: str) -> None:
    cut = fit(f"head\n{opening}\n" + "+ line\n" * 1000, LINK, 500)
    assert f"+ line\n{closing}\n\n… cut here" in cut


def test_closes_every_open_fold_and_none_that_is_closed() -> None:
    closed = "<details><summary>a</summary>\n\nx\n\n</details>\n"
    body = f"{closed}<details open><summary>b</summary>\n\n<details>\n\n"
    cut = fit(body + "- item\n" * 1000, LINK, 500)
    assert cut.count("<details") == cut.count("</details>") == 3


def test_a_fold_that_a_code_block_only_shows_isnt_open() -> None:
    cut = fit("```\n<details>\n```\n" + "line\n" * 1000, LINK, 300)
    assert "</details>" not in cut


def test_counts_bytes_and_keeps_characters_whole() -> None:
    cut = fit("ț" * 80 + "\n" + "ș" * 100, LINK, 260)
    assert cut.startswith("ț" * 80 + "\n")
    assert len(cut.encode()) <= 260


def test_a_first_line_that_alone_is_too_long_leaves_the_note() -> None:
    assert fit("x" * 1000, LINK, 200).strip().startswith("… cut here")
