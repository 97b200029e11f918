"""Clients of AWS's API. boto3 comes with Glue; the region and the endpoint with the job's environment."""

from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# 503 SlowDown and lost connections are tried again, with growing pauses.
CONFIG = Config(retries={"mode": "standard", "max_attempts": 6}, connect_timeout=10, read_timeout=60)


def client(service: str, bucket: str) -> Any:
    """A client in the environment's region or, where it names none, in the bucket's."""
    return session().client(service, region_name=_region(bucket), config=CONFIG)


@lru_cache
def session() -> boto3.Session:
    """The process's: it finds the credentials and reads a service's model once."""
    return boto3.Session()


@lru_cache
def _region(bucket: str) -> str:
    """The region is in HeadBucket's answer, a refusal's too:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
    """
    configured = session().region_name
    if configured:
        return configured
    try:
        answer = session().client("s3", region_name="us-east-1", config=CONFIG).head_bucket(Bucket=bucket)
    except ClientError as error:
        answer = error.response
    return answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region", "us-east-1")
