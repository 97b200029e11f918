"""What the jobs share: one raw CSV in, the day's clean rows, quarantine and staging partitions out.

`judge.run` and `staging.run` show the whole way of a file; each step lies in the module named after it. Only PySpark,
boto3 and the standard library are used, so the same code runs on Glue, in the sandbox and in tests.
"""
