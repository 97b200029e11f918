"""Glue job trusted_data: the departments' tables of the day, masked where a department isn't entitled to a column.

The pipeline table says which columns are masked and how; pipeline/trusted/ holds each table's definition.
"""

from collections.abc import Sequence

from driven_data_glue.trusted import run


def main(argv: Sequence[str] | None = None) -> None:
    run(argv)


if __name__ == "__main__":
    main()
