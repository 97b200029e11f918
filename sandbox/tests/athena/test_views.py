"""The project's views, against rows computed by hand."""

from __future__ import annotations


def test_payment_data(warehouse):
    rows = warehouse.rows("SELECT unique_id, payment_amount FROM payment_data ORDER BY unique_id")
    # (49 + 40 + 1) / 2 + 12 / (4 + 1) and (50 + 30 + 1) / 2 + 7 / (75 + 1)
    assert [float(amount) for _, amount in rows] == [47.4, 40.5 + 7 / 76]
