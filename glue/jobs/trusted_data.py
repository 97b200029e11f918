"""Glue job trusted_data: the departments' tables of the day, masked where a department isn't entitled to a column.

The pipeline table says which columns are masked and how; pipeline/trusted/ holds each table's definition.
"""

from driven_data_glue.trusted import run as main

if __name__ == "__main__":
    main()
