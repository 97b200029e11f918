#!/bin/sh
# Start-up script of the Airflow environment: MWAA runs it on every scheduler, worker and web server before Airflow,
# and Airflow reads AIRFLOW_VAR_* as Variables. The stack fills in the two values.
export AIRFLOW_VAR_S3_BUCKET_NAME="${s3_bucket_name}"
export AIRFLOW_VAR_S3_FILE_PATH="${s3_file_path}"
