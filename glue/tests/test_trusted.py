"""The departments' tables: what each shows, what can't be found in them, and that a day is whole or not there."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from lake import DAY, DEPARTMENTS, JUDGE, TRUSTED, Lake, S3Lake, job
from local_storage import LocalStorage
from raw_files import Row, csv_text, row, valid_rows

from driven_data_glue import trusted
from driven_data_glue.anonymity import anonymity
from driven_data_glue.errors import BadArguments, JobError
from driven_data_glue.pseudonyms import MESSAGE
from driven_data_glue.storage import S3Storage

MASK = "***MASKED***"
ANALYSTS = "non_pii_data"
NOT_SHOWN = ["person_name", "personal_number", "birth_date", "address", "phone"]
HALF_SHOWN = ["user_name", "email", "mac_address", "ip_address", "iban"]


SPEEDS = [
    row(download_speed="49", upload_speed="40", consumed_traffic="12", session_duration="4"),
    row(download_speed="50", upload_speed="30", consumed_traffic="7", session_duration="75"),
]
ANA = row(
    user_name="anapopescu",
    email="anapopescu@zzup.ro",
    mac_address="38:f9:aa:bb:cc:dd",
    ip_address="63.134.2.1",
    iban="RO16EZML5644748904109718",
)
SHORT_NAMES = {"a": "*****", "al": "a*****", "ionel": "io*****", "stefania": "stef*****"}
GIVEN = [*SPEEDS, ANA, *(row(user_name=name, email=f"{name}@x.ro") for name in SHORT_NAMES)]

Seen = dict[str, list[dict[str, Any]]]


def run_day(lake: Lake, key: str, rows: list[Row], **options: Any) -> Seen:
    """The judge and the job of the departments' tables, of these rows."""
    raw_file = lake.put(csv_text(rows))
    lake.judge(raw_file, **{name: value for name, value in options.items() if name in ("day", "target_file_mb")})
    job(TRUSTED)(lake.arguments(raw_file, pseudonym_key=key, **options))
    return {name: lake.rows("trusted", name, options.get("day", DAY)) for name in DEPARTMENTS}


@pytest.fixture
def run(lake: Lake, pseudonym_key: str) -> Any:
    return partial(run_day, lake, pseudonym_key)


