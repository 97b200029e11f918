"""Glue job staging_dim_address: where the session came from (postal, MAC and IP address).

One row for each clean row of the day; the pipeline table says which columns.
"""

from functools import partial

from driven_data_glue.staging import run

main = partial(run, "dim_address")

if __name__ == "__main__":
    main()
