"""AWS's clients of the commands that work on a running deployment."""

from __future__ import annotations

import os
from typing import Any

import boto3
from botocore.config import Config


def client(session: boto3.Session, service: str) -> Any:
    """Of AWS, or of the endpoint in the environment: there are no names per API (MWAA's "env.") there, and none per
    bucket."""
    aws = not os.environ.get("AWS_ENDPOINT_URL")
    return session.client(
        service,
        config=Config(
            inject_host_prefix=aws,
            s3=None if aws else {"addressing_style": "path"},
            retries={"mode": "standard"},
            read_timeout=30,
        ),
    )
