"""A middleware of the front: notes the calls that reach it, and lets some of them fail.

A call is known by what it does and to which object, with the parts left out that differ from run to run (random names),
and by how often the same was done before: so a call of one run is found again in the next, whatever the order in which
Spark's tasks run.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qs, unquote, urlsplit

from aiohttp import web

from sandbox import aws

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
DELAY_SECONDS = 0.1
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
        """Whether the call writes: of S3 by its method, of others by the operation's name."""
        return not self.what.startswith(("s3 GET", "s3 HEAD", "glue Get", "kms "))

    @property
    def is_scratch(self) -> bool:
        """Whether it works on a run's own folder. Of a call that deletes several objects only those are deleted."""
        return "data/scratch/" in self.what or self.what.endswith("delete=")

    @property
    def lasts(self) -> bool:
        """Whether it changes what a day leaves."""
        return self.changes and not self.is_scratch

    def __str__(self) -> str:
        return self.what + (f" ({self.number + 1})" if self.number else "")


@dataclass
class Faults:
    """kill: ends the job's process, called in the front's event loop."""

    kill: Callable[[], None] = lambda: None
    calls: list[Call] = field(default_factory=list)
    met: int = 0  # calls that met the fault
    written: threading.Event = field(default_factory=threading.Event)  # set after each call that writes
    _seen: Counter[str] = field(default_factory=Counter)
    _targets: frozenset[Call] = frozenset()
    _fault: Fault | None = None
    _expired: bool = False
    _watching: bool = False
    _tried: set[str] = field(default_factory=set)

    def arm(self, targets: Iterable[Call] = (), fault: Fault | None = None) -> None:
        """Begins a run: its calls are noted, and the targets meet the fault."""
        self.calls, self.met, self._seen, self._tried = [], 0, Counter(), set()
        self._targets, self._fault, self._expired, self._watching = frozenset(targets), fault, False, True

    def rest(self) -> None:
        """What comes now, such as a killed run's last calls from Spark, is nobody's."""
        self._watching = self._expired = False

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        what = await self._what(request) if self._watching else ""
        if not what:
            return await handler(request)
        call = Call(what, self._seen[what])
        self._seen[what] += 1
        self.calls.append(call)
        try:
            return await self._met(request, handler, call)
        finally:
            if call.changes:
                self.written.set()

    async def _met(self, request: web.Request, handler: Handler, call: Call) -> web.StreamResponse:
        """The call's answer, with the fault or without."""
        what = call.what
        if self._expired:
            return _refusal(what, 400, "ExpiredToken", "The provided token has expired.")
        if not self._meets(call):
            return await handler(request)
        self.met += 1
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

    def _meets(self, call: Call) -> bool:
        if len(self._targets) < 2:
            return call in self._targets
        # A call that is tried again counts as the next of its kind, and goes through.
        if call.what in self._tried:
            self._tried.remove(call.what)
        elif any(call.what == target.what for target in self._targets):
            self._tried.add(call.what)
            return True
        return False

    async def _what(self, request: web.Request) -> str:
        """Empty for calls that no job makes, such as the sandbox's own."""
        service = aws.service_of(request.headers, request.raw_path)
        if service in ("glue", "kms"):
            payload = json.loads(await request.read() or b"{}")
            name = payload.get("TableName", payload.get("Name", ""))
            what = f"{service} {request.headers.get('X-Amz-Target', '').rpartition('.')[2]} {name}"
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
    if not what.startswith("s3"):
        code = {"SlowDown": "ThrottlingException", "ExpiredToken": "ExpiredTokenException"}[code]
        body = {"__type": code, "message": message}
        return web.json_response(body, status=400, content_type="application/x-amz-json-1.1")
    text = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return web.Response(status=status, body=text.encode(), content_type="application/xml")
