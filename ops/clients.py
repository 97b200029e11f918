"""AWS's clients of the commands that work on a running deployment."""

import json
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from ops.errors import CommandError


def clients(region: str) -> Callable[[str], Any]:
    """Makes a service's client: of AWS, or of the endpoint in the environment, where there are no names per API (MWAA's
    "env.") and none per bucket."""
    aws = not os.environ.get("AWS_ENDPOINT_URL")
    style = None if aws else {"addressing_style": "path"}
    config = Config(inject_host_prefix=aws, s3=style, retries={"mode": "standard"}, read_timeout=30)
    try:
        return partial(boto3.Session(region_name=region).client, config=config)
    except BotoCoreError as error:
        raise CommandError(f"There are no AWS credentials: {error}", "sign in, and check AWS_PROFILE.") from error


def read_json(s3: Any, bucket: str, key: str, next_step: str) -> Any:
    """A document from the lake. next_step: what to do where it is missing or broken."""
    try:
        return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except s3.exceptions.NoSuchKey as error:
        raise CommandError(f"s3://{bucket}/{key} is missing.", next_step) from error
    except ValueError as error:
        raise CommandError(f"s3://{bucket}/{key} isn't JSON: {error}.", next_step) from error
