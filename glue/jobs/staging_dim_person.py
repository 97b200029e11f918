"""Glue job staging_dim_person: who used the session. Personal data, for the restricted department.

One row for each clean row of the day; the pipeline table says which columns.
"""

from collections.abc import Sequence

from driven_data_glue.staging import run


def main(argv: Sequence[str] | None = None) -> None:
    run("dim_person", argv)


if __name__ == "__main__":
    main()
