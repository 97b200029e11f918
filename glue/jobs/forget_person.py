"""Glue job forget_person: searches the bucket for a person's rows, and removes them from a day or from given files.

`make forget` runs it, never the DAG: docs/erasure.md.
"""

from driven_data_glue.forgetting import run as main

if __name__ == "__main__":
    main()
