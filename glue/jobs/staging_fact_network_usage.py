"""Glue job staging_fact_network_usage: how long the session was, how fast, and how much it moved.

One row for each clean row of the day; the pipeline table says which columns.
"""

from functools import partial

from driven_data_glue.staging import run

main = partial(run, "fact_network_usage")

if __name__ == "__main__":
    main()
