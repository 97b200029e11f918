"""The types and named rules against others' judgement: python-stdnum and the standard library, on a million values."""

import ipaddress
import random
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
from judged import job_session
from pyspark.sql import SparkSession
from raw_files import valid_rows
from stdnum import iban as stdnum_iban
from stdnum import mac as stdnum_mac
from stdnum.ro import cnp

from driven_data_glue.iban_registry import STRUCTURES
from driven_data_glue.rules import RULES, typed

EACH = 100_000
ODD = [*"0123456789abcdefABCDEFXZ-:.+@ ", "é", "\N{ARABIC-INDIC DIGIT THREE}", "00", "--", ".."]


def is_uuid4(value: str) -> bool:
    try:
        found = uuid.UUID(value)
    except ValueError:
        return False
    return str(found) == value and found.version == 4


def is_iban(value: str) -> bool:
    # stdnum also takes letters and the digits of other scripts for check digits.
    numbers = value.isascii() and value[2:4].isdigit() and stdnum_iban.is_valid(value, check_country=False)
    return numbers and stdnum_iban.compact(value) == value


def is_personal_number(value: str) -> bool:
    if not (len(value) == 13 and value.isascii() and value.isdigit()):
        return False
    dated = value[0] != "0" and 1 <= int(value[3:5]) <= 12 and 1 <= int(value[5:7]) <= 31
    return dated and cnp.calc_check_digit(value[:-1]) == value[-1]


def is_mac_address(value: str) -> bool:
    # stdnum also takes 1:2:3:4:5:6, and both signs in one address.
    return (
        len(value) == 17
        and " " not in value
        and len(set(value[2::3])) == 1
        and stdnum_mac.is_valid(value.lower(), validate_manufacturer=False)
    )


def is_ipv4(value: str) -> bool:
    try:
        return bool(ipaddress.IPv4Address(value))
    except ValueError:
        return value == "0.0.0.0"


def is_phone(value: str) -> bool:
    groups = re.split(r"[ .-]", value.removeprefix("+"))
    return all(group.isascii() and group.isdigit() for group in groups) and 7 <= len("".join(groups)) <= 15


def is_email(value: str) -> bool:
    local, sign, domain = value.partition("@")
    labels = domain.split(".")
    allowed = set("!#$%&'*+/=?^_`{|}~-")
    return (
        bool(sign)
        and len(value) <= 254
        and len(local) <= 64
        and all(local.split("."))
        and all(
            c in allowed or (c.isascii() and c.isalnum()) or "\xa1" <= c <= "\ud7ff" for c in local.replace(".", "")
        )
        and len(labels) > 1
        and all(label.isascii() and label.replace("-", "a").isalnum() for label in labels)
        and not any(label.startswith("-") or label.endswith("-") for label in labels)
        and labels[-1].isalpha()
        and 2 <= len(labels[-1]) <= 63
    )


def is_int(value: str) -> bool:
    try:
        return str(int(value)) == value and -(2**31) <= int(value) < 2**31
    except ValueError:
        return False


def is_date(value: str) -> bool:
    try:
        # Year 0 exists in ISO 8601 and not in Python; it is as long as 2000.
        return date.fromisoformat(re.sub(r"\A0000(?=-)", "2000", value)).isoformat()[4:] == value[4:]
    except ValueError:
        return False


