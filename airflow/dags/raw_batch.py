"""One day's raw batch as CSV: what the network's customers did, made up but true to form.

Names, towns, banks, e-mail domains and phone prefixes are those of Faker's Romanian providers. The values
are drawn from them directly, because Faker's methods take many times longer (``make bench-extraction``
measures both). Beyond Faker, the fields of a row agree with each other: the personal number carries the
person's sex and birth date, the IBAN a Romanian bank's code.

The bytes depend on nothing but the arguments: same seed, date and number of rows, same file.
"""

import csv
import datetime
import io
import operator
import random
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from faker.providers.address.ro_RO import Provider as Address
from faker.providers.bank.ro_RO import Provider as Bank
from faker.providers.internet.ro_RO import Provider as Internet
from faker.providers.person.ro_RO import Provider as Person
from faker.providers.phone_number.ro_RO import Provider as Phone
from faker.providers.ssn.ro_RO import ssn_checksum

FIRST_LOAD_ROWS = 100_372
LARGEST_DAY_ROWS = 1_101

MAX_SESSION_SECONDS = 36_000
MAX_DOWNLOAD_MBPS = 1_000
MAX_UPLOAD_MBPS = 800
MAX_TRAFFIC_KB = 2_000_000

OLDEST_CUSTOMER_DAYS = 115 * 365
FIRST_LOAD_SECONDS = 365 * 24 * 3600
COUNTIES = (*range(1, 47), 51, 52)
ROWS_PER_CHUNK = 1_000

# A bank's code in digits, as the IBAN's check digits count it (A = 10 ... Z = 35), and RO00, put at the end.
BANKS = tuple((code, "".join(str(int(letter, 36)) for letter in code)) for code in Bank.swift_bank_codes)
COUNTRY_DIGITS = "272400"
# Faker's "0231 ### ###" as "0231 %03d %03d" with the limits (1000, 1000).
PHONES = tuple(
    (
        re.sub("#+", lambda run: f"%0{len(run[0])}d", text),
        tuple(10 ** len(run) for run in re.findall("#+", text)),
    )
    for text in Phone.formats
)
MALE, FEMALE = 0, 1
FIRST_NAMES = (
    *((name, MALE) for name in Person.first_names_male),
    *((name, FEMALE) for name in Person.first_names_female),
)


