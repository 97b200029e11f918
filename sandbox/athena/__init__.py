"""The sandbox's Athena: its API, its result files and Hive's statements, before Trino, which answers the queries."""
