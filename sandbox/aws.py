"""AWS's request and response conventions, and clients of the sandbox's endpoint."""

import json
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import boto3
import botocore.exceptions
import urllib3
from aiohttp import web
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.settings import CREDENTIALS

# In the header, or in a signed address: access key, day, region and service.
_CREDENTIAL = re.compile(r"Credential=([^/%&]+)/\d{8}/[^/]+/([^/]+)/aws4_request")
_TARGETS = {"AWSGlue": "glue", "AmazonAthena": "athena"}
# What a client raises when nobody answers.
UNREACHABLE = (botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError, urllib3.exceptions.HTTPError)


# Answers one operation: one JSON payload in, one out. Raises AwsError.
Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class AwsError(Exception):
    """An AWS API error. code: the exception's name on the wire; status: the HTTP status; more: its further members."""

    def __init__(self, code: str, message: str, status: int = 400, more: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.more = dict(more or {})

    @classmethod
    def of(cls, error: ClientError) -> "AwsError":
        """What a client was told; S3's codes lack the ending that JSON services' have."""
        told = error.response["Error"]
        code = f"{told['Code'].removesuffix('Exception')}Exception"
        return cls(code, told["Message"], error.response["ResponseMetadata"]["HTTPStatusCode"])

    def body(self) -> dict[str, Any]:
        """The JSON body of the response."""
        return {"__type": self.code, "message": self.message, "Message": self.message, **self.more}


@dataclass(frozen=True)
class Access:
    """What signs calls: the access key, which says who calls (judge/sessions.py), its secret and session token."""

    key: str
    secret: str
    token: str = ""

    @property
    def environment(self) -> dict[str, str]:
        token = {"AWS_SESSION_TOKEN": self.token} if self.token else {}
        return {"AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.secret, **token}


# Who may do everything: who brings the stack up for the first time, and the tests.
ADMINISTRATOR = Access(*CREDENTIALS.values())
# The sandbox's own services, its Athena's engine among them: what they go on to do, their caller has been judged for.
SERVICES = Access("sandbox", "sandbox")


def path_of(request: web.Request) -> str:
    """The path and query as sent, without the scheme and host that a proxy's client puts before them."""
    raw = request.raw_path
    if raw.startswith("/"):
        return raw
    return "/" + raw.split("://", 1)[-1].partition("/")[2]


def credential_of(headers: Mapping[str, str], path: str) -> tuple[str, str]:
    """The access key that a request is signed with, and the service that it is signed for; empty without."""
    found = _CREDENTIAL.search(headers.get("Authorization", "")) or _CREDENTIAL.search(path.replace("%2F", "/"))
    return (found[1], found[2]) if found else ("", "")


def service_of(headers: Mapping[str, str], path: str) -> str:
    """The AWS service that a request is signed for, or named by its target header; empty when it says neither."""
    named = headers.get("X-Amz-Target", "").partition(".")[0]
    return credential_of(headers, path)[1] or _TARGETS.get(named, "")


def json_answer(payload: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        status=status,
        body=json.dumps(payload, default=str).encode(),
        headers={"x-amzn-RequestId": str(uuid.uuid4()), **(headers or {})},
        content_type="application/x-amz-json-1.1",
    )


def error_answer(error: AwsError) -> web.Response:
    return json_answer(error.body(), error.status, {"x-amzn-ErrorType": error.code})


@lru_cache(maxsize=512)
def client(service: str, endpoint: str, region: str, access: Access = ADMINISTRATOR) -> Any:
    """A boto3 client of the sandbox: no proxy, nothing from the user's AWS configuration.

    Clients may be shared by threads; one is made for each service and endpoint, as reading its model takes long.
    """
    return boto3.client(
        service,
        region,
        endpoint_url=endpoint,
        aws_access_key_id=access.key,
        aws_secret_access_key=access.secret,
        aws_session_token=access.token or None,
        config=Config(
            proxies={},
            inject_host_prefix=False,
            s3={"addressing_style": "path"},
            retries={"max_attempts": 2, "mode": "standard"},
            max_pool_connections=20,
        ),
    )


def objects(s3: Any, bucket: str, prefix: str = "") -> Iterator[dict[str, Any]]:
    """The bucket's objects below a prefix, as S3 lists them."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", [])


def tables(glue: Any, database: str) -> list[dict[str, Any]]:
    """The database's tables, as Glue describes them."""
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
    return [table for page in pages for table in page["TableList"]]


def place_of(uri: str) -> tuple[str, str]:
    """Bucket and key of ``s3://bucket/key``."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def now() -> float:
    """Seconds since 1970, as AWS's JSON services write times."""
    return round(time.time(), 3)
