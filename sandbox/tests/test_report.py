"""What the commands print of the data is the data."""

import pytest

from sandbox.report import Report


def test_values_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report(1)
    values = ["98:8a:5b:ab:75:df", "[bold]not markup[/]", ":smile:", "x" * 300]
    report.line(" ".join(values))
    report.table(["value"], [[value] for value in values])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == " ".join(values)
    assert [line.rstrip() for line in lines[2:]] == values
