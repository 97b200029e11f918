"""The day's raw file, made in a real S3."""

import dataclasses
import datetime
import gzip
import itertools
import re

import pytest
import raw_batch
import raw_file
from botocore.exceptions import ClientError
from conftest import COLUMNS

MOMENT = datetime.datetime(2024, 9, 15, 7)
DAY = "data/raw/raw_batch_data_2024-09-15.csv"
HEADER = (",".join(COLUMNS) + "\n").encode()


@pytest.fixture
def files(s3, bucket):
    return raw_file.RawFiles(s3, bucket, "data/raw/raw_batch_data", COLUMNS)


def keys(files) -> list[str]:
    return [entry["Key"] for entry in files.s3.list_objects_v2(Bucket=files.bucket).get("Contents", [])]


def content(files, key: str) -> bytes:
    return files.s3.get_object(Bucket=files.bucket, Key=key)["Body"].read()


def put(files, key: str, body: bytes) -> None:
    files.s3.put_object(Bucket=files.bucket, Key=key, Body=body)


def uploads(files) -> list:
    return files.s3.list_multipart_uploads(Bucket=files.bucket).get("Uploads", [])


def test_first_load_goes_up_whole_in_several_parts(files):
    uri = files.ensure(MOMENT, raw_file.Request())
    assert uri == f"s3://{files.bucket}/{DAY}"
    body = content(files, DAY)
    expected = raw_batch.Batch(MOMENT, COLUMNS, 100_372, seed=files.bucket, first_load=True)
    assert body.count(b"\n") - 1 == 100_372
    assert body.startswith(b"".join(itertools.islice(expected.csv(), 3)))
    assert files.s3.head_object(Bucket=files.bucket, Key=DAY)["ETag"].strip('"').endswith("-4"), "four parts"
    assert uploads(files) == []


def test_a_later_day_is_small_and_a_single_request(files):
    put(files, "data/raw/raw_batch_data_2024-09-14.csv", HEADER)
    files.ensure(MOMENT, raw_file.Request())
    body = content(files, DAY)
    assert body.count(b"\n") - 1 == raw_batch.rows_of_day(files.bucket, MOMENT.date())
    assert "-" not in files.s3.head_object(Bucket=files.bucket, Key=DAY)["ETag"]
    assert set(re.findall(rb"2024-09-1[45] [\d:]+", body)) == {b"2024-09-14 07:00:00"}


def test_a_rerun_keeps_the_days_file(files):
    put(files, DAY, b"a record of that day")
    assert files.ensure(MOMENT, raw_file.Request()) == f"s3://{files.bucket}/{DAY}"
    assert content(files, DAY) == b"a record of that day"


def test_a_kept_gzip_file_is_the_days_file(files):
    put(files, f"{DAY}.gz", b"compressed")
    assert files.ensure(MOMENT, raw_file.Request()) == f"s3://{files.bucket}/{DAY}.gz"
    assert keys(files) == [f"{DAY}.gz"]


def test_rows_and_seed_make_the_same_file_again(files):
    request = raw_file.Request(rows=50, seed=3)
    files.ensure(MOMENT, request)
    first = content(files, DAY)
    put(files, DAY, b"something else")
    files.ensure(MOMENT, request)
    assert content(files, DAY) == first
    assert first.count(b"\n") == 51


def test_zero_rows_make_a_header_only(files):
    files.ensure(MOMENT, raw_file.Request(rows=0))
    assert content(files, DAY) == HEADER


def test_columns_that_the_generator_does_not_make_are_refused_before_anything_is_written(files):
    other = dataclasses.replace(files, columns=(*files.columns[1:], "e_mail"))
    with pytest.raises(raw_file.RawFileError, match=r"lacks \['e_mail'\] and has \['person_name'\] beyond them"):
        other.ensure(MOMENT, raw_file.Request(rows=0))
    assert keys(files) == []


def test_an_error_midway_leaves_no_object_and_no_pending_upload(files):
    def breaking():
        yield from itertools.repeat(b"x" * 1_000_000, 30)
        raise RuntimeError("the generator broke")

    with pytest.raises(RuntimeError, match="the generator broke"):
        files.upload(breaking(), DAY)
    assert keys(files) == []
    assert uploads(files) == []


def test_a_failing_part_leaves_no_object_and_no_pending_upload(files):
    def cut(request, **_):
        if "partNumber=3" in request.url:
            raise ConnectionError("the line was cut")

    files.s3.meta.events.register("before-send.s3.UploadPart", cut)
    try:
        with pytest.raises(ConnectionError, match="the line was cut"):
            files.upload(itertools.repeat(b"x" * 1_000_000, 40), DAY)
    finally:
        files.s3.meta.events.unregister("before-send.s3.UploadPart", cut)
    assert keys(files) == []
    assert uploads(files) == []


