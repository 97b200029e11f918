"""Do a day's tables agree with its judgement? Works on the jobs' metrics files, never on data."""

from typing import Any

JUDGEMENT_REQUIRED = (
    "run_date",
    "raw_file",
    "raw_rows",
    "clean_rows",
    "quarantined_rows",
    "reasons",
    "unique_id_fingerprint",
    "judgement",
)
TABLE_REQUIRED = ("dataset", "run_date", "raw_file", "judgement", "staged_rows", "unique_id_fingerprint")


def mismatches(judgement: dict[str, Any], tables: dict[str, dict[str, Any]], run_date: str, raw_file: str) -> list[str]:
    """Everything that is wrong with a day's metrics, one sentence each; an empty list if the day is whole.

    Every raw row must be clean or quarantined, and each table must hold the clean rows of this very judgement.

    :param judgement: the parsed ``metrics.json`` of the judging job
    :param tables: that of each table's job
    """
    required = {"judgement": JUDGEMENT_REQUIRED, **dict.fromkeys(tables, TABLE_REQUIRED)}
    named = {"judgement": judgement, **tables}
    broken = [
        f"{name}: the metrics lack {', '.join(missing)}"
        for name, values in named.items()
        if (missing := [key for key in required[name] if key not in values])
    ]
    if broken:
        return broken
    found = []
    for name, values in named.items():
        for key, expected in (("run_date", run_date), ("raw_file", raw_file)):
            if values[key] != expected:
                found.append(f"{name}: the metrics are of {key} {values[key]}, this run's is {expected}")
    raw, clean, quarantined = (judgement[key] for key in ("raw_rows", "clean_rows", "quarantined_rows"))
    if raw != clean + quarantined:
        found.append(f"judgement: raw {raw} != clean {clean} + quarantined {quarantined}")
    for table, values in tables.items():
        if values["dataset"] != table:
            found.append(f"{table}: the metrics are of dataset {values['dataset']}")
        if values["judgement"] != judgement["judgement"]:
            found.append(
                f"{table}: written from judgement {values['judgement']}, the day's is {judgement['judgement']}"
            )
        if values["staged_rows"] != clean:
            found.append(f"{table}: wrote {values['staged_rows']} != clean {clean}")
        if values["unique_id_fingerprint"] != judgement["unique_id_fingerprint"]:
            found.append(
                f"{table}: holds other unique_ids (fingerprint {values['unique_id_fingerprint']}) than the clean "
                f"rows ({judgement['unique_id_fingerprint']})"
            )
    return found