@dataclass(frozen=True)
class Batch:
    """One day's file.

    :param moment: when the run happens; later days' rows all carry this moment minus one day
    :param columns: the file's columns in their order, those of the pipeline table's raw table
    :param rows: number of rows below the header
    :param seed: anything that should make a different file when it differs
    :param first_load: the bucket's first file: each row has a moment of its own in the year before ``moment``
    """

    moment: datetime.datetime
    columns: tuple[str, ...]
    rows: int
    seed: str
    first_load: bool = False

    def __post_init__(self) -> None:
        made, wanted = set(_Customers(self).row()), set(self.columns)
        if made != wanted:
            raise ValueError(
                f"raw_batch.py makes other columns than the raw table's: it lacks {sorted(wanted - made) or 'none'} "
                f"and has {sorted(made - wanted) or 'none'} beyond them; change its row, or columns in pipeline.yaml"
            )

    def csv(self) -> Iterator[bytes]:
        """The file in chunks of about 230 kB, so that its size doesn't matter to memory."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(self.columns)
        next_row, in_order = _Customers(self).row, operator.itemgetter(*self.columns)
        for start in range(0, self.rows, ROWS_PER_CHUNK):
            writer.writerows(in_order(next_row()) for _ in range(min(ROWS_PER_CHUNK, self.rows - start)))
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
        if not self.rows:
            yield buffer.getvalue().encode()


class _Customers:
    """Draws one row after another; each row is a customer with a session."""

    def __init__(self, batch: Batch) -> None:
        # A str seed goes through SHA-512: the same numbers in every process, whatever PYTHONHASHSEED is.
        rng = random.Random(f"{batch.seed}/{batch.moment:%Y-%m-%d}")
        self.rnd, self.bits = rng.random, rng.getrandbits
        self.moment, self.first_load = batch.moment, batch.first_load
        self.today = batch.moment.toordinal()
        self.day_before = f"{batch.moment - datetime.timedelta(days=1):%Y-%m-%d %H:%M:%S}"

    def row(self) -> dict[str, str | int]:
        """By column; the order of the draws is part of what a seed stands for."""
        rnd, pick = self.rnd, self.pick
        first_name, sex = pick(FIRST_NAMES)
        name = f"{first_name} {pick(Person.last_names)}"
        user_name = name.lower().replace(" ", "")
        birth = datetime.date.fromordinal(self.today - int(rnd() * OLDEST_CUSTOMER_DAYS)).isoformat()
        mac, ip = self.mac_address(), self.ip_address()
        return {
            "person_name": name,
            "user_name": user_name,
            "email": f"{user_name}@{pick(Internet.free_email_domains)}",
            "personal_number": self.personal_number(sex, birth),
            "birth_date": birth,
            "address": self.address(),
            "phone": self.phone(),
            "mac_address": mac,
            "ip_address": ip,
            "iban": self.iban(),
            "accessed_at": self.accessed_at() if self.first_load else self.day_before,
            "session_duration": int(rnd() * (MAX_SESSION_SECONDS + 1)),
            "download_speed": int(rnd() * (MAX_DOWNLOAD_MBPS + 1)),
            "upload_speed": int(rnd() * (MAX_UPLOAD_MBPS + 1)),
            "consumed_traffic": int(rnd() * (MAX_TRAFFIC_KB + 1)),
            "unique_id": self.unique_id(),
        }

    def pick(self, values):
        return values[int(self.rnd() * len(values))]

    def personal_number(self, sex: int, birth: str) -> str:
        century = 1 if birth < "2000" else 5
        day = f"{birth[2:4]}{birth[5:7]}{birth[8:]}"
        number = f"{century + sex}{day}{self.pick(COUNTIES):02d}{int(self.rnd() * 999) + 1:03d}"
        return f"{number}{ssn_checksum(number)}"

    def address(self) -> str:
        rnd, pick = self.rnd, self.pick
        street = f"{pick(Address.street_prefixes)} "
        if rnd() < 1 / 3:
            street += f"{pick(Person.first_names)} "
        street += pick(Person.last_names)
        shape = int(rnd() * 3)  # the street; with a number; with block, entrance and flat as well
        if shape:
            street += f" Nr. {int(rnd() * 90) + 10 if rnd() < 0.5 else int(rnd() * 900) + 100}"
        if shape == 2:
            street += f" Bl. {int(rnd() * 90) + 10}  Sc. {int(rnd() * 90) + 10} Ap. {int(rnd() * 900) + 100}"
        return f"{street}, {pick(Address.cities)}, {int(rnd() * 900_000) + 100_000}"

    def phone(self) -> str:
        pattern, limits = self.pick(PHONES)
        return pattern % tuple([int(self.rnd() * limit) for limit in limits])

    def mac_address(self) -> str:
        mac = f"{self.bits(48) & ~(1 << 40):012x}"  # the lowest bit of the first byte would mean multicast
        return f"{mac[:2]}:{mac[2:4]}:{mac[4:6]}:{mac[6:8]}:{mac[8:10]}:{mac[10:]}"

    def ip_address(self) -> str:
        ip = int(self.rnd() * 0xDF00_0000) + 0x0100_0000  # 1.0.0.0 to 223.255.255.255
        return f"{ip >> 24}.{ip >> 16 & 255}.{ip >> 8 & 255}.{ip & 255}"

    def iban(self) -> str:
        code, code_digits = self.pick(BANKS)
        account = f"{int(self.rnd() * 10**8):08d}{int(self.rnd() * 10**8):08d}"
        check = 98 - int(code_digits + account + COUNTRY_DIGITS) % 97
        return f"RO{check:02d}{code}{account}"

    def accessed_at(self) -> str:
        ago = datetime.timedelta(seconds=int(self.rnd() * FIRST_LOAD_SECONDS))
        return (self.moment - ago).isoformat(" ", "seconds")

    def unique_id(self) -> str:
        return str(uuid.UUID(int=self.bits(128), version=4))


def rows_of_day(seed: str, run_date: datetime.date) -> int:
    """How many rows a day after the first load brings, 0 to 1,101."""
    return random.Random(f"{seed}/{run_date.isoformat()}/rows").randint(0, LARGEST_DAY_ROWS)
