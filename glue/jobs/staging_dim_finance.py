"""Glue job staging_dim_finance: the account that pays for the session.

One row for each clean row of the day; the pipeline table says which columns.
"""

from collections.abc import Sequence

from driven_data_glue.staging import run


def main(argv: Sequence[str] | None = None) -> None:
    run("dim_finance", argv)


if __name__ == "__main__":
    main()
