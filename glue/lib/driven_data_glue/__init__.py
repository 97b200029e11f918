"""What the staging jobs share: one raw CSV in, one partition of typed Parquet out.

`job.run` shows the whole way of a file; each step lies in the module named after it. Only PySpark and the
standard library are used, so the same code runs on Glue, in the sandbox and in tests.
"""
