"""Do the staging jobs' own counts add up? Works on their metrics files, never on data."""

from typing import Any

REQUIRED = (
    "dataset",
    "run_date",
    "raw_file",
    "raw_rows",
    "staged_rows",
    "quarantined_rows",
    "unique_id_fingerprint",
)


def mismatches(metrics: dict[str, dict[str, Any]], run_date: str, raw_file: str) -> list[str]:
    """Everything that is wrong with a day's metrics, one sentence each; an empty list if the day is whole.

    Every raw row must be staged or quarantined in each table, and all tables must hold the same unique_ids.

    :param metrics: the parsed ``metrics.json`` of each table
    """
    broken = [
        f"{table}: the metrics lack {', '.join(missing)}"
        for table, values in metrics.items()
        if (missing := [key for key in REQUIRED if key not in values])
    ]
    if broken:
        return broken
    found = []
    for table, values in metrics.items():
        for key, expected in (("dataset", table), ("run_date", run_date), ("raw_file", raw_file)):
            if values[key] != expected:
                found.append(f"{table}: the metrics are of {key} {values[key]}, this run's is {expected}")
        raw, staged, quarantined = (values[key] for key in ("raw_rows", "staged_rows", "quarantined_rows"))
        if raw != staged + quarantined:
            found.append(f"{table}: raw {raw} != staged {staged} + quarantined {quarantined}")
    found += _differing(metrics, "raw_rows", "read different numbers of raw rows")
    found += _differing(metrics, "staged_rows", "hold different numbers of rows")
    found += _differing(metrics, "unique_id_fingerprint", "hold different unique_ids (fingerprints)")
    return found


def _differing(metrics: dict[str, dict[str, Any]], key: str, what: str) -> list[str]:
    if len({values[key] for values in metrics.values()}) <= 1:
        return []
    return [f"the tables {what}: " + ", ".join(f"{table} {values[key]}" for table, values in metrics.items())]
