"""The named rules of the pipeline table, and how a column's text becomes a typed value."""

import string
from collections.abc import Callable

from pyspark.sql import Column as SparkColumn
from pyspark.sql import functions as F

SPARK_TYPES = {
    "string": "string",
    "int": "int",
    "date": "date",
    # Without a zone, as the data has none: Parquet's INT64 microseconds, not adjusted to UTC.
    "timestamp": "timestamp_ntz",
}

_CNP_WEIGHTS = (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)


def typed(text: SparkColumn, type_name: str) -> SparkColumn:
    """The value, or null when the text is not how that value is written.

    Written means: 42 and -7 (no leading zeros, no plus), 2024-09-15, 2024-09-15 07:00:00. Spark alone would
    also take 1.5 for the integer 1, or 2024-9 for the first of September.
    """
    if type_name == "string":
        return text
    value = text.cast(SPARK_TYPES[type_name])  # null when unreadable: the session has ANSI mode off
    return F.when(value.cast("string") == text, value)


def uuid4(value: SparkColumn) -> SparkColumn:
    """A version 4 UUID in its canonical, lower-case form."""
    return value.rlike(r"\A[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\z")


def iban(value: SparkColumn) -> SparkColumn:
    """ISO 13616: country, check digits and 11 to 30 characters, whose number modulo 97 is 1. Any country.

    The number: the first four characters go to the end, and a letter counts as two digits (A is 10, Z is 35).
    """
    # Nearly all rows have this form (Romanian, British, Dutch, ...), for which a few sums do: they cost a
    # third of what any form takes.
    bank_and_account = value.rlike(r"\A[A-Z]{2}[0-9]{2}[A-Z]{4}[0-9]{7,16}\z")
    any_form = value.rlike(r"\A[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}\z")
    return F.when(bank_and_account, _remainder_of_bank_and_account(value) == 1).otherwise(
        any_form & (_remainder_of_any_form(value) == 1)
    )


def _remainder_of_bank_and_account(iban: SparkColumn) -> SparkColumn:
    def two_digits(position: int) -> SparkColumn:
        return F.ascii(F.substring(iban, position, 1)) - (ord("A") - 10)

    bank = ((two_digits(5) * 100 + two_digits(6)) * 100 + two_digits(7)) * 100 + two_digits(8)
    # Two digits of remainder and 16 of the account still fit a long.
    rest = F.concat(bank % 97, F.substring(iban, 9, 16)).cast("long") % 97
    check = F.substring(iban, 3, 2).cast("int")
    return (((rest * 100 + two_digits(1)) * 100 + two_digits(2)) * 100 + check) % 97


def _remainder_of_any_form(iban: SparkColumn) -> SparkColumn:
    number = F.concat(F.substring(iban, 5, 30), F.substring(iban, 1, 4))
    for letter in string.ascii_uppercase:
        number = F.replace(number, F.lit(letter), F.lit(str(int(letter, 36))))
    # Up to 68 digits, more than any type holds: taken in parts, each behind the remainder of those before it.
    parts = F.regexp_extract_all(number, F.lit("[0-9]{1,16}"), F.lit(0))
    return F.aggregate(parts, F.lit(0).cast("long"), lambda rest, part: F.concat(rest, part).cast("long") % 97)


def personal_number(value: SparkColumn) -> SparkColumn:
    """The Romanian personal number (CNP): 13 digits SYYMMDDJJNNNC with a right control digit C.

    S is 1 to 9, MM a month, DD 1 to 31. The day is not held against the month, and the county JJ not against
    a list: real batches hold numbers such as 31 June, and counties have been added over the years.
    """
    total = sum(
        (F.ascii(F.substring(value, position, 1)) - ord("0")) * weight
        for position, weight in enumerate(_CNP_WEIGHTS, start=1)
    )
    # The control digit is the remainder by 11, or 1 where that is 10.
    control = F.lit("01234567891").substr(total % 11 + 1, F.lit(1))
    shape = r"\A[1-9][0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{6}\z"
    return value.rlike(shape) & (F.substring(value, 13, 1) == control)


def not_negative(value: SparkColumn) -> SparkColumn:
    return value >= 0


RULES: dict[str, Callable[[SparkColumn], SparkColumn]] = {
    "uuid4": uuid4,
    "iban": iban,
    "personal_number": personal_number,
    "not_negative": not_negative,
}
