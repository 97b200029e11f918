"""AWS's clients of the commands that work on a running deployment."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import boto3
from botocore.config import Config


def clients(region: str) -> Callable[[str], Any]:
    """Makes a service's client: of AWS, or of the endpoint in the environment, where there are no names per API (MWAA's
    "env.") and none per bucket."""
    aws = not os.environ.get("AWS_ENDPOINT_URL")
    style = None if aws else {"addressing_style": "path"}
    config = Config(inject_host_prefix=aws, s3=style, retries={"mode": "standard"}, read_timeout=30)
    return partial(boto3.Session(region_name=region).client, config=config)
