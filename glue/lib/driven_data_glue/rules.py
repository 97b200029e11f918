"""The types and named rules of the pipeline table, as SQL over a column's text and value.

A rule is a pattern that the whole text matches, and for some a check beyond it. Patterns match no comma, quote or line
break, so that several of them can be joined into one over a whole line (quick.py).
"""

import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from driven_data_glue.errors import JobError
from driven_data_glue.iban_registry import STRUCTURES
from driven_data_glue.table import Column

SPARK_TYPES = {
    "string": "string",
    "int": "int",
    "date": "date",
    # Without a zone, as the data has none: Parquet's INT64 microseconds, not adjusted to UTC.
    "timestamp": "timestamp_ntz",
}

# java.util.regex finds a character among those named one by one twice as fast as in ranges.
DIGIT, HEX, ANY_HEX = (f"[{string.digits}{letters}]" for letters in ("", "abcdef", "abcdefABCDEF"))
ALPHANUMERIC = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Quick:
    """A form that most values have and that costs little to check: what holds here holds by the whole rule.

    `number` is a bigint that `check` takes beside the value, so that it is computed once.
    """

    pattern: str
    number: Callable[[str], str] | None = None
    check: Callable[[str, str], str] | None = None


@dataclass(frozen=True)
class Rule:
    pattern: str
    check: Callable[[str], str] | None = None
    quick: Quick | None = None

    @property
    def quick_form(self) -> Quick:
        """That of the whole rule where it has none of its own."""
        check = self.check
        return self.quick or Quick(self.pattern, None, check and (lambda value, _: check(value)))

    def holds(self, value: str) -> str:
        """SQL that is true where the rule holds, null for null."""
        shape = f"{value} RLIKE " + text(rf"\A(?:{self.pattern})\z")
        return f"({shape} AND {self.check(value)})" if self.check else f"({shape})"


def text(value: str) -> str:
    """The SQL literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def typed(value: str, type_name: str) -> str:
    """SQL of the value, null where the text is not how that value is written.

    Written means: 42 and -7 (no leading zeros, no plus), 2024-09-15, 2024-09-15 07:00:00. Spark alone would
    also take 1.5 for the integer 1, or 2024-9 for the first of September.
    """
    if type_name == "string":
        return value
    cast = f"CAST({value} AS {SPARK_TYPES[type_name]})"  # null when unreadable: the session has ANSI mode off
    # Spark also knows years before 0 and after 9999, which it writes with a sign.
    four_digits = "" if type_name == "int" else f" AND substr({value}, 1, 1) BETWEEN '0' AND '9'"
    return f"CASE WHEN CAST({cast} AS string) = {value}{four_digits} THEN {cast} END"


def in_range(column: Column, value: str) -> str | None:
    """SQL that is true where the value is within the column's bounds, null for null; None without bounds."""
    bounds = []
    if column.min is not None:
        bounds.append(f"{value} >= {_literal(column, column.min)}")
    if column.max is not None and column.type == "timestamp":  # the whole day
        bounds.append(f"{value} < {_literal(column, column.max + timedelta(days=1))}")
    elif column.max is not None:
        bounds.append(f"{value} <= {_literal(column, column.max)}")
    return f"({' AND '.join(bounds)})" if bounds else None


def _literal(column: Column, bound: object) -> str:
    kinds = {"int": "{}", "date": "DATE'{}'", "timestamp": "TIMESTAMP_NTZ'{} 00:00:00'"}
    return kinds[column.type].format(bound)


def rule_of(column: Column) -> Rule | None:
    if column.rule is None:
        return None
    if column.rule not in RULES:
        raise JobError(
            f"column {column.name} has the unknown rule {column.rule!r}; known: {', '.join(RULES)}. "
            "Correct pipeline.yaml, or add the rule to rules.py, and deploy again"
        )
    return RULES[column.rule]