@pytest.fixture(scope="module")
def given_day(pipeline_table: dict[str, Any], pseudonym_key: str, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A day of the rows GIVEN. Its tests look at it, or work on a copy."""
    lake = Lake(tmp_path_factory.mktemp("lake")).create(pipeline_table)
    run_day(lake, pseudonym_key, GIVEN)
    return lake


@pytest.fixture(scope="module")
def seen(given_day: Lake) -> Seen:
    """What each department sees of the rows GIVEN, in their order."""
    return {name: given_day.rows("trusted", name) for name in DEPARTMENTS}


@pytest.fixture
def copied(given_day: Lake, tmp_path: Path) -> Lake:
    return given_day.copy(tmp_path)


def run_again(lake: Lake, key: str) -> None:
    """The job of the departments' tables alone, of the rows that are judged."""
    job(TRUSTED)(lake.arguments(lake.root / "data/raw/raw.csv", pseudonym_key=key))


@pytest.fixture(scope="module")
def lake_of_three_rows(pipeline_table: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = Lake(tmp_path_factory.mktemp("lake")).create(pipeline_table)
    lake.judge(csv_text(valid_rows(3)))
    return lake


@pytest.fixture
def judged(lake_of_three_rows: Lake, pipeline_table: dict[str, Any]) -> Lake:
    """A judged day, of which no table is published, with the definitions as they are."""
    return lake_of_three_rows.create(pipeline_table)


def define(lake: Lake, name: str, **changes: Any) -> None:
    """Changes a department's table in the packaged pipeline table."""
    path = lake.root / "pipeline.json"
    table = json.loads(path.read_text())
    (each,) = [each for each in table["trusted"]["tables"] if each["name"] == name]
    each.update(changes)
    path.write_text(json.dumps(table))


def test_each_department_sees_its_columns_in_the_rows_order(seen: Seen) -> None:
    for shown, raw in zip(seen["pii_data"], GIVEN, strict=True):
        assert {name: str(value) for name, value in shown.items()} == raw
    for shown, raw in zip(seen["payment_data"], GIVEN, strict=True):
        assert (shown["unique_id"], shown["iban"]) == (raw["unique_id"], raw["iban"])
    # (49 + 40 + 1) / 2 + 12 / (4 + 1) and (50 + 30 + 1) / 2 + 7 / (75 + 1)
    assert [shown["payment_amount"] for shown in seen["payment_data"][:2]] == [45 + 2.4, 40.5 + 7 / 76]
    # 4 s and 75 s: 0.07 and 1.25 minutes; 49 < 50 is an issue, 50/30/75 is none.
    assert [(shown["min_session_duration"], shown["technical_issue"]) for shown in seen["technical_data"][:2]] == [
        (0.1, True),
        (1.3, False),
    ]
    assert {*seen["technical_data"][0]} & {"iban", "person_name", "email"} == set()


def test_analysts_see_the_walkthroughs_masks(seen: Seen) -> None:
    shown = seen[ANALYSTS][GIVEN.index(ANA)]
    assert {name: shown[name] for name in NOT_SHOWN} == dict.fromkeys(NOT_SHOWN, MASK)
    assert {name: shown[name] for name in HALF_SHOWN} == {
        "user_name": "anapo*****",
        "email": "anapo*****",
        "mac_address": "38:f9*****",
        "ip_address": "63.13*****",
        "iban": "RO16E*****",
    }
    for name in ("session_duration", "download_speed", "upload_speed", "consumed_traffic", "accessed_at"):
        assert str(shown[name]) == ANA[name]


@pytest.mark.parametrize(("user_name", "shown"), SHORT_NAMES.items())
def test_a_partial_mask_shows_at_most_half_of_a_short_value(seen: Seen, user_name: str, shown: str) -> None:
    (place,) = [number for number, given in enumerate(GIVEN) if given["user_name"] == user_name]
    masked = seen[ANALYSTS][place]
    assert (masked["user_name"], masked["email"]) == (shown, shown)


@dataclass
class Rerun:
    """A lake with a day before, and the state of its day after each of two runs that make several files."""

    lake: Lake
    given: list[Row]
    states: list[Any]


@pytest.fixture(scope="module")
def rerun(pipeline_table: dict[str, Any], pseudonym_key: str, tmp_path_factory: pytest.TempPathFactory) -> Rerun:
    lake = Lake(tmp_path_factory.mktemp("lake")).create(pipeline_table)
    rerun = Rerun(lake, list(valid_rows(300)), [])
    run_day(lake, pseudonym_key, rerun.given, day="2024-09-14")
    for _ in range(2):
        run_day(lake, pseudonym_key, rerun.given, target_file_mb=0.02)
        files = {(name, file.name): file.read_bytes() for name in DEPARTMENTS for file in lake.files("trusted", name)}
        rerun.states.append((files, [lake.metrics(name) for name in DEPARTMENTS]))
    return rerun


def test_no_unmasked_value_is_in_any_byte_of_the_analysts_table(rerun: Rerun) -> None:
    """Neither in a cell, nor in the files as they lie there: pages, dictionaries, statistics, names."""
    given, files = rerun.given, rerun.lake.files("trusted", ANALYSTS)
    assert len(files) > 1
    cells = "\n".join(str(value) for file in files for row in pq.read_table(file).to_pylist() for value in row.values())
    plain = b"\n".join(_pages(file) for file in files)
    secrets = {(name, given[name]) for given in given for name in (*NOT_SHOWN, *HALF_SHOWN, "unique_id")}
    assert len(secrets) > 2000
    assert [found for found in secrets if found[1] in cells] == []
    assert [found for found in secrets if found[1].encode() in plain] == []


def _pages(file: Path) -> bytes:
    """The file's bytes and, written anew without compression or encoding, those of its values."""
    bare = file.parents[3] / ".bare"
    table = pq.read_table(file)
    pq.write_table(table, bare, compression="NONE", use_dictionary=False)
    return file.read_bytes() + file.name.encode() + bare.read_bytes()


def test_the_search_would_find_an_unmasked_value(copied: Lake, pseudonym_key: str) -> None:
    define(copied, ANALYSTS, clear=["iban"])
    run_again(copied, pseudonym_key)
    plain = b"".join(_pages(file) for file in copied.files("trusted", ANALYSTS))
    assert all(raw["iban"].encode() in plain for raw in GIVEN)


def test_a_pseudonym_is_the_keyed_code_of_the_id_and_the_same_on_every_day(
    rerun: Rerun, aws: Any, pseudonym_key: str
) -> None:
    kms = aws("kms").generate_mac(KeyId=pseudonym_key, Message=MESSAGE, MacAlgorithm="HMAC_SHA_256")["Mac"]
    expected = [hmac.new(kms, raw["unique_id"].encode(), hashlib.sha256).hexdigest()[:32] for raw in rerun.given]
    for day in (DAY, "2024-09-14"):
        assert [shown["unique_id"] for shown in rerun.lake.rows("trusted", ANALYSTS, day)] == expected
    assert not set(expected) & {shown["unique_id"] for shown in rerun.lake.rows("trusted", "payment_data")}


def test_another_key_gives_other_pseudonyms_and_hides_the_day_first(copied: Lake, aws: Any) -> None:
    before, content = copied.rows("trusted", ANALYSTS), copied.metrics(ANALYSTS)["content"]
    other = aws("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
    run_again(copied, other)
    assert not {row["unique_id"] for row in before} & {row["unique_id"] for row in copied.rows("trusted", ANALYSTS)}
    assert copied.metrics(ANALYSTS)["content"] != content


def test_the_strict_profile_generalises(copied: Lake, pseudonym_key: str) -> None:
    define(copied, ANALYSTS, profile="strict")
    run_again(copied, pseudonym_key)
    shown = copied.rows("trusted", ANALYSTS)[GIVEN.index(ANA)]
    assert {name: shown[name] for name in HALF_SHOWN} == {
        "user_name": MASK,
        "email": MASK,
        "mac_address": MASK,
        "ip_address": "63.0.0.0/8",
        "iban": "RO**EZML*****",
    }


def test_the_metrics_say_what_is_masked_and_how_anonymous_it_is(run: Any, lake: Lake) -> None:
    # Four people of two banks in one network: alike for the strict profile by twos, each alone for the walkthrough's.
    given = [row(ip_address=f"63.1.2.{number}") for number in range(4)]
    for number, each in enumerate(given):
        each["iban"] = _iban_of("RNCB" if number < 2 else "BTRL", number)
    run(given)
    metrics = lake.metrics(ANALYSTS)
    assert metrics["profile"] == "walkthrough"
    assert metrics["masked"] == dict.fromkeys(NOT_SHOWN, "full") | dict.fromkeys(HALF_SHOWN, "partial") | {
        "unique_id": "pseudonym"
    }
    assert metrics["anonymity"] == {
        "walkthrough": {"k": 1, "alone": 4, "rows": 4},
        "strict": {"k": 2, "alone": 0, "rows": 4},
    }
    assert lake.metrics("pii_data")["masked"] == lake.metrics("pii_data")["anonymity"] == {}


def _iban_of(bank: str, number: int) -> str:
    account = f"{bank}{number:016d}"
    digits = "".join(str(int(character, 36)) for character in account + "RO00")
    return f"RO{98 - int(digits) % 97:02d}{account}"


def test_anonymity_counts_classes(spark: Any) -> None:
    rows = spark.createDataFrame([("a", 1), ("a", 1), ("a", 2), ("b", 1), ("b", 1)], "name string, number int")
    looks = {"one column": ["name"], "two columns": ["name", "number"], "none": []}
    assert anonymity(rows, looks) == {
        "one column": {"k": 2, "alone": 0, "rows": 5},
        "two columns": {"k": 1, "alone": 1, "rows": 5},
        "none": {"k": 5, "alone": 0, "rows": 5},
    }
    assert anonymity(rows.where("false"), looks) == {name: {"k": 0, "alone": 0, "rows": 0} for name in looks}


def test_a_day_without_rows_is_an_empty_partition(run: Any, lake: Lake) -> None:
    assert run([]) == {name: [] for name in DEPARTMENTS}
    assert [lake.metrics(name)["staged_rows"] for name in DEPARTMENTS] == [0] * 4


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"sql": "SELECT unique_id, iban FROM dim_finance"},
            r"payment_data.sql: .*TABLE_OR_VIEW_NOT_FOUND.*one SELECT",
        ),
        ({"sql": "SELEC 1"}, r"payment_data.sql: .*PARSE_SYNTAX_ERROR.*one SELECT over clean_rows"),
        ({"sql": "SELECT unique_id, nothing FROM clean_rows"}, r"payment_data.sql: .*UNRESOLVED_COLUMN"),
        ({"sql": "SELECT unique_id FROM clean_rows"}, r"payment_data.sql doesn't give the columns .* declared is iban"),
        (
            {"sql": "SELECT unique_id, iban FROM clean_rows WHERE iban = ''", "columns": "unique_id, iban"},
            r"payment_data: 0 rows were written of 3 clean ones .*must show each row of clean_rows once",
        ),
        (
            {"sql": "SELECT iban AS unique_id, iban FROM clean_rows", "columns": "unique_id, iban"},
            r"payment_data: 3 rows were written of 3 clean ones \(or their unique_ids differ\)",
        ),
        ({"profile": "lax"}, r"no masking profile 'lax'; must be one of walkthrough, strict"),
    ],
    ids=["other table", "no SQL", "no such column", "too few columns", "lost rows", "other ids", "profile"],
)
def test_a_definition_that_isnt_the_clean_rows_publishes_nothing(
    judged: Lake, pseudonym_key: str, changes: dict[str, Any], said: str
) -> None:
    if "columns" in changes:
        changes["columns"] = [{"name": name, "type": "string"} for name in changes["columns"].split(", ")]
    define(judged, ANALYSTS if "profile" in changes else "payment_data", **changes)
    with pytest.raises(JobError, match=f"(?s){said}"):
        job(TRUSTED)(judged.arguments(judged.put(csv_text(valid_rows(3))), pseudonym_key=pseudonym_key))
    assert [judged.files("trusted", name) for name in DEPARTMENTS] == [[]] * 4
    assert judged.scratch() == []


