"""A middleware of the front: notes the calls that reach it, and lets one of them fail.

A call is known by what it does and to which object, with the parts left out that differ from run to run (random names),
and by how often the same was done before: so a call of one run is found again in the next, whatever the order in which
Spark's tasks run.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qs, unquote, urlsplit

from aiohttp import web

from sandbox import aws

DELAY_SECONDS = 0.3
_RANDOM = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "*"),
    (re.compile(r"attempt_\d+_\d+_m_(\d+)_\d+"), r"attempt_m_\1"),
    (re.compile(r"task_\d+_\d+_m_(\d+)"), r"task_m_\1"),
]
_MEANINGFUL = ("prefix", "delete", "uploads", "partNumber", "list-type")


class Fault(StrEnum):
    KILL_BEFORE = "killed before the call"
    KILL_AFTER = "killed after the call"
    THROTTLE = "503 SlowDown"
    DELAY = "delayed"
    EXPIRE = "credentials expired"


@dataclass(frozen=True)
class Call:
    what: str
    number: int  # how often the same was done before it in this run

    @property
    def changes(self) -> bool:
        """Whether the call writes: of S3 by its method, of Glue by the operation's name."""
        return not self.what.startswith(("s3 GET", "s3 HEAD", "glue Get"))

    @property
    def is_scratch(self) -> bool:
        """Whether it works on a run's own folder. Of a call that deletes several objects only those are deleted."""
        return "data/scratch/" in self.what or self.what.endswith("delete=")

    def __str__(self) -> str:
        return self.what + (f" ({self.number + 1})" if self.number else "")


@dataclass
class Faults:
    """kill: ends the job's process, called in the front's event loop."""

    kill: Callable[[], None] = lambda: None
    calls: list[Call] = field(default_factory=list)
    hit: bool = False
    _seen: Counter[str] = field(default_factory=Counter)
    _target: Call | None = None
    _fault: Fault | None = None
    _expired: bool = False
    _watching: bool = False

    def arm(self, target: Call | None = None, fault: Fault | None = None) -> None:
        """Begins a run: its calls are noted, and ``target`` meets the fault."""
        self.calls, self.hit, self._seen = [], False, Counter()
        self._target, self._fault, self._expired, self._watching = target, fault, False, True

    def rest(self) -> None:
        """What comes now, such as a killed run's last calls from Spark, is nobody's."""
        self._watching = self._expired = False

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        what = await self._what(request) if self._watching else ""
        if not what:
            return await handler(request)
        call = Call(what, self._seen[what])
        self._seen[what] += 1
        self.calls.append(call)
        if self._expired:
            return _refusal(what, 400, "ExpiredToken", "The provided token has expired.")
        if call != self._target:
            return await handler(request)
        self.hit = True
        match self._fault:
            case Fault.KILL_BEFORE:
                self.kill()
                request.transport.abort()
                return web.Response()
            case Fault.KILL_AFTER:
                await handler(request)
                self.kill()
                return web.Response()
            case Fault.THROTTLE:
                return _refusal(what, 503, "SlowDown", "Please reduce your request rate.")
            case Fault.DELAY:
                await asyncio.sleep(DELAY_SECONDS)
                return await handler(request)
            case Fault.EXPIRE:
                self._expired = True
                return _refusal(what, 400, "ExpiredToken", "The provided token has expired.")
        raise AssertionError(self._fault)

    async def _what(self, request: web.Request) -> str:
        """Empty for calls that no job makes, such as the sandbox's own."""
        service = aws.service_of(request.headers, request.raw_path)
        if service == "glue":
            payload = json.loads(await request.read() or b"{}")
            what = f"glue {aws.operation_of(request.headers)} {payload.get('TableName', payload.get('Name', ''))}"
        elif service == "s3":
            address = urlsplit(request.raw_path)
            query = {
                key: value
                for key, value in parse_qs(address.query, keep_blank_values=True).items()
                if key in _MEANINGFUL
            }
            told = " ".join(f"{key}={value[0]}" for key, value in sorted(query.items()))
            method = "COPY" if "x-amz-copy-source" in request.headers else request.method
            what = f"s3 {method} {unquote(address.path)} {told}".strip()
        else:
            return ""
        for pattern, instead in _RANDOM:
            what = pattern.sub(instead, what)
        return what.strip()


def _refusal(what: str, status: int, code: str, message: str) -> web.Response:
    if what.startswith("glue"):
        code = {"SlowDown": "ThrottlingException", "ExpiredToken": "ExpiredTokenException"}[code]
        body = {"__type": code, "message": message}
        return web.json_response(body, status=400, content_type="application/x-amz-json-1.1")
    text = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return web.Response(status=status, body=text.encode(), content_type="application/xml")
