from __future__ import annotations

from ops.changes import Change
from ops.summary import Summary


def test_counts_come_first_and_dangers_before_the_rest() -> None:
    changes = [
        Change("aws_glue_job.a", "aws_glue_job", "create"),
        Change("aws_s3_bucket.lake", "aws_s3_bucket", "replace", ("bucket",), ("bucket",)),
    ]
    text = Summary("small", changes, [], []).text()
    lines = text.splitlines()
    assert lines[0] == "Plan for small: 1 to create, 0 to change, 1 to replace, 0 to delete"
    assert "DATA AT RISK" in lines[2]
    assert text.index("!!! replace") < text.index("aws_glue_job.a")


def test_an_empty_plan_says_so() -> None:
    assert Summary("small", [], [], []).text() == "Plan for small: no changes\n"
    assert "**No changes**" in Summary("small", [], [], []).markdown()


def test_what_is_suppressed_is_listed() -> None:
    suppressed = [
        {
            "rule": "bucket-versioning",
            "resource": "aws_s3_bucket.data_lake",
            "what": "keeps no versions",
            "reason": "as before",
            "expires": "2999-12-31",
        }
    ]
    text = Summary("small", [], [], [], suppressed).text()
    assert "Rules that are suppressed (1)" in text
    assert "  aws_s3_bucket.data_lake: bucket-versioning, until 2999-12-31: as before" in text
    markdown = Summary("small", [], [], [], suppressed).markdown()
    assert "Rules that are suppressed" in markdown
    assert "- `aws_s3_bucket.data_lake`: bucket-versioning, until 2999-12-31: as before" in markdown


def test_imports_and_drift_are_told() -> None:
    imported = Change("aws_iam_role.a", "aws_iam_role", "none", imported=True)
    drifted = Change("aws_glue_job.b", "aws_glue_job", "update", ("timeout",))
    text = Summary("small", [imported], [drifted], ["bucket"]).text()
    assert "1 to import" in text
    assert "aws_glue_job.b: changed: timeout" in text
    assert "Outputs that change: bucket" in text
