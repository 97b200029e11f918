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
from collections.abc import Callable, Iterator
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
        made, wanted = set(self._row_maker()()), set(self.columns)
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
        next_row, in_order = self._row_maker(), operator.itemgetter(*self.columns)
        for start in range(0, self.rows, ROWS_PER_CHUNK):
            writer.writerows(in_order(next_row()) for _ in range(min(ROWS_PER_CHUNK, self.rows - start)))
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
        if not self.rows:
            yield buffer.getvalue().encode()

    def _row_maker(self) -> Callable[[], dict[str, str | int]]:
        # A str seed goes through SHA-512: the same numbers in every process, whatever PYTHONHASHSEED is.
        rng = random.Random(f"{self.seed}/{self.moment:%Y-%m-%d}")
        rnd, bits = rng.random, rng.getrandbits

        def pick(values):
            return values[int(rnd() * len(values))]

        def phone() -> str:
            pattern, limits = pick(PHONES)
            return pattern % tuple([int(rnd() * limit) for limit in limits])

        def address() -> str:
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

        def personal_number(sex: int, birth: str) -> str:
            century = 1 if birth < "2000" else 5
            day = f"{birth[2:4]}{birth[5:7]}{birth[8:]}"
            number = f"{century + sex}{day}{pick(COUNTIES):02d}{int(rnd() * 999) + 1:03d}"
            return f"{number}{ssn_checksum(number)}"

        def iban() -> str:
            code, code_digits = pick(BANKS)
            account = f"{int(rnd() * 10**8):08d}{int(rnd() * 10**8):08d}"
            check = 98 - int(code_digits + account + COUNTRY_DIGITS) % 97
            return f"RO{check:02d}{code}{account}"

        def unique_id() -> str:
            text = f"{(bits(128) & ~(0xF << 76) & ~(0x3 << 62)) | (0x4 << 76) | (0x2 << 62):032x}"
            return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

        date = datetime.date
        today = self.moment.toordinal()
        day_before = f"{self.moment - datetime.timedelta(days=1):%Y-%m-%d %H:%M:%S}"

        def accessed_at() -> str:
            if not self.first_load:
                return day_before
            ago = datetime.timedelta(seconds=int(rnd() * FIRST_LOAD_SECONDS))
            return (self.moment - ago).isoformat(" ", "seconds")

        def row() -> dict[str, str | int]:
            first_name, sex = pick(FIRST_NAMES)
            name = f"{first_name} {pick(Person.last_names)}"
            user_name = name.lower().replace(" ", "")
            birth = date.fromordinal(today - int(rnd() * OLDEST_CUSTOMER_DAYS)).isoformat()
            mac = f"{bits(48) & ~(1 << 40):012x}"  # the lowest bit of the first byte would mean multicast
            ip = int(rnd() * 0xDF00_0000) + 0x0100_0000  # 1.0.0.0 to 223.255.255.255
            return {
                "person_name": name,
                "user_name": user_name,
                "email": f"{user_name}@{pick(Internet.free_email_domains)}",
                "personal_number": personal_number(sex, birth),
                "birth_date": birth,
                "address": address(),
                "phone": phone(),
                "mac_address": f"{mac[:2]}:{mac[2:4]}:{mac[4:6]}:{mac[6:8]}:{mac[8:10]}:{mac[10:]}",
                "ip_address": f"{ip >> 24}.{ip >> 16 & 255}.{ip >> 8 & 255}.{ip & 255}",
                "iban": iban(),
                "accessed_at": accessed_at(),
                "session_duration": int(rnd() * (MAX_SESSION_SECONDS + 1)),
                "download_speed": int(rnd() * (MAX_DOWNLOAD_MBPS + 1)),
                "upload_speed": int(rnd() * (MAX_UPLOAD_MBPS + 1)),
                "consumed_traffic": int(rnd() * (MAX_TRAFFIC_KB + 1)),
                "unique_id": unique_id(),
            }

        return row


def rows_of_day(seed: str, run_date: datetime.date) -> int:
    """How many rows a day after the first load brings, 0 to 1,101."""
    return random.Random(f"{seed}/{run_date.isoformat()}/rows").randint(0, LARGEST_DAY_ROWS)
