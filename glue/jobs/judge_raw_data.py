"""Glue job judge_raw_data: types and judges every row of the day's raw file once.

Good rows become the day's clean rows, of which the staging jobs make their tables; bad ones go to quarantine.
"""

from driven_data_glue.judge import run as main

if __name__ == "__main__":
    main()
