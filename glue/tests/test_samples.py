"""The sample of bad rows that the README shows in the sandbox."""

from lake import DATASETS, PROJECT, Lake

SAMPLE = PROJECT / "sandbox" / "samples" / "bad_rows.csv"
REASONS = {
    12: "session_duration:int",
    27: "birth_date:date",
    45: "row:columns",
    61: "row:columns",
    88: "unique_id:uuid4",
    104: "unique_id:uuid4",
    130: "iban:iban",
    155: "personal_number:personal_number",
    181: "unique_id:duplicate",
    203: "download_speed:not_negative",
    226: "row:quotes",
    239: "row:utf8",
}


def test_each_bad_row_is_named_and_the_others_come_through(lake: Lake) -> None:
    for dataset in DATASETS:
        lake.run(SAMPLE, dataset=dataset, max_bad_row_share=0.05)
        quarantined = {row["line"]: row["reason"] for row in lake.rows("quarantine", dataset)}
        assert quarantined == REASONS
        assert len(lake.rows("staging", dataset)) == 250 - len(REASONS)
