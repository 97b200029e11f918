"""make forget on the sandbox: two days, written by the jobs' own scripts, under the policies that the stack deploys."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from ops.airflow.deployment import Deployment
from ops.errors import CommandError
from ops.forget import Forgetting, text_of
from sandbox.aws import Access
from sandbox.settings import ACCOUNT_ID, ROOT
from sandbox.tests.conftest import REGION, Sandbox, document, ended
from sandbox.tests.deployed import filled

sys.path.append(str(ROOT / "glue" / "tests"))
from lake import DATASETS, DEPARTMENTS, FORGET, JUDGE, TRUSTED, S3Lake, packaged, script
from raw_files import csv_text, row, valid_rows

LAKE, GLUE_ROLE, OFFICER = "forgetful-lake", "forgetful_glue", "officer"
DAYS = ["2024-09-15", "2024-09-16"]
JOBS = [JUDGE, *DATASETS, TRUSTED, FORGET]
TABLES = [
    "clean",
    "quarantine",
    *(f"staging/{each}" for each in DATASETS),
    *(f"trusted/{each}" for each in DEPARTMENTS),
]
STACK = json.loads((ROOT / "main.tf.json.snapshot").read_text())["resource"]
PERSON, SECOND, MISFIT, OTHER = (row() for _ in range(4))
NUMBER = PERSON["personal_number"]
SECOND["personal_number"] = MISFIT["personal_number"] = NUMBER
MISFIT["iban"] = "RO1"
IDS = [each["unique_id"] for each in (PERSON, SECOND, MISFIT)]


class Place:
    """The lake, the jobs on it, and what a privacy officer does."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._bodies: dict[str, bytes] = {}  # by ETag
        self.lake = S3Lake(LAKE, sandbox.s3, sandbox.glue)
        text = (ROOT / "pipeline" / "pipeline.yaml").read_text()
        table = yaml.safe_load(text.replace("${prefix}", "").replace("${company}", "driven_data"))
        self.lake.create(packaged(table))
        sandbox.s3.copy_object(Bucket=LAKE, Key="dags/pipeline.json", CopySource=f"{LAKE}/pipeline.json")
        sandbox.s3.copy_object(Bucket=LAKE, Key="artifacts/pipeline/pipeline.json", CopySource=f"{LAKE}/pipeline.json")
        sandbox.s3.delete_object(Bucket=LAKE, Key="pipeline.json")
        sandbox.s3.put_bucket_versioning(Bucket=LAKE, VersioningConfiguration={"Status": "Enabled"})
        tags = [{"TagKey": "deployment", "TagValue": "driven-data"}]
        key = sandbox.client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC", Tags=tags)
        self.key = key["KeyMetadata"]["Arn"]
        self._make_roles()
        self._make_jobs()
        self.officer = self._sign_in()

    def _make_roles(self) -> None:
        iam = self.sandbox.client("iam")
        policies = {name: self._filled(STACK["aws_iam_policy"][name]) for name in ("execution_boundary", "erasure")}
        arns = {
            name: iam.create_policy(PolicyName=f"forgetful_{name}", PolicyDocument=policy)["Policy"]["Arn"]
            for name, policy in policies.items()
        }
        principal = {"Service": "glue.amazonaws.com", "AWS": f"arn:aws:iam::{ACCOUNT_ID}:user/administrator"}
        trust = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal})
        limit = arns["execution_boundary"]
        iam.create_role(RoleName=GLUE_ROLE, AssumeRolePolicyDocument=trust, PermissionsBoundary=limit)
        policy = self._filled(STACK["aws_iam_role_policy"]["glue"])
        iam.put_role_policy(RoleName=GLUE_ROLE, PolicyName="glue", PolicyDocument=policy)
        iam.create_role(RoleName=OFFICER, AssumeRolePolicyDocument=trust)
        iam.attach_role_policy(RoleName=OFFICER, PolicyArn=arns["erasure"])

    def _filled(self, resource: dict[str, Any]) -> str:
        """The deployed policy, with the names of this lake."""
        text = resource["policy"].replace("driven-data-bucket", LAKE).replace("driven_data_db", self.lake.database)
        return filled(text, {}, self.key)

    def _make_jobs(self) -> None:
        library = io.BytesIO()
        with zipfile.ZipFile(library, "w") as archive:
            for module in sorted((ROOT / "glue" / "lib").rglob("*.py")):
                archive.write(module, module.relative_to(ROOT / "glue" / "lib"))
        self.put("artifacts/glue/library.zip", library.getvalue())
        for name in JOBS:
            self.put(f"artifacts/glue/{name}.py", script(name).read_bytes())
            own = {"--pseudonym_key": self.key} if name in (TRUSTED, FORGET) else {}
            own |= {"--duplicate_history_days": "0", "--max_bad_row_share": "1"} if name == JUDGE else {}
            self.sandbox.glue.delete_job(JobName=self.job(name))  # another test's, if there is one
            self.sandbox.glue.create_job(
                Name=self.job(name),
                Role=f"arn:aws:iam::{ACCOUNT_ID}:role/{GLUE_ROLE}",
                GlueVersion="5.0",
                Command={"Name": "glueetl", "ScriptLocation": self.lake.uri(f"artifacts/glue/{name}.py")},
                Tags={"deployment": "driven-data"},
                DefaultArguments={
                    "--data_root": self.lake.uri(""),
                    "--pipeline_table": self.lake.uri("artifacts/pipeline/pipeline.json"),
                    "--extra-py-files": self.lake.uri("artifacts/glue/library.zip"),
                    **own,
                },
            )

    @staticmethod
    def job(name: str) -> str:
        return f"staging_{name}" if name in DATASETS else name

    def run_day(self, text: str, day: str) -> None:
        raw_file = self.lake.put_text(text, f"raw_batch_data_{day}.csv")
        arguments = {"--run_date": day, "--raw_file": raw_file}
        for names in ([JUDGE], [*DATASETS, TRUSTED]):
            runs = [
                (
                    self.job(name),
                    self.sandbox.glue.start_job_run(JobName=self.job(name), Arguments=arguments)["JobRunId"],
                )
                for name in names
            ]
            for job, run in runs:
                ended = self.sandbox.wait(job, run)
                assert ended["JobRunState"] == "SUCCEEDED", ended

    def ask_athena(self, sql: str) -> str:
        """A query whose result holds something; gives the result's key."""
        athena = self.sandbox.client("athena")
        athena.create_work_group(
            Name="forgetful",
            Configuration={"ResultConfiguration": {"OutputLocation": self.lake.uri("athena-results/")}},
        )
        query = athena.start_query_execution(QueryString=sql, WorkGroup="forgetful")["QueryExecutionId"]
        state = ended(athena, query)
        assert state["Status"]["State"] == "SUCCEEDED", state["Status"]
        return state["ResultConfiguration"]["OutputLocation"].removeprefix(self.lake.uri(""))

    def _sign_in(self) -> Callable[[str], Any]:
        role = f"arn:aws:iam::{ACCOUNT_ID}:role/{OFFICER}"
        keys = self.sandbox.client("sts").assume_role(RoleArn=role, RoleSessionName="ana")["Credentials"]
        access = Access(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        return lambda service: self.sandbox.client(service, access)

    def forget(self, key: str = NUMBER, tell: Callable[[str], None] = print) -> dict[str, Any]:
        deployment = Deployment("small", REGION, "airflow", "dag", "dags/", LAKE, self.lake.database, "forgetful")
        return Forgetting(deployment, FORGET, self.officer, 0.1, tell).run(key)

    def put(self, key: str, body: bytes) -> None:
        self.sandbox.s3.put_object(Bucket=LAKE, Key=key, Body=body)

    def versions(self) -> dict[tuple[str, str], bytes]:
        """Every byte of the bucket: all versions, not the delete markers. Bytes of a known digest aren't read again."""
        s3, found = self.sandbox.s3, {}
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=LAKE):
            for each in page.get("Versions", []):
                key, version, etag = each["Key"], each["VersionId"], each["ETag"]
                if etag not in self._bodies:
                    self._bodies[etag] = s3.get_object(Bucket=LAKE, Key=key, VersionId=version)["Body"].read()
                found[key, version] = self._bodies[etag]
        return found

    def rows(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        return {(table, day): self.lake.rows(f"{table}/run_date={day}") for table in TABLES for day in DAYS}

    def pseudonyms(self) -> list[str]:
        """Of the person, as the analysts see it: by the place of the row, which is the clean rows'."""
        found = []
        for day in DAYS:
            clean, shown = (self.lake.rows(f"{each}/run_date={day}") for each in ("clean", "trusted/non_pii_data"))
            pairs = zip(clean, shown, strict=True)
            found += [mine["unique_id"] for whose, mine in pairs if whose["personal_number"] == NUMBER]
        return found


@pytest.fixture(scope="module")
def place(sandbox: Sandbox) -> Iterator[Place]:
    place = Place(sandbox)
    yield place
    for name in JOBS:
        sandbox.glue.delete_job(JobName=place.job(name))


def holding(versions: dict[tuple[str, str], bytes], values: list[str]) -> list[tuple[str, str]]:
    """Where one of the values stands, in the bytes as they are or decoded."""
    sought = [value.encode() for value in values]
    return [version for version, body in versions.items() if any(value in readings(body) for value in sought)]


@cache
def readings(body: bytes) -> bytes:
    """The bytes as they are and decoded, in small letters."""
    decoded = b""
    if body[:4] == b"PAR1":
        decoded = str(pq.read_table(io.BytesIO(body)).to_pylist()).encode()
    elif body[:2] == b"\x1f\x8b":
        decoded = gzip.decompress(body)
    return body.lower() + b"\n" + decoded.lower()


def test_a_person_is_forgotten_and_everything_else_stays(place: Place) -> None:
    others = list(valid_rows(30, seed=11))
    bad = row(phone="?")
    days = [csv_text([*others[:15], PERSON, bad, MISFIT]), csv_text([*others[15:], SECOND, SECOND])]
    for text, day in zip(days, DAYS, strict=True):
        place.run_day(text, day)
    place.put("data/incoming/batch.csv.gz", gzip.compress(csv_text([PERSON, OTHER]).encode()))
    result = place.ask_athena(f"SELECT '{NUMBER}' AS personal_number")
    values = [NUMBER, *IDS, *place.pseudonyms()]
    assert len(values) == 6
    before, rows = place.versions(), place.rows()
    held = holding(before, values)
    assert {result} | {f"data/raw/raw_batch_data_{day}.csv" for day in DAYS} < {key for key, _ in held}
    assert any(key.startswith("data/scratch/") for key, _ in held), "the jobs' own output, deleted, is a version still"

    # Ended by Ctrl-C behind the first day, when the person is whole in the second one alone.
    def interrupt(line: str) -> None:
        if line == f"Rewrote {DAYS[0]}.":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place.forget(tell=interrupt)
    assert holding(place.versions(), values)
    with pytest.raises(CommandError, match=r"Another erasure isn't finished: s3://forgetful-lake/data/erasure/request"):
        place.forget(OTHER["personal_number"])

    told: list[str] = []
    certificate = place.forget(tell=told.append)
    assert told[0] == "Going on with the erasure that was begun."
    after = place.versions()
    assert holding(after, values) == []
    assert not any(key.startswith(("data/erasure/", "athena-results/")) for key, _ in after)
    for table, left in place.rows().items():
        assert left == [each for each in rows[table] if not any(value in str(each).lower() for value in values)], table
    assert place.lake.read(f"raw/raw_batch_data_{DAYS[0]}.csv").decode() == csv_text([*others[:15], bad])
    assert place.lake.read(f"raw/raw_batch_data_{DAYS[1]}.csv").decode() == csv_text(others[15:])
    assert gzip.decompress(place.lake.read("incoming/batch.csv.gz")).decode() == csv_text([OTHER])
    # What didn't hold the person is there still, every version of it, but for the results.
    stay = {version for version in before if version not in held and not version[0].startswith("athena-results/")}
    metrics = {version for version in stay if "/metrics/" in version[0]}
    assert {version: after.get(version) for version in stay - metrics} == {
        version: before[version] for version in stay - metrics
    }
    _check_certificate(certificate, values, before, after)
    for day in DAYS:
        _check_metrics(place, day)

    # Once more: nothing is found, and nothing touched.
    again = place.forget()
    assert (again["result"], again["held"], again["rewritten"], again["deleted"]) == ("nothing found", 0, [], {})
    assert again["person"] == certificate["person"]
    assert place.versions() == after


def _check_certificate(certificate: dict[str, Any], values: list[str], before: Any, after: Any) -> None:
    assert (certificate["result"], certificate["days"], certificate["found_afterwards"]) == ("forgotten", DAYS, [])
    assert certificate["by"].endswith(f"assumed-role/{OFFICER}/ana")
    text = text_of(certificate)
    assert not any(value in text + json.dumps(certificate) for value in values)
    assert {"artifacts", "dags"} <= set(certificate["left_out"])
    rewritten = {each["key"]: each for each in certificate["rewritten"]}
    assert set(rewritten) >= {f"data/raw/raw_batch_data_{day}.csv" for day in DAYS} | {"data/incoming/batch.csv.gz"}
    now = {key: hashlib.sha256(body).hexdigest() for (key, _), body in after.items() if key in rewritten}
    once = {hashlib.sha256(body).hexdigest() for (key, _), body in before.items() if key in rewritten}
    for key, each in rewritten.items():
        assert each["sha256_after"] == now[key] and each["sha256_before"] in once and each["etag_after"], key
        assert each["rows_before"] > each["rows_after"], key
    assert certificate["deleted"]["athena-results/"] >= 1
    assert certificate["deleted"]["data/scratch/"] >= 1
    assert "Erasure of a person's data: forgotten" in text and "Found afterwards: 0" in text


def _check_metrics(place: Place, day: str) -> None:
    """As the gate and make verify compare them."""
    told = {
        name: json.loads(place.lake.read(f"metrics/{name}/run_date={day}/metrics.json"))
        for name in ["judgement", *DATASETS, *DEPARTMENTS]
    }
    rows = place.rows()
    assert told["judgement"]["clean_rows"] == len(rows["clean", day])
    assert told["judgement"]["quarantined_rows"] == len(rows["quarantine", day])
    assert {each["judgement"] for each in told.values()} == {told["judgement"]["judgement"]}
    for table in (each for each in TABLES if "/" in each):
        assert told[table.partition("/")[2]]["staged_rows"] == len(rows[table, day])


def test_a_day_that_is_being_written_stops_it_with_what_to_do(place: Place) -> None:
    person = row()
    day = "2024-09-17"
    raw = f"data/raw/raw_batch_data_{day}.csv"
    place.put(raw, csv_text([row(), person]).encode())
    lock = f"data/metrics/dim_date/run_date={day}/lock.json"
    held = {"job": "staging", "run_id": None, "job_run_id": None, "since": "2999-01-01T00:00:00+00:00", "token": "t"}
    place.put(lock, json.dumps(held).encode())
    with pytest.raises(
        CommandError, match=rf"The step day {day} ended FAILED: JobError: 2024-09-17: the day is being written"
    ) as failed:
        place.forget(person["unique_id"])
    assert "run the same command again" in failed.value.next_step
    place.sandbox.s3.delete_object(Bucket=LAKE, Key=lock)
    assert place.forget(person["unique_id"])["result"] == "forgotten"
    assert holding(place.versions(), [person["unique_id"], person["personal_number"]]) == []


def test_what_no_job_may_rewrite_is_told(place: Place) -> None:
    person = row()
    place.put("data/staging/notes.txt", f"called {person['unique_id']}".encode())
    certificate = place.forget(person["unique_id"])
    assert certificate["result"] == "left over"
    assert [each["key"] for each in certificate["found_afterwards"]] == ["data/staging/notes.txt"]
    place.sandbox.s3.delete_object(Bucket=LAKE, Key="data/staging/notes.txt")
    assert place.forget(person["unique_id"])["result"] == "forgotten"


def test_without_versions(place: Place) -> None:
    """What is written in a file's place is all there is, as on a bucket that never had versions."""
    place.sandbox.s3.put_bucket_versioning(Bucket=LAKE, VersioningConfiguration={"Status": "Suspended"})
    person, other = row(), row()
    key = "data/raw/raw_batch_data_2024-09-18.csv"
    place.put(key, csv_text([person, other]).encode())
    place.put("athena-results/null.csv", person["iban"].encode())
    assert place.forget(person["personal_number"])["result"] == "forgotten"
    assert place.lake.read(key.removeprefix("data/")).decode() == csv_text([other])
    assert not any(each.startswith("athena-results/") for each, _ in place.versions())
