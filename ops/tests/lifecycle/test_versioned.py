"""A versioned bucket: its destroy takes the old versions and the delete markers with it."""

from __future__ import annotations

from ops.tests import small_stack
from ops.tests.front import Front, Workspace

BUCKET = small_stack.BUCKET


def test_destroy(small: Workspace, front: Front) -> None:
    """destroy of a versioned bucket, with old versions and delete markers in it"""
    document = small_stack.document()
    kept = ("aws_s3_bucket", "aws_s3_object")
    document["resource"] = {kind: each for kind, each in document["resource"].items() if kind in kept}
    document["resource"]["aws_s3_bucket_versioning"] = {
        "data_lake": {
            "bucket": "${aws_s3_bucket.data_lake.bucket}",
            "versioning_configuration": {"status": "Enabled"},
        }
    }
    del document["data"]
    small.add("small", document)
    small.run("plan", "small")
    small.run("apply", "small")
    s3 = front.client("s3")
    for body in (b"old", b"new"):
        s3.put_object(Bucket=BUCKET, Key="data/raw/day.csv", Body=body)
    s3.delete_object(Bucket=BUCKET, Key="data/raw/day.csv")
    s3.put_object(Bucket=BUCKET, Key="data/raw/kept.csv", Body=b"kept")
    held = s3.list_object_versions(Bucket=BUCKET)
    assert len([each for each in held["Versions"] if each["Key"] == "data/raw/day.csv"]) == 2
    assert [each["Key"] for each in held["DeleteMarkers"]] == ["data/raw/day.csv"]
    assert "with every object and version in it" in small.run("destroy", "small", expect=1)
    assert "is destroyed" in small.run("destroy", "small", CONFIRM="small")
    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == [small_stack.STATE_BUCKET]
