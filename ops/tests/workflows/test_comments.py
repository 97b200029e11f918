from __future__ import annotations

from ops.changes import Change
from ops.github.comments import LIMIT, fit
from ops.summary import Summary

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


def test_closes_every_open_fold_and_none_that_is_closed() -> None:
    closed = "<details><summary>a</summary>\n\nx\n\n</details>\n"
    body = f"{closed}<details open><summary>b</summary>\n\n<details>\n\n"
    cut = fit(body + "- item\n" * 1000, LINK, 500)
    assert cut.count("<details") == cut.count("</details>") == 3


def test_a_plans_summary_is_cut_below_the_limit_and_keeps_the_dangers() -> None:
    many = [Change(f"aws_s3_object.object_number_{i}", "aws_s3_object", "create") for i in range(5000)]
    danger = Change("aws_mwaa_environment.airflow", "aws_mwaa_environment", "delete")
    text = fit(Summary("small", [*many, danger], [], []).markdown(), LINK, 5000)
    assert len(text) <= 5000
    assert "**delete** `aws_mwaa_environment.airflow`" in text
    assert "cut here" in text
    assert text.count("<details") == text.count("</details>") > 0


def test_counts_bytes_and_keeps_characters_whole() -> None:
    cut = fit("ț" * 80 + "\n" + "ș" * 100, LINK, 260)
    assert cut.startswith("ț" * 80 + "\n")
    assert len(cut.encode()) <= 260


def test_a_first_line_that_alone_is_too_long_leaves_the_note() -> None:
    assert fit("x" * 1000, LINK, 200).strip().startswith("… cut here")
