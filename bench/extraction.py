"""Raw file generator beside the walkthrough's row function, in one run: rows a second and peak memory.

Each measurement is a process of its own, in turns, so that a busy machine slows both alike; medians are
printed. The walkthrough calls Faker as it stands for every field of every row, and collects the rows in a
list before writing them.
"""

import csv
import datetime
import io
import json
import random
import resource
import statistics
import subprocess
import sys
import time
import uuid

ROUNDS = 3
WALKTHROUGH_ROWS = 10_000
GENERATOR_ROWS = 100_372
MOMENT = datetime.datetime(2024, 9, 15, 7)
GOAL = 5.0


def walkthrough(rows: int) -> int:
    """The walkthrough's way; returns the file's size in bytes."""
    from faker import Faker

    fake = Faker("ro_RO")

    def create_row() -> list:
        name = fake.name()
        user_name = name.replace(" ", "").lower()
        return [
            name,
            user_name,
            f"{user_name}@{fake.free_email_domain()}",
            fake.ssn(),
            fake.date_of_birth().isoformat(),
            fake.address().replace("\n", ", "),
            fake.phone_number(),
            fake.mac_address(),
            fake.ipv4(),
            fake.iban(),
            fake.date_time_between("-1y").strftime("%Y-%m-%d %H:%M:%S"),
            random.randint(0, 36_000),
            random.randint(0, 1_000),
            random.randint(0, 800),
            random.randint(0, 2_000_000),
            str(uuid.uuid4()),
        ]

    data = [create_row() for _ in range(rows)]
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(data)
    return len(file.getvalue().encode())


def generator(rows: int) -> int:
    """The pipeline's generator, as the DAG reads it; returns the file's size in bytes."""
    import raw_batches

    return sum(len(chunk) for chunk in raw_batches.batch(MOMENT, rows, seed="bench", first_load=True).csv())


def measure(way: str, rows: int) -> None:
    started = time.perf_counter()
    size = {"walkthrough": walkthrough, "generator": generator}[way](rows)
    seconds = time.perf_counter() - started
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"rows_per_s": rows / seconds, "peak_mb": peak_kb / 1024, "bytes_per_row": size / rows}))


def main() -> int:
    plan = (("walkthrough", WALKTHROUGH_ROWS), ("generator", GENERATOR_ROWS))
    results: dict[str, list[dict[str, float]]] = {way: [] for way, _ in plan}
    for _ in range(ROUNDS):
        for way, rows in plan:
            run = subprocess.run([sys.executable, __file__, way, str(rows)], check=True, capture_output=True, text=True)
            results[way].append(json.loads(run.stdout))

    print(f"{'':12} {'rows':>8} {'rows/s':>9} {'bytes/row':>9} {'peak MB':>8}   (medians of {ROUNDS} rounds)")
    for way, rows in plan:
        median = {key: statistics.median(result[key] for result in results[way]) for key in results[way][0]}
        print(f"{way:12} {rows:8} {median['rows_per_s']:9.0f} {median['bytes_per_row']:9.0f} {median['peak_mb']:8.0f}")
    ratio = statistics.median(
        fast["rows_per_s"] / slow["rows_per_s"]
        for slow, fast in zip(results["walkthrough"], results["generator"], strict=True)
    )
    print(f"the generator is {ratio:.1f} times as fast (goal: at least {GOAL:.0f})")
    return 0 if ratio >= GOAL else 1


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(sys.argv[1], int(sys.argv[2]))
    else:
        sys.exit(main())
