"""Makes raw files: valid rows, a row with given values, and the bytes of a file."""

import csv
import io
import itertools
import random
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

HEADER = ["person_name", "user_name", "email", "personal_number", "birth_date", "address", "phone", "mac_address", "ip_address", "iban", "accessed_at", "session_duration", "download_speed", "upload_speed", "consumed_traffic", "unique_id"]

Row = dict[str, str]


def valid_rows(count: int, seed: int = 1) -> Iterator[Row]:
    """Rows that fit; the same seed gives the same rows."""
    rng = random.Random(seed)
    for number in range(count):
        name = f"Ștefan{number} Țurcanu"
        yield dict(
            zip(
                HEADER,
                (
                    name,
                    name.lower().replace(" ", ""),
                    f"person{number}@email.ro",
                    _personal_number(rng),
                    f"{rng.randint(1930, 2006)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}",
                    f"Strada Mihai Viteazu Nr. {rng.randint(1, 900)}, Brașov, {number:06d}",
                    f"07{rng.randint(10, 99)} {rng.randint(100, 999)} {rng.randint(100, 999)}",
                    ":".join(f"{byte:02x}" for byte in rng.randbytes(6)),
                    ".".join(str(byte) for byte in rng.randbytes(4)),
                    _iban(rng),
                    str(datetime(2024, 1, 1) + timedelta(seconds=rng.randrange(31_536_000))),
                    str(rng.randint(0, 36_000)),
                    str(rng.randint(0, 1_000)),
                    str(rng.randint(0, 800)),
                    str(rng.randint(0, 2_000_000)),
                    str(uuid.UUID(bytes=rng.randbytes(16), version=4)),
                ),
                strict=True,
            )
        )


_seeds = itertools.count(1000)


def row(**values: str) -> Row:
    """A valid row, unlike any other, with some values replaced."""
    return next(valid_rows(1, seed=next(_seeds))) | values


def csv_text(rows: Iterable[Row], line_end: str = "\n", header: Iterable[str] = HEADER) -> str:
    """A whole raw file, quoted as little as possible."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=line_end)
    writer.writerow(header)
    writer.writerows(row.values() for row in rows)
    return text.getvalue()


def line_of(row: Row) -> str:
    """The row as one record of the file."""
    return csv_text([row]).removesuffix("\n").split("\n", 1)[1]


def _personal_number(rng: random.Random) -> str:
    number = f"{rng.randint(1, 8)}{rng.randint(0, 99):02d}{rng.randint(1, 12):02d}{rng.randint(1, 31):02d}"
    number += f"{rng.randint(1, 46):02d}{rng.randint(1, 999):03d}"
    control = sum(int(digit) * int(weight) for digit, weight in zip(number, "279146358279", strict=True)) % 11
    return number + str(1 if control == 10 else control)


def _iban(rng: random.Random) -> str:
    account = "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=4)) + f"{rng.randrange(10**16):016d}"
    digits = "".join(str(int(character, 36)) for character in account + "RO00")
    return f"RO{98 - int(digits) % 97:02d}{account}"
