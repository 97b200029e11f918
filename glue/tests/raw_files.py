"""Makes raw files: valid rows, a row with given values, and the bytes of a file."""

import csv
import io
import itertools
import random
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import yaml

TABLE = yaml.safe_load((Path(__file__).parents[2] / "pipeline" / "pipeline.yaml").read_text())
HEADER = [column["name"] for column in TABLE["raw"]["columns"]]

Row = dict[str, str]


def valid_rows(count: int, seed: int = 1) -> Iterator[Row]:
    """Rows that fit; the same seed gives the same rows."""
    rng = random.Random(seed)
    for number in range(count):
        name = f"Ștefan{number} Țurcanu"
        values = {
            "person_name": name,
            "user_name": name.lower().replace(" ", ""),
            "email": f"person{number}@email.ro",
            "personal_number": _personal_number(rng),
            "birth_date": f"{rng.randint(1930, 2006)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}",
            "address": f"Strada Mihai Viteazu Nr. {rng.randint(1, 900)}, Brașov, {number:06d}",
            "phone": f"07{rng.randint(10, 99)} {rng.randint(100, 999)} {rng.randint(100, 999)}",
            "mac_address": ":".join(f"{byte:02x}" for byte in rng.randbytes(6)),
            "ip_address": ".".join(str(byte) for byte in rng.randbytes(4)),
            "iban": _iban(rng),
            "accessed_at": str(datetime(2024, 1, 1) + timedelta(seconds=rng.randrange(31_536_000))),
            "session_duration": str(rng.randint(0, 36_000)),
            "download_speed": str(rng.randint(0, 1_000)),
            "upload_speed": str(rng.randint(0, 800)),
            "consumed_traffic": str(rng.randint(0, 2_000_000)),
            "unique_id": str(uuid.UUID(bytes=rng.randbytes(16), version=4)),
        }
        assert values.keys() == set(HEADER), f"these rows don't fit pipeline.yaml: {values.keys() ^ set(HEADER)}"
        yield {column: values[column] for column in HEADER}


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
