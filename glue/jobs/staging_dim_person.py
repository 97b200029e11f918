"""Glue job staging_dim_person: who used the session. Personal data, for the restricted department.

One row for each clean row of the day; the pipeline table says which columns.
"""

from functools import partial

from driven_data_glue.staging import run

main = partial(run, "dim_person")

if __name__ == "__main__":
    main()