def test_an_error_midway_leaves_the_earlier_file_as_it_was(files):
    put(files, DAY, b"the earlier file")

    def breaking():
        yield b"x"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        files.upload(breaking(), DAY)
    assert content(files, DAY) == b"the earlier file"


def test_a_given_file_becomes_the_days_file(files):
    put(files, "data/incoming/batch.csv", HEADER + b"rows\n")
    uri = files.ensure(MOMENT, raw_file.Request(source_key="data/incoming/batch.csv"))
    assert uri == f"s3://{files.bucket}/{DAY}"
    assert content(files, DAY) == HEADER + b"rows\n"


def test_a_given_gzip_file_keeps_its_suffix_and_replaces_the_other(files):
    put(files, DAY, b"an earlier plain file")
    packed = gzip.compress(HEADER + b"rows\n")
    put(files, "data/incoming/batch.csv.gz", packed)
    uri = files.ensure(MOMENT, raw_file.Request(source_key="data/incoming/batch.csv.gz"))
    assert uri == f"s3://{files.bucket}/{DAY}.gz"
    assert content(files, f"{DAY}.gz") == packed
    assert keys(files) == ["data/incoming/batch.csv.gz", f"{DAY}.gz"]


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + HEADER,
        HEADER.replace(b"\n", b"\r\n"),
        HEADER.replace(b"iban", b'"iban"'),
        HEADER[:-1],
    ],
    ids=["BOM", "CRLF", "quoted", "header only, no line end"],
)
def test_harmless_spellings_of_the_header_are_taken(files, body):
    put(files, "data/incoming/batch.csv", body)
    files.ensure(MOMENT, raw_file.Request(source_key="data/incoming/batch.csv"))
    assert content(files, DAY) == body


@pytest.mark.parametrize(
    ("body", "name", "message"),
    [
        (b"", "x.csv", "doesn't start with the raw table's header line.* first line is empty"),
        (b"Costache Dima,costachedima\n", "x.csv", "has 2 fields and none of these names: is the header line missing"),
        (HEADER.replace(b"iban,", b""), "x.csv", "has 15 fields and lacks iban"),
        (b"line," + HEADER, "x.csv", "has 17 fields: all of these names, but others too"),
        (HEADER, "x.csv.gz", "isn't a gzip file"),
        (HEADER.decode().encode("utf-16"), "x.csv", "isn't UTF-8"),
        (None, "x.csv", "doesn't exist; upload the file first"),
    ],
    ids=["empty", "no header", "a column less", "a column more", "not gzip", "UTF-16", "missing"],
)
def test_an_unfit_file_is_refused_and_changes_nothing(files, body, name, message):
    put(files, DAY, b"the earlier file")
    if body is not None:
        put(files, f"data/incoming/{name}", body)
    with pytest.raises(raw_file.RawFileError, match=message):
        files.ensure(MOMENT, raw_file.Request(source_key=f"data/incoming/{name}"))
    assert content(files, DAY) == b"the earlier file"


def test_a_file_that_airflows_role_may_not_read_is_refused_saying_where_it_belongs(files, monkeypatch):
    def denied(**_):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorized"}}, "GetObject")

    monkeypatch.setattr(files.s3, "get_object", denied)
    with pytest.raises(
        raw_file.RawFileError, match=r"uploads/x.csv can't be read: .*not authorized.* below .* incoming"
    ):
        files.ensure(MOMENT, raw_file.Request(source_key="uploads/x.csv"))


def test_the_refusal_of_a_file_without_header_shows_no_person(files):
    row = b"Costache Dima,costachedima,dima@example.com,1850317045678"
    put(files, "data/incoming/x.csv", row + b"\n")
    with pytest.raises(raw_file.RawFileError) as refusal:
        files.ensure(MOMENT, raw_file.Request(source_key="data/incoming/x.csv"))
    text = str(refusal.value)
    assert [part for part in row.decode().split(",") if part in text] == []


def test_a_file_and_generated_data_contradict_each_other():
    with pytest.raises(raw_file.RawFileError, match="not both"):
        raw_file.Request(rows=1, source_key="x.csv")


def test_other_kinds_of_files_are_refused():
    with pytest.raises(raw_file.RawFileError, match=r"must end with \.csv or \.csv\.gz"):
        raw_file.Request(source_key="x.xlsx")


def test_two_files_of_one_day_are_not_chosen_between(files):
    put(files, DAY, b"one")
    put(files, f"{DAY}.gz", b"two")
    with pytest.raises(raw_file.RawFileError, match="has two raw files"):
        files.ensure(MOMENT, raw_file.Request())
