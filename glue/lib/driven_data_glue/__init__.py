"""What the jobs share: one raw CSV in, the day's clean rows, quarantine and staging partitions out.

`judge.run` and `staging.run` show the whole way of a file; each step lies in the module named after it. PySpark,
boto3, PyArrow and the standard library are used, all of which Glue brings along, so the same code runs on Glue, in the
sandbox and in tests.
"""
