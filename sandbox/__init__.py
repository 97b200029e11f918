"""The whole pipeline on one machine: the synthesised stack in an AWS emulator, real Airflow, real Spark."""