def is_timestamp(value: str) -> bool:
    seconds, point, fraction = value.partition(".")
    try:
        whole = datetime.strptime(re.sub(r"\A0000(?=-)", "2000", seconds), "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return False
    if str(whole)[4:] != seconds[4:]:
        return False
    # strptime also takes the digits of other scripts.
    return value.isascii() and (not point or bool(re.fullmatch(r"[0-9]{0,5}[1-9]", fraction)))


def an_iban(rng: random.Random) -> str:
    """A right one of any country, or one with a right remainder and a wrong structure."""
    country = rng.choice([*STRUCTURES, "RO", "RO", "XX", "US"])
    kinds = {"n": "0123456789", "a": "ABCXYZ", "c": "0123456789ABCXYZ"}
    parts = re.findall(r"(\d+)([nac])", STRUCTURES.get(country, "4a16n"))
    account = "".join("".join(rng.choices(kinds[kind], k=int(length))) for length, kind in parts)
    if rng.random() < 0.2:
        account = changed(account, rng, "0123456789AZ")
    if not account.isalnum() or not account.isascii():
        return account
    return country + stdnum_iban.calc_check_digits(country + "00" + account) + account


def changed(value: str, rng: random.Random, odd: str | list[str] = ODD) -> str:
    for _ in range(rng.choice([1, 1, 2])):
        at = rng.randrange(len(value) + 1)
        match rng.choices(range(6), (4, 6, 3, 3, 1, 1))[0]:
            case 0:
                value = value[:at] + rng.choice(odd) + value[at:]
            case 1:
                value = value[:at] + rng.choice(odd) + value[at + 1 :]
            case 2:
                value = value[:at] + value[at + 1 :]
            case 3:
                value = value[:at] + value[at + 1 : at + 2] + value[at : at + 1] + value[at + 2 :]
            case 4:
                value = value[:at]
            case 5:
                value = value.swapcase()
    return value


def sound(rng: random.Random) -> dict[str, Callable[[], str]]:
    """Makers of values that mostly fit, other than the rows of the other tests where those are of one form only."""
    rows = list(valid_rows(2_000, seed=3))
    digits = "0123456789"

    def group() -> str:
        return "".join(rng.choices(digits, k=rng.randint(1, 5)))

    return {
        "uuid4": lambda: str(uuid.UUID(bytes=rng.randbytes(16), version=rng.choice([4, 4, 4, 1, 5]))),
        "iban": lambda: an_iban(rng),
        "personal_number": lambda: rng.choice(rows)["personal_number"],
        "mac_address": lambda: rng.choice(":-").join(f"{byte:02x}" for byte in rng.randbytes(6)),
        "ipv4": lambda: ".".join(str(rng.randint(0, 300)) for _ in range(4)),
        "phone": lambda: rng.choice(["", "+"]) + rng.choice(" .-").join(group() for _ in range(rng.randint(2, 5))),
        "email": lambda: (
            rng.choice(["a.b-c", "petricăț", "x" * rng.randint(1, 70), "o'neill+1"])
            + rng.choice(
                ["@post.ro", "@a-b.c--d.example", "@x.y", "@141.ro", "@-a.com", "@" + "a." * rng.randint(1, 140) + "ro"]
            )
        ),
        "int": lambda: str(rng.randint(-(2 ** rng.randint(1, 33)), 2 ** rng.randint(1, 33))),
        "date": lambda: str(date(1, 1, 1) + timedelta(days=rng.randrange(3_652_000))),
        "timestamp": lambda: str(datetime(1583, 1, 1) + timedelta(seconds=rng.randrange(10**10))),
    }


ORACLES: dict[str, Callable[[str], bool]] = {
    "uuid4": is_uuid4,
    "iban": is_iban,
    "personal_number": is_personal_number,
    "mac_address": is_mac_address,
    "ipv4": is_ipv4,
    "phone": is_phone,
    "email": is_email,
    "int": is_int,
    "date": is_date,
    "timestamp": is_timestamp,
}


def test_rules_agree_with_an_independent_oracle_on_a_million_values(spark: SparkSession, tmp_path: Path) -> None:
    assert RULES.keys() <= ORACLES.keys(), "a rule without an oracle"
    rng = random.Random(4)
    makers = sound(rng)

    def values(kind: str) -> Iterator[str]:
        for number in range(EACH):
            value = makers[kind]()
            yield changed(value, rng) if number % 2 else value

    given = {kind: list(values(kind)) for kind in ORACLES}
    path = tmp_path / "values.txt"
    path.write_text("\n".join("\t".join(row) for row in zip(*given.values(), strict=True)))
    judged = []
    for number, kind in enumerate(ORACLES):
        field = f"fields[{number}]"
        holds = RULES[kind].holds(field) if kind in RULES else f"{typed(field, kind)} IS NOT NULL"
        judged.append(f"coalesce({holds}, false) AS {kind}")
    rows = job_session(spark).read.text(str(path)).selectExpr("split(value, '\\t', -1) AS fields").selectExpr(*judged)
    rows.coalesce(1).write.parquet(str(tmp_path / "judged"))
    found = pq.read_table(tmp_path / "judged").to_pydict()
    for kind, oracle in ORACLES.items():
        expected = [oracle(value) for value in given[kind]]
        wrong = [
            (value, "refused" if right else "accepted")
            for value, right, said in zip(given[kind], expected, found[kind], strict=True)
            if right != said
        ]
        assert wrong == [], f"{kind}: {len(wrong)} of {EACH}"
        assert EACH / 10 < sum(expected) < EACH * 9 / 10, f"{kind}: {sum(expected)} right values test too little"
