"""AWS's request and response conventions, and clients of the sandbox's endpoint."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import boto3
from aiohttp import web
from botocore.config import Config

from sandbox.aws_error import AwsError
from sandbox.settings import CREDENTIALS

_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/aws4_request")
_QUERY_SCOPE = re.compile(
    r"X-Amz-Credential=[^&]*?(?:/|%2F)\d{8}(?:/|%2F)[^&]+?(?:/|%2F)([a-z0-9-]+)(?:/|%2F)aws4_request"
)
_TARGETS = {"AWSGlue": "glue", "AmazonAthena": "athena"}


def service_of(headers: Mapping[str, str], path: str) -> str:
    """The AWS service that a request is signed for, or named by its target header; empty when it says neither."""
    signed = _SCOPE.search(headers.get("Authorization", "")) or _QUERY_SCOPE.search(path)
    if signed:
        return signed[1]
    return _TARGETS.get(headers.get("X-Amz-Target", "").partition(".")[0], "")


def operation_of(headers: Mapping[str, str]) -> str:
    """The operation of a JSON request: ``AWSGlue.StartJobRun`` is StartJobRun."""
    return headers.get("X-Amz-Target", "").rpartition(".")[2]


def json_answer(payload: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        status=status,
        body=json.dumps(payload, default=str).encode(),
        headers={"x-amzn-RequestId": str(uuid.uuid4()), **(headers or {})},
        content_type="application/x-amz-json-1.1",
    )


def error_answer(error: AwsError) -> web.Response:
    return json_answer(error.body(), error.status, {"x-amzn-ErrorType": error.code})


@lru_cache
def client(service: str, endpoint: str, region: str) -> Any:
    """A boto3 client of the sandbox: test credentials, no proxy, nothing from the user's AWS configuration.

    Clients may be shared by threads; one is made for each service and endpoint, as reading its model takes long.
    """
    return _session(region).client(
        service,
        endpoint_url=endpoint,
        config=Config(
            proxies={},
            inject_host_prefix=False,
            s3={"addressing_style": "path"},
            retries={"max_attempts": 2, "mode": "standard"},
            max_pool_connections=20,
        ),
    )


@lru_cache
def _session(region: str) -> boto3.Session:
    return boto3.Session(
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=region,
    )


def now() -> float:
    """Seconds since 1970, as AWS's JSON services write times."""
    return round(time.time(), 3)
