"""The front: the sandbox's one AWS endpoint.

It answers Glue's job runs and crawls and Athena's queries itself and passes every other call on to the emulator,
mended where the emulator falls short (mends.py).

It is reached in two ways. Clients on this machine use ``http://127.0.0.1:<port>``. Terraform uses it as its HTTP proxy
for ``http://aws.sandbox.test``: the provider puts ``api.`` before MWAA's host, and behind a proxy no such name has to
resolve, so neither root nor the hosts file is needed.
"""

import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from aiohttp import ClientConnectionError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web
from aiohttp.typedefs import Middleware
from botocore.exceptions import ClientError
from yarl import URL

from sandbox import aws
from sandbox.aws import AwsError, Handler
from sandbox.judge.judge import BODY
from sandbox.mends import Answer, Call, Mends

log = logging.getLogger("sandbox.gateway")

# Of one connection alone (RFC 9110, 7.6.1), or written anew by us; the body passes through as it is.
_OWN_HEADERS = {"connection", "keep-alive", "proxy-connection", "proxy-authorization", "te", "trailer", "upgrade"}
_ENCRYPTION = "x-amz-server-side-encryption"
_REQUEST_ONLY = _OWN_HEADERS | {"expect"}
_BUFFERED = {"glue", "athena", "airflow", "ec2", "monitoring", "sts"}


class Gateway:
    """Passes on what the sandbox doesn't answer itself. own: what it does answer, by service and operation."""

    def __init__(
        self, emulator: str, mends: Mends, own: Mapping[str, Mapping[str, Handler]] = MappingProxyType({})
    ) -> None:
        self.emulator, self.mends, self.own = emulator, mends, own

    def application(self, before: Sequence[Middleware] = (), doors: Iterable[web.RouteDef] = ()) -> web.Application:
        """before: sees every call first; doors: of the sandbox's own commands, below ``/_sandbox``."""
        app = web.Application(client_max_size=0, middlewares=before)
        app.cleanup_ctx.append(self._session)
        app.add_routes([*doors, web.route("*", "/{path:.*}", self._handle)])
        return app

    async def _session(self, _: web.Application) -> AsyncIterator[None]:
        async with ClientSession(
            auto_decompress=False,
            cookie_jar=DummyCookieJar(),
            timeout=ClientTimeout(total=None, sock_connect=10, sock_read=300),
            connector=TCPConnector(limit=0),
            skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
        ) as self.session:
            yield

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        path = aws.path_of(request)
        service = aws.service_of(request.headers, path)
        try:
            if service not in _BUFFERED:
                return await self._stream(request, path)
            call = Call(service, request.method, path, dict(request.headers), await request.read())
            operation, _, name = call.operation.rpartition("/")
            own = self.own.get(service, {})
            if handler := own.get(call.operation):
                return aws.json_answer(await handler(call.json()))
            if handler := own.get(operation):  # of a REST path the last part is a parameter
                return aws.json_answer(await handler({**call.json(), "Name": unquote(name)}))
            answer = await self.mends.apply(call, self._forward)
            return web.Response(status=answer.status, headers=_kept(answer.headers), body=answer.body)
        except AwsError as error:
            return aws.error_answer(error)
        except ClientError as error:  # of what an answer of ours has asked
            return aws.error_answer(AwsError.of(error))
        except ClientConnectionError as error:
            log.error("%s %s: the emulator doesn't answer: %s", request.method, path, error)
            message = "The sandbox's emulator doesn't answer. Run 'make sandbox-down' and start again."
            return aws.error_answer(AwsError("ServiceUnavailableException", message, 503))
        except Exception as error:
            log.exception("%s %s %s", service, request.method, path)
            return aws.error_answer(AwsError("InternalServiceException", f"{type(error).__name__}: {error}", 500))

    async def _forward(self, call: Call) -> Answer:
        """One buffered call to the emulator."""
        headers = {k: v for k, v in call.headers.items() if k.lower() not in _REQUEST_ONLY | {"content-length"}}
        url = URL(self.emulator + call.path, encoded=True)
        async with self.session.request(call.method, url, headers=headers, data=call.body) as got:
            return Answer(got.status, dict(got.headers), await got.read())

    async def _stream(self, request: web.Request, path: str) -> web.StreamResponse:
        """Passes a call on without holding its body: raw files may be large."""
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _REQUEST_ONLY}
        content = request.content.iter_any() if request.can_read_body else None
        async with self.session.request(
            request.method,
            URL(self.emulator + path, encoded=True),
            headers=headers,
            data=request.get(BODY, content),  # what was read to be judged is there no more
            allow_redirects=False,
        ) as got:
            response = web.StreamResponse(status=got.status, reason=got.reason, headers=_kept(got.headers, length=True))
            await response.prepare(request)
            async for piece in got.content.iter_any():
                await response.write(piece)
            await response.write_eof()
            return response


def _kept(headers: Any, length: bool = False) -> dict[str, str]:
    # Hadoop's client takes an object's KMS key along to a copy, which AWS's SDK refuses without HTTPS. Untold, the copy
    # is encrypted as the bucket says.
    by_kms = headers.get(_ENCRYPTION) == "aws:kms"
    encryption = {_ENCRYPTION, f"{_ENCRYPTION}-aws-kms-key-id"} if by_kms else set()
    dropped = _OWN_HEADERS | encryption | {"transfer-encoding"} | (set() if length else {"content-length"})
    return {k: v for k, v in headers.items() if k.lower() not in dropped}
