"""Airflow and its results from the outside, through AWS's API: status, trigger, logs, verify."""
