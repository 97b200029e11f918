"""The project's views, against rows computed by hand."""

from __future__ import annotations

import re

import pytest

MASK = "***MASKED***"
# column -> what non_pii_data shows of the first person
MASKED = {
    "person_name": MASK,
    "user_name": "anapo*****",
    "email": "anapo*****",
    "personal_number": MASK,
    "birth_date": MASK,
    "address": MASK,
    "phone": MASK,
    "mac_address": "38:f9*****",
    "ip_address": "63.13*****",
    "iban": "RO16E*****",
}


def test_payment_data_divides_as_real_numbers(warehouse):
    rows = warehouse.rows("SELECT iban, payment_amount FROM payment_data ORDER BY unique_id")
    # (49 + 40 + 1) / 2 + 12 / (4 + 1) and (50 + 30 + 1) / 2 + 7 / (75 + 1)
    assert [row[0] for row in rows] == ["RO16EZML5644748904109718", "RO88GWZN0391548765252667"]
    assert [float(row[1]) for row in rows] == [45 + 2.4, 40.5 + 7 / 76]


def test_technical_data_rounds_halves_up_and_flags_issues(warehouse):
    sql = "SELECT address, min_session_duration, technical_issue FROM technical_data ORDER BY unique_id"
    # 4 s and 75 s: 0.07 and 1.25 minutes; 49 < 50 is an issue, 50/30/75 is none.
    assert warehouse.rows(sql) == [
        ["Intrarea Florea Nr. 682, Cernavoda, 389586", "0.1", "true"],
        ['Aleea "Veche" Nr. 851, Curtici, 748095', "1.3", "false"],
    ]


def test_pii_data_has_every_column_whole(warehouse):
    row = warehouse.rows("SELECT * FROM pii_data WHERE run_date = '2024-09-15'")
    assert row == [
        [
            *("2024-09-15", "Ion Marin", "ionmarin", "ionmarin@zzup.ro", "4091201412925", "1923-07-22"),
            *('Aleea "Veche" Nr. 851, Curtici, 748095', "0249 724 717", "30:ce:40:64:e7:d6", "179.7.205.239"),
            *("RO88GWZN0391548765252667", "2024-09-15 01:02:03.000", "75", "50", "30", "7"),
            "00000000-0000-4000-8000-000000000001",
        ]
    ]


@pytest.mark.parametrize("column", MASKED)
def test_non_pii_data_masks(warehouse, column):
    shown = warehouse.rows(f"SELECT {column} FROM non_pii_data ORDER BY unique_id")
    whole = warehouse.rows(f"SELECT CAST({column} AS varchar) FROM pii_data")
    assert shown[0] == [MASKED[column]]
    assert not {row[0] for row in shown} & {row[0] for row in whole}


def test_no_unmasked_value_appears_anywhere_in_non_pii_data(warehouse):
    columns = ", ".join(f"CAST({column} AS varchar)" for column in MASKED)
    secrets = {value for row in warehouse.rows(f"SELECT {columns} FROM pii_data") for value in row}
    shown = {value for row in warehouse.rows("SELECT * FROM non_pii_data") for value in row}
    assert len(secrets) == 2 * len(MASKED)
    assert not any(secret in value for secret in secrets for value in shown)


def test_views_over_views_use_their_own_schema(warehouse):
    warehouse.glue.create_database(DatabaseInput={"Name": "other_db"})
    warehouse.view("nested", "SELECT iban, payment_amount AS amount FROM payment_data",
                   [("iban", "varchar"), ("amount", "double")])  # fmt: skip
    sql = "SELECT count(*) FROM driven_data_db.nested WHERE amount > 45"
    assert warehouse.rows(sql, QueryExecutionContext={"Database": "other_db"}) == [["1"]]


@pytest.mark.parametrize(
    ("name", "sql", "columns"),
    [
        ("stale_type", "SELECT iban FROM dim_finance", [("iban", "integer")]),
        ("stale_count", "SELECT iban, unique_id FROM dim_finance", [("iban", "varchar")]),
        ("stale_column", "SELECT gone FROM dim_finance", [("gone", "varchar")]),
    ],
)
def test_a_stale_view_fails(warehouse, name, sql, columns):
    warehouse.view(name, sql, columns)
    assert re.match(r"(VIEW_IS_STALE|INVALID_VIEW): ", warehouse.error(f"SELECT * FROM {name}"))
