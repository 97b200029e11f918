"""Makes the benchmark's raw files with the pipeline's own generator (run in the Airflow environment).

raw_files.py <folder> <last day> <days> <rows a day>: one file a day, ending with <last day>, named by its day.
Existing files are kept. No row is like another: a large day is made of many batches, each with a seed of its own, side
by side on all cores.
"""

import os
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime, time, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import raw_batches

BATCH_ROWS = 100_000


def main(folder: Path, last_day: date, days: int, rows: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for back in range(days):
        day = last_day - timedelta(days=back)
        path = folder / f"{day}.csv"
        if not path.exists():
            unfinished = path.with_suffix(".part")
            _write(unfinished, day, rows)
            unfinished.rename(path)


def _write(path: Path, day: date, rows: int) -> None:
    if rows <= 2 * BATCH_ROWS:
        _batch(path, day, rows, f"bench {day}", header=True)
        return
    sizes = [min(BATCH_ROWS, rows - done) for done in range(0, rows, BATCH_ROWS)]
    with ProcessPoolExecutor(os.cpu_count()) as pool, path.open("wb") as file:
        parts = [path.with_suffix(f".{number}") for number in range(len(sizes))]
        made = [
            pool.submit(_batch, part, day, size, f"bench {day} {number}", number == 0)
            for number, (part, size) in enumerate(zip(parts, sizes, strict=True))
        ]
        for part, done in zip(parts, made, strict=True):
            done.result()
            with part.open("rb") as content:
                shutil.copyfileobj(content, file, 1 << 20)
            part.unlink()


def _batch(path: Path, day: date, rows: int, seed: str, header: bool) -> None:
    batch = raw_batches.batch(datetime.combine(day, time(7)), rows, seed=seed, first_load=False)
    with path.open("wb") as file:
        for number, piece in enumerate(batch.csv()):
            file.write(piece if header or number else piece.split(b"\n", 1)[1])


if __name__ == "__main__":
    main(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