def test_a_definition_cant_read_files(judged: Lake, pseudonym_key: str) -> None:
    """So none can go past the masks."""
    define(judged, ANALYSTS, sql=f"SELECT * FROM parquet.`{judged.root}/data/clean/run_date={DAY}`")
    with pytest.raises(JobError, match=r"non_pii_data.sql: "):
        job(TRUSTED)(judged.arguments(judged.put(csv_text(valid_rows(3))), pseudonym_key=pseudonym_key))
    assert judged.files("trusted", ANALYSTS) == []


def test_rerun_gives_the_same_files_and_no_other_day_changes(rerun: Rerun) -> None:
    assert rerun.states[0] == rerun.states[1]
    assert len(rerun.states[0][0]) > 4
    assert [len(rerun.lake.rows("trusted", name, "2024-09-14")) for name in DEPARTMENTS] == [300] * 4


@pytest.mark.parametrize("after", [0, 2])
def test_crash_while_publishing_shows_whole_files_and_a_retry_mends_it(
    copied: Lake, pseudonym_key: str, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    other = list(valid_rows(20, seed=2))
    real, left = LocalStorage.put, [after]

    def put(storage: LocalStorage, source: Any, target: str) -> None:
        if "/trusted/" in target:
            if not left[0]:
                raise OSError("the disk is gone")
            left[0] -= 1
        real(storage, source, target)

    monkeypatch.setattr(LocalStorage, "put", put)
    with pytest.raises(OSError, match="the disk is gone"):
        run_day(copied, pseudonym_key, other)
    assert [bool(copied.files("metrics", name)) for name in DEPARTMENTS] == [number != after for number in range(4)], (
        "a table that is between two days has no metrics, so the gate stops"
    )
    monkeypatch.undo()
    run_again(copied, pseudonym_key)
    assert [len(copied.rows("trusted", name)) for name in DEPARTMENTS] == [20] * 4
    assert [shown["iban"] for shown in copied.rows("trusted", "payment_data")] == [raw["iban"] for raw in other]


def test_on_s3_a_changed_day_is_hidden_before_it_is_replaced(
    s3_lake: S3Lake, pseudonym_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw_file = s3_lake.put(valid_rows(5))
    s3_lake.run(JUDGE, raw_file)
    s3_lake.run(TRUSTED, raw_file, pseudonym_key=pseudonym_key)
    assert [s3_lake.days(name) for name in DEPARTMENTS] == [{}] * 4, "the gate comes before readers"
    for name in DEPARTMENTS:
        s3_lake.register(name)
    s3_lake.run(TRUSTED, raw_file, pseudonym_key=pseudonym_key)
    assert all(s3_lake.days(name) for name in DEPARTMENTS), "the same content stays visible"

    seen = []
    real = S3Storage.put

    def put(storage: S3Storage, source: Any, target: str) -> None:
        seen.append((target.split("/")[5], s3_lake.days(target.split("/")[5])))
        real(storage, source, target)

    monkeypatch.setattr(S3Storage, "put", put)
    s3_lake.run(TRUSTED, raw_file, pseudonym_key=pseudonym_key, code_version="new")
    assert seen == [(name, {}) for name in DEPARTMENTS]
    assert [len(s3_lake.rows(f"trusted/{name}/")) for name in DEPARTMENTS] == [5] * 4


def test_the_key_is_in_no_message_and_no_metrics(
    s3_lake: S3Lake, aws: Any, pseudonym_key: str, capfd: pytest.CaptureFixture[str]
) -> None:
    raw_file = s3_lake.put(valid_rows(5))
    s3_lake.run(JUDGE, raw_file)
    s3_lake.run(TRUSTED, raw_file, pseudonym_key=pseudonym_key)
    with pytest.raises(JobError, match=r"can't derive the key of the pseudonyms from arn:aws:kms:.*NotFoundException"):
        s3_lake.run(TRUSTED, raw_file, pseudonym_key="arn:aws:kms:eu-central-1:000000000000:key/none")
    key = aws("kms").generate_mac(KeyId=pseudonym_key, Message=MESSAGE, MacAlgorithm="HMAC_SHA_256")["Mac"]
    said = "".join(capfd.readouterr()).encode() + b"".join(s3_lake.read(name) for name in s3_lake.keys("metrics/"))
    assert b"wrote 5 rows" in said
    assert not any(form in said for form in (key, key.hex().encode(), key.hex().upper().encode()))


def test_plans_dont_show_the_key(spark: Any) -> None:
    from driven_data_glue.pseudonyms import PSEUDONYM, with_key

    key = bytes(range(32))
    rows = with_key(spark, spark.range(3).selectExpr("cast(id AS string) AS id"), key)
    plan = rows.selectExpr(PSEUDONYM.format(value="id"))._jdf.queryExecution().toString()
    assert "sha2" in plan
    halves = [bytes(byte ^ pad for byte in key).hex() for pad in (0x36, 0x5C)]
    assert not any(half[:16] in plan.lower() for half in halves)


def test_a_day_judged_anew_meanwhile_isnt_published(copied: Lake, pseudonym_key: str, monkeypatch: Any) -> None:
    before = {name: [file.read_bytes() for file in copied.files("trusted", name)] for name in DEPARTMENTS}
    real = trusted._Day._project

    def project(day: Any, table: Any) -> Any:
        written = real(day, table)
        if table.name == ANALYSTS:
            copied.judge(csv_text(valid_rows(7)))
        return written

    monkeypatch.setattr(trusted._Day, "_project", project)
    with pytest.raises(JobError, match=r"was judged anew while trusted was written; nothing was published"):
        run_again(copied, pseudonym_key)
    assert {name: [file.read_bytes() for file in copied.files("trusted", name)] for name in DEPARTMENTS} == before


@pytest.mark.parametrize("key", [None, "alias/x", "arn:aws:s3:::bucket"])
def test_a_key_that_is_none_is_refused(lake: Lake, key: str | None) -> None:
    arguments = lake.arguments(lake.put(""), **({"pseudonym_key": key} if key else {}))
    with pytest.raises(BadArguments, match="--pseudonym_key"):
        trusted.run(arguments)
