"""The sample of bad rows that docs/sandbox.md shows."""

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
    203: "download_speed:range",
    226: "row:quotes",
    239: "row:utf8",
}


def test_each_bad_row_is_named_and_the_others_come_through(lake: Lake) -> None:
    lake.judge(SAMPLE, max_bad_row_share=0.05)
    lake.stage(SAMPLE, DATASETS)
    assert lake.reasons() == REASONS
    for dataset in DATASETS:
        assert len(lake.rows("staging", dataset)) == 250 - len(REASONS)
