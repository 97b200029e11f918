"""Glue job judge_raw_data: judges every raw row of the day once and writes the clean rows and the quarantine.

The pipeline table says by which rules.
"""

from collections.abc import Sequence

from driven_data_glue.judgement import run


def main(argv: Sequence[str] | None = None) -> None:
    run(argv)


if __name__ == "__main__":
    main()
