from __future__ import annotations

from pathlib import Path

import pytest

from ops.errors import CommandError
from ops.github.replacements import allow, entries
from ops.project import ROOT, Project

ENTRY = """
[[replacement]]
deployment = "small"
address = "aws_s3_bucket.lake"
pull_request = 7
because = "a new name"
"""


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GITHUB_ENV", str(tmp_path / "output"))
    monkeypatch.setenv("PULL_REQUEST", "7")
    return tmp_path / "output"


def test_what_the_pull_request_names_is_allowed(replacements: Path, output: Path, project: Project) -> None:
    second = ENTRY.replace("aws_s3_bucket.lake", 'aws_kms_key.k[\\"a\\"]')
    replacements.write_text(ENTRY + second)
    allow("small", project)
    assert output.read_text() == 'ALLOW_REPLACE=aws_s3_bucket.lake,aws_kms_key.k["a"]\n'


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(ENTRY.replace("= 7", "= 6"), id="another pull request's"),
        pytest.param(ENTRY.replace('"small"', '"small-eu"'), id="another deployment's"),
        pytest.param("# nothing\n", id="nothing"),
    ],
)
def test_an_entry_of_something_else_allows_nothing(
    replacements: Path, output: Path, project: Project, entry: str
) -> None:
    replacements.write_text(entry)
    allow("small", project)
    assert output.read_text() == "ALLOW_REPLACE=\n"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (ENTRY.replace("because", "reason"), "replacement 1 lacks because and doesn't know reason"),
        (ENTRY.replace("pull_request = 7\n", ""), "replacement 1 lacks pull_request"),
        (ENTRY.replace("= 7", '= "7"'), "pull_request isn't a number: '7'"),
        (ENTRY.replace("= 7", "= true"), "pull_request isn't a number: True"),
        (ENTRY.replace("a new name", " "), "because is empty"),
        (ENTRY.replace("aws_s3_bucket.lake", "aws_s3_bucket.lake,aws_kms_key.k"), "is no resource's address"),
        (ENTRY.replace("[[replacement]]", "[[replace]]"), "unknown key replace"),
        ("[[replacement", "isn't TOML"),
    ],
)
def test_what_is_not_whole_is_refused(replacements: Path, entry: str, message: str) -> None:
    replacements.write_text(entry)
    with pytest.raises(CommandError, match=message):
        entries()


def test_the_projects_own_file_and_its_example_can_be_read(replacements: Path) -> None:
    text = (ROOT / "config" / "replacements.toml").read_text()
    replacements.write_text(text)
    entries()
    example = "\n".join(line.removeprefix("# ") for line in text.partition("# [[replacement]]")[2].splitlines())
    replacements.write_text(f"[[replacement]]{example}")
    assert [each.pull_request for each in entries()] == [123]
