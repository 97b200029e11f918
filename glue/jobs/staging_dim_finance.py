"""Glue job staging_dim_finance: the account that pays for the session.

One row for each clean row of the day; the pipeline table says which columns.
"""

from functools import partial

from driven_data_glue.staging import run

main = partial(run, "dim_finance")

if __name__ == "__main__":
    main()