def _iban() -> Rule:
    """ISO 13616: a country with the structure that it has registered, and a number whose remainder by 97 is 1.

    The number: the first four characters go to the end, and a letter counts as two digits (A is 10, Z is 35).
    """
    classes = {"n": DIGIT, "a": "[A-Z]", "c": "[A-Z0-9]"}

    def pattern(structure: str) -> str:
        return re.sub(r"(\d+)([nac])", lambda part: f"{classes[part[2]]}{{{part[1]}}}", structure)

    countries: dict[str, list[str]] = {}
    for country, structure in STRUCTURES.items():
        countries.setdefault(structure, []).append(country)
    whole = [f"(?:{'|'.join(names)}){DIGIT}{{2}}{pattern(structure)}" for structure, names in sorted(countries.items())]

    # Most IBANs name the bank by four letters and have at most 16 digits behind them (Romanian, British, Dutch, ...):
    # a few sums of integers do for these. By country, the digits behind the bank:
    few: dict[str, int] = {}
    for country, structure in STRUCTURES.items():
        parts = re.findall(r"(\d+)([nac])", structure)
        digits = sum(int(length) for length, kind in parts[1:] if kind in "nc")
        if parts[0] == ("4", "a") and all(kind in "nc" for _, kind in parts[1:]) and 0 < digits <= 16:
            few[country] = digits
    quick = f"[A-Z]{{2}}{DIGIT}{{2}}[A-Z]{{4}}{DIGIT}{{{min(few.values())},{max(few.values())}}}+"

    def number(value: str) -> str:
        """The first eight characters (country, control digits, bank), to the base of 36."""
        return f"CAST(conv(left({value}, 8), 36, 10) AS bigint)"

    def quick_check(value: str, head: str) -> str:
        lengths = ", ".join(str(int(country, 36) * 100 + 8 + digits) for country, digits in sorted(few.items()))
        registered = f"CAST({head} div {36**6}L AS int) * 100 + octet_length({value}) IN ({lengths})"
        # What each of the eight counts in the whole number, by 97, but for the bank's distance from the end.
        weights = [10**power % 97 for power in (4, 2, 1, 0, 6, 4, 2, 0)]
        country, bank = (
            " + ".join(f"{head} div {36 ** (7 - place)}L % 36 * {weights[place]}" for place in places)
            for places in (range(4), range(4, 8))
        )
        powers = [10 ** (6 + digits) % 97 for digits in range(17)]
        shift = f"get(array({', '.join(map(str, powers))}), octet_length({value}) - 8)"
        account = f"CAST(substr({value}, 9) AS bigint)"
        return f"{registered} AND (({bank}) % 97 * {shift} + {account} % 97 * {10**6 % 97} + {country}) % 97 = 1"

    def check(value: str) -> str:
        digits = f"concat(substr({value}, 5), substr({value}, 1, 4))"
        for letter in string.ascii_uppercase:
            digits = f"replace({digits}, '{letter}', '{int(letter, 36)}')"
        # Up to 68 digits, more than any type holds: taken in parts, each behind the remainder of those before it.
        parts = f"regexp_extract_all({digits}, '[0-9]{{1,16}}', 0)"
        return f"aggregate({parts}, 0L, (rest, part) -> CAST(concat(rest, part) AS bigint) % 97) = 1"

    return Rule("|".join(whole), check, Quick(quick, number, quick_check))


def _personal_number() -> Rule:
    """The Romanian personal number (CNP): 13 digits SYYMMDDJJNNNC with a right control digit C.

    S is 1 to 9, MM a month, DD 1 to 31. The day is not held against the month, and the county JJ not against
    a list: real batches hold numbers such as 31 June, and counties have been added over the years.
    """
    weights = (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)

    def number(value: str) -> str:
        return f"CAST({value} AS bigint)"

    def check(_: str, number: str) -> str:
        digits = (f"{number} div {10 ** (12 - place)}L % 10 * {weight}" for place, weight in enumerate(weights))
        # The control digit is the remainder by 11, or 1 where that is 10.
        control = f"get(array(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1), CAST(({' + '.join(digits)}) % 11 AS int))"
        return f"{control} = {number} % 10"

    pattern = f"[1-9]{DIGIT}{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]{DIGIT}|3[01]){DIGIT}{{6}}"
    return Rule(pattern, lambda value: check(value, number(value)), Quick(pattern, number, check))


def _email() -> Rule:
    """RFC 5321's mailbox with RFC 6531's letters beyond ASCII before the @; no quoted name, no address literal."""
    atom = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x{A1}-\x{D7FF}-]++"
    # The replacement character stands for bytes that are no UTF-8: it lies above the letters that are allowed.
    local = rf"{atom}(?:\.{atom})*+"
    domain = r"(?:[A-Za-z0-9]++(?:-++[A-Za-z0-9]++)*+\.)++[A-Za-z]{2,63}+"
    name, label = rf"[{ALPHANUMERIC}\x{{A1}}-\x{{D7FF}}]++", f"[{ALPHANUMERIC}]++"
    return Rule(
        rf"{local}@{domain}",
        lambda value: f"length({value}) <= 254 AND instr({value}, '@') <= 65",
        Quick(
            rf"{name}(?:[._]{name})*+@(?:{label}(?:-{label})*+\.)++[{string.ascii_letters}]{{2,63}}+",
            check=lambda value, _: f"octet_length({value}) <= 64",
        ),
    )


_BYTE = f"(?:1{DIGIT}{{2}}|[1-9]{DIGIT}|2[0-4]{DIGIT}|25[0-5]|{DIGIT})"

RULES: dict[str, Rule] = {
    # A version 4 UUID in its canonical, lower-case form (RFC 9562).
    "uuid4": Rule(f"{HEX}{{8}}-{HEX}{{4}}-4{HEX}{{3}}-[89ab]{HEX}{{3}}-{HEX}{{12}}"),
    "iban": _iban(),
    "personal_number": _personal_number(),
    "email": _email(),
    # E.164's 7 to 15 digits, with or without a plus, in groups parted by one space, dot or hyphen.
    "phone": Rule(
        rf"\+?{DIGIT}(?:[ .-]?{DIGIT}){{6,14}}+",
        quick=Quick(rf"\+?(?:{DIGIT}{{3,5}}[ .-]{DIGIT}{{2,5}}[ .-]{DIGIT}{{2,5}}|{DIGIT}{{7,15}})"),
    ),
    # Six bytes in hex, all parted by colons or all by hyphens (IEEE 802).
    "mac_address": Rule("|".join(sign.join([f"{ANY_HEX}{{2}}"] * 6) for sign in ":-")),
    # Dotted decimal without leading zeros, which some read as octal (RFC 6943, 3.1.1).
    "ipv4": Rule(r"\.".join([_BYTE] * 4)),
}
