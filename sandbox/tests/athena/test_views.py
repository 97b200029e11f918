"""Views over the project's tables, against rows computed by hand."""

from __future__ import annotations

import re

import pytest


def test_a_view_divides_as_real_numbers(warehouse):
    rows = warehouse.rows("SELECT iban, payment_amount FROM payments ORDER BY unique_id")
    # (49 + 40 + 1) / 2 + 12 / (4 + 1) and (50 + 30 + 1) / 2 + 7 / (75 + 1)
    assert [row[0] for row in rows] == ["RO16EZML5644748904109718", "RO88GWZN0391548765252667"]
    assert [float(row[1]) for row in rows] == [45 + 2.4, 40.5 + 7 / 76]


def test_a_view_joins_all_tables_of_the_day(warehouse):
    row = warehouse.rows("SELECT * FROM people WHERE run_date = '2024-09-15'")
    assert row == [
        [
            *("2024-09-15", "Ion Marin", "1923-07-22", 'Aleea "Veche" Nr. 851, Curtici, 748095'),
            *("RO88GWZN0391548765252667", "2024-09-15 01:02:03.000", "75"),
        ]
    ]


def test_views_over_views_use_their_own_schema(warehouse):
    warehouse.glue.create_database(DatabaseInput={"Name": "other_db"})
    warehouse.view("nested", "SELECT iban, payment_amount AS amount FROM payments",
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
