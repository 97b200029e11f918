"""Glue job judge_raw_data: types and judges every row of the day's raw file once.

Good rows become the day's clean rows, of which the staging jobs make their tables; bad ones go to quarantine.
"""

from collections.abc import Sequence

from driven_data_glue.judge import run


def main(argv: Sequence[str] | None = None) -> None:
    run(argv)


if __name__ == "__main__":
    main()
