"""Makes the benchmark's raw files with the pipeline's own generator (run in the Airflow environment).

raw_files.py <folder> <last day> <days> <rows a day>: one file a day, ending with <last day>, named by its day.
Existing files are kept.
"""

import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import raw_batches


def main(folder: Path, last_day: date, days: int, rows: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for back in range(days):
        day = last_day - timedelta(days=back)
        path = folder / f"{day}.csv"
        if path.exists():
            continue
        batch = raw_batches.batch(datetime.combine(day, time(7)), rows, seed=f"bench {day}", first_load=False)
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            file.writelines(batch.csv())
        unfinished.rename(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
