"""The generated raw batch: its bytes, its fields, its memory."""

import csv
import datetime
import io
import os
import re
import subprocess
import sys
import tracemalloc
import uuid

import pytest
import raw_batch
from conftest import COLUMNS
from faker.providers.address.ro_RO import Provider as Address
from faker.providers.internet.ro_RO import Provider as Internet
from faker.providers.person.ro_RO import Provider as Person
from faker.providers.phone_number.ro_RO import Provider as Phone

MOMENT = datetime.datetime(2024, 9, 15, 7)


def read(**options) -> list[dict[str, str]]:
    batch = raw_batch.Batch(**{"moment": MOMENT, "columns": COLUMNS, "rows": 2_000, "seed": "7", **options})
    return list(csv.DictReader(io.StringIO(b"".join(batch.csv()).decode())))


@pytest.fixture(scope="module")
def rows():
    return read(first_load=True)


def test_columns_come_in_the_order_of_the_pipeline_table():
    (row,) = read(rows=1)
    (turned,) = read(rows=1, columns=COLUMNS[::-1])
    assert (tuple(row), tuple(turned)) == (COLUMNS, COLUMNS[::-1])
    assert row == turned


@pytest.mark.parametrize("columns", [COLUMNS[:-1], (*COLUMNS, "country")], ids=["one less", "one more"])
def test_other_columns_than_the_generators_are_refused(columns):
    with pytest.raises(ValueError, match=r"lacks (none and has \['unique_id'\]|\['country'\] and has none) beyond"):
        read(columns=columns)


def test_same_arguments_make_the_same_bytes_whatever_the_hash_seed():
    code = (
        f"import sys, hashlib, datetime; sys.path[:0] = {sys.path!r}; import raw_batch; "
        f"batch = raw_batch.Batch(datetime.datetime(2024, 9, 15, 7), {COLUMNS}, 3000, '7', True); "
        "print(hashlib.sha256(b''.join(batch.csv())).hexdigest())"
    )
    digests = {
        subprocess.check_output([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed})
        for seed in ("0", "4711")
    }
    assert len(digests) == 1


@pytest.mark.parametrize("change", [{"seed": "8"}, {"moment": MOMENT + datetime.timedelta(days=1)}])
def test_another_seed_or_date_shares_no_unique_id(rows, change):
    ids = {row["unique_id"] for row in rows}
    assert len(ids) == len(rows)
    assert not ids & {row["unique_id"] for row in read(first_load=True, **change)}


@pytest.mark.parametrize("count", [0, 1, 999, 1_000, 1_001])
def test_file_has_the_header_and_exactly_the_rows(count):
    content = b"".join(raw_batch.Batch(MOMENT, COLUMNS, count, "7").csv())
    assert content.splitlines()[0].decode() == ",".join(COLUMNS)
    assert content.count(b"\n") == count + 1
    assert content.endswith(b"\n")


def test_person(rows):
    first_names = set(Person.first_names)
    for row in rows:
        first, last = row["person_name"].split(" ", 1)
        assert first in first_names
        assert last in Person.last_names
        assert row["user_name"] == row["person_name"].lower().replace(" ", "")
        user, domain = row["email"].split("@")
        assert user == row["user_name"]
        assert domain in Internet.free_email_domains


def test_personal_number_has_its_control_digit_and_agrees_with_the_birth_date(rows):
    for row in rows:
        number, birth = row["personal_number"], datetime.date.fromisoformat(row["birth_date"])
        assert re.fullmatch(r"\d{13}", number)
        control = sum(int(a) * int(b) for a, b in zip("279146358279", number[:12], strict=True)) % 11
        assert int(number[12]) == (1 if control == 10 else control)
        century = {"1": 1900, "2": 1900, "5": 2000, "6": 2000}[number[0]]
        assert datetime.date(century + int(number[1:3]), int(number[3:5]), int(number[5:7])) == birth
        assert birth <= MOMENT.date()


def test_personal_number_agrees_with_the_first_name(rows):
    male, female = set(Person.first_names_male), set(Person.first_names_female)
    for row in rows:
        first = row["person_name"].split(" ")[0]
        assert first in (male if int(row["personal_number"][0]) % 2 else female)


def test_address_is_one_line_in_fakers_format(rows):
    pattern = re.compile(
        rf"({'|'.join(Address.street_prefixes)}) [^,]+?( Nr\. [1-9]\d{{1,2}}( Bl\. [1-9]\d  Sc\. [1-9]\d "
        rf"Ap\. [1-9]\d\d)?)?, ({'|'.join(map(re.escape, Address.cities))}), [1-9]\d{{5}}"
    )
    assert all(pattern.fullmatch(row["address"]) for row in rows)


def test_phone_is_one_of_fakers_formats(rows):
    pattern = re.compile("|".join(text.replace("#", r"\d") for text in Phone.formats))
    assert all(pattern.fullmatch(row["phone"]) for row in rows)


def test_network_addresses(rows):
    for row in rows:
        assert re.fullmatch(r"[0-9a-f][02468ace](:[0-9a-f]{2}){5}", row["mac_address"]), "unicast"
        octets = [int(part) for part in row["ip_address"].split(".")]
        assert len(octets) == 4
        assert 1 <= octets[0] <= 223
        assert all(octet <= 255 for octet in octets)


def test_iban_has_valid_check_digits(rows):
    for row in rows:
        assert re.fullmatch(r"RO\d{2}[A-Z]{4}\d{16}", row["iban"])
        turned = row["iban"][4:] + row["iban"][:4]
        assert int("".join(str(int(char, 36)) for char in turned)) % 97 == 1


def test_usage_stays_in_its_ranges_and_uses_them(rows):
    for column, limit in {
        "session_duration": 36_000,
        "download_speed": 1_000,
        "upload_speed": 800,
        "consumed_traffic": 2_000_000,
    }.items():
        values = [int(row[column]) for row in rows]
        assert min(values) >= 0
        assert 0.95 * limit < max(values) <= limit


def test_unique_id_is_a_uuid4(rows):
    for row in rows:
        value = uuid.UUID(row["unique_id"])
        assert (value.version, value.variant, str(value)) == (4, uuid.RFC_4122, row["unique_id"])


def test_first_load_is_spread_over_the_last_year(rows):
    moments = [datetime.datetime.fromisoformat(row["accessed_at"]) for row in rows]
    assert all(MOMENT - datetime.timedelta(days=365) <= moment <= MOMENT for moment in moments)
    assert len({moment.date() for moment in moments}) > 300


def test_later_days_carry_the_runs_moment_minus_a_day():
    assert {row["accessed_at"] for row in read(first_load=False)} == {"2024-09-14 07:00:00"}


def test_rows_of_a_day_stay_between_0_and_1101():
    days = [MOMENT.date() + datetime.timedelta(days=number) for number in range(5_000)]
    counts = [raw_batch.rows_of_day("bucket", day) for day in days]
    assert min(counts) < 5
    assert 1_096 < max(counts) <= 1_101
    assert counts[:10] == [raw_batch.rows_of_day("bucket", day) for day in days[:10]]


def peak_memory(rows: int) -> int:
    tracemalloc.start()
    for _chunk in raw_batch.Batch(MOMENT, COLUMNS, rows, "7", True).csv():
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_number_of_rows():
    few, many = peak_memory(2_000), peak_memory(6_000)
    assert many < 1.2 * few
    assert many < 4_000_000
