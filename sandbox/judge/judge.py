"""The front's judge: a middleware that lets through what the deployed policies allow, and notes who called what."""

import asyncio
import json
import logging
import re
import threading
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar
from xml.sax.saxutils import escape

from aiohttp import web
from botocore.exceptions import BotoCoreError
from ministack.core import iam_actions

from sandbox import aws
from sandbox.aws import Access, AwsError
from sandbox.judge import engine, needs
from sandbox.judge.deployed import Deployed
from sandbox.judge.engine import Caller, Need
from sandbox.judge.recording import Recording
from sandbox.judge.sessions import Assumer, Sessions
from sandbox.mends import Call
from sandbox.settings import ACCOUNT_ID

log = logging.getLogger("sandbox.judge")

Found = TypeVar("Found")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
# Who made the call that is being answered: for a service that goes on as its caller, as Athena does.
current: ContextVar[Caller] = ContextVar("current")
BODY = web.RequestKey("body", bytes)
MOST_REFUSALS = 100
# What everybody may ask: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
_FREE = {"sts:GetCallerIdentity"}


class Refused(AwsError):
    """A call that was refused: AWS's message, and what the sandbox says of the policies."""

    def __init__(self, caller: Caller, need: Need, message: str, hint: str) -> None:
        super().__init__("AccessDeniedException", message, 403)
        self.caller, self.need, self.hint, self.at = caller, need, hint, aws.now()


class Judge:
    def __init__(self, deployed: Deployed, region: str, recording: Recording) -> None:
        self._deployed, self._region, self.recording = deployed, region, recording
        self.sessions = Sessions()
        self._refusals: dict[str, Refused] = {}  # by message
        self._saving = threading.Lock()
        # Of its own: crawls and queries hold the loop's threads while they wait for calls that are judged here.
        self._threads = ThreadPoolExecutor(4, "judge")
        self.seconds = 0.0  # that judging has taken
        self._services = self.sessions.caller(aws.SERVICES.key)

    # --- for the sandbox ---

    def refusals(self) -> list[dict[str, Any]]:
        """The latest, each once, the first first."""
        return [{"message": each.message, "hint": each.hint, "at": each.at} for each in list(self._refusals.values())]

    def save(self, path: Path) -> None:
        """Writes what was called, and the policies of every role that has called, if there is anything new."""
        with self._saving:
            if not self.recording.unsaved:
                return
            names = {each.caller.role for each in self.recording.calls() if each.caller.role}
            try:
                self.recording.roles = {name: self._deployed.of_role(name) for name in sorted(names)}
                self.recording.save(path)
            except (BotoCoreError, OSError) as error:
                log.error("the calls can't be written to %s: %s", path, error)

    def assume(self, role: str, session: str, by: Assumer) -> Access:
        """Credentials of a role, if its trust policy lets this assumer have them. Raises AwsError.

        role: its name or ARN.
        """
        name = role.rpartition("/")[2]
        arn = f"arn:aws:iam::{ACCOUNT_ID}:role/{name}"
        if by.service:
            action, who = "sts:AssumeRole", by.service
            context = {"aws:SourceAccount": ACCOUNT_ID, "aws:SourceArn": by.source_arn}
        else:
            action, who = "sts:AssumeRoleWithWebIdentity", by.provider
            issuer = by.provider.partition("oidc-provider/")[2]
            context = {f"{issuer}:{claim}": value for claim, value in by.claims.items()}
        need = Need(action, arn, {key: value for key, value in context.items() if value})
        trust = self._deployed.trust(name)
        if trust is None or not engine.trusts(trust, who, bool(by.service), need, self._region, ACCOUNT_ID):
            hint = f"{name}'s trust policy has no statement for {who} with {json.dumps(need.context)}"
            hint = hint if trust is not None else f"there is no role {name}"
            raise self._refuse(Caller(who), need, f"because no role trust policy allows the {action} action", hint)
        return self.sessions.open(name, session)

    async def open_door(self, request: web.Request) -> web.Response:
        """``POST /_sandbox/assume``, for the sandbox's own processes (lifecycle.Service.assume)."""
        asked = await request.json()
        try:
            access = await self._aside(self.assume, asked["role"], asked["session"], Assumer(**asked["by"]))
        except AwsError as error:
            return aws.error_answer(error)
        return web.json_response(asdict(access))

    def require(self, caller: Caller, wanted: Iterable[Need], bucket: str = "", call: Call | None = None) -> None:
        """Raises Refused for the first that isn't allowed; notes those that are."""
        policies = self._deployed.policies(caller, bucket)
        for need in wanted:
            self._one(caller, need, policies, call)

    # --- the middleware ---

    @property
    def middleware(self) -> Any:
        @web.middleware
        async def judged(request: web.Request, handler: Handler) -> web.StreamResponse:
            path = aws.path_of(request)
            if path.startswith("/_"):
                return await handler(request)
            service = aws.service_of(request.headers, path)
            caller = self.sessions.caller(aws.credential_of(request.headers, path)[0])
            if caller is None:
                return self._unknown(request, service)
            if caller is self._services:  # who asked for it has been judged: athena/access.py
                return await handler(request)
            call = await _call(request, service, path)
            began = time.perf_counter()
            try:
                await self._aside(self._judge, caller, call)
            except Refused as refused:
                if needs.deletes_several(call):
                    return await self._aside(self._delete_what_may_be, caller, call)
                return _answer(call, refused)
            finally:
                self.seconds += time.perf_counter() - began
            current.set(caller)
            response = await handler(request)
            if response.status < 300:
                self._deployed.changed_by(call)
                if call.service == "sts":
                    self._add_session(call, response)
            return response

        return judged

    async def _aside(self, ask: Callable[..., Found], *given: Any) -> Found:
        """In a thread, as it may ask the emulator."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, ask, *given)

    def _judge(self, caller: Caller, call: Call) -> None:
        try:
            wanted = needs.of(call, self._region, self._deployed if caller.role else needs.World())
        except needs.Unknown as unknown:
            if not caller.role:
                return
            need = Need(str(unknown), "*")
            hint = "the sandbox can't tell which action this call needs: add it to sandbox/judge/needs.py"
            raise self._refuse(caller, need, "because the sandbox doesn't know this call", hint) from None
        if wanted and wanted[0].action == "sts:AssumeRole":
            self._judge_assume(caller, wanted[0])
        else:
            self.require(caller, wanted, needs.bucket_of(call), call)

    def _delete_what_may_be(self, caller: Caller, call: Call) -> web.Response:
        """DeleteObjects answers for each object: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""
        bucket = needs.bucket_of(call)
        policies, parts = self._deployed.policies(caller, bucket), []
        for need, which in zip(needs.of(call, self._region, self._deployed), needs.deleted(call), strict=True):
            told = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in which.items())
            try:
                self._one(caller, need, policies, call)
                self._deployed.delete(Bucket=bucket, **which)
                parts.append(f"<Deleted>{told}</Deleted>")
            except Refused as refused:
                why = f"<Code>AccessDenied</Code><Message>{escape(str(refused))}</Message>"
                parts.append(f"<Error>{told}{why}</Error>")
        body = f'<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{"".join(parts)}</DeleteResult>'
        return web.Response(body=body.encode(), content_type="application/xml")

    def _judge_assume(self, caller: Caller, need: Need) -> None:
        """The role's trust policy decides, and the caller's own too where the trust names only the account."""
        trust = self._deployed.trust(need.resource.rpartition("/")[2])
        if trust is None or not engine.trusts(trust, caller.arn, False, need, self._region, ACCOUNT_ID):
            hint = f"the trust policy of {need.resource} doesn't name {caller.arn}"
            raise self._refuse(caller, need, "because no role trust policy allows the sts:AssumeRole action", hint)
        role = f"arn:aws:iam::{ACCOUNT_ID}:role/{caller.role}"
        if not re.search(f'"({re.escape(caller.arn)}|{re.escape(role)})"', json.dumps(trust)):
            self.require(caller, [need])

    def _one(self, caller: Caller, need: Need, policies: list[engine.Policy], call: Call | None) -> None:
        if need.action not in _FREE:
            try:
                verdict = engine.judge(caller, need, policies, self._region, ACCOUNT_ID)
            except engine.UnknownLanguage as unknown:
                verdict = engine.Verdict(False, "because the sandbox can't read its policies", str(unknown))
            if not verdict.allowed:
                expected = call is not None and _looks_at_a_folder(call, need, policies)
                raise self._refuse(caller, need, verdict.reason, verdict.hint, expected)
        self.recording.note(caller, need)

    def _refuse(self, caller: Caller, need: Need, reason: str, hint: str, expected: bool = False) -> Refused:
        """In AWS's words: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
        resource = f'"{need.resource}"' if need.action.startswith("s3:") else need.resource
        on = f" on resource: {resource}" if need.resource != "*" else ""
        message = f"User: {caller.arn} is not authorized to perform: {need.action}{on} {reason}"
        refused = Refused(caller, need, message, hint)
        if not expected:
            self._refusals.pop(message, None)
            self._refusals[message] = refused
            while len(self._refusals) > MOST_REFUSALS:
                self._refusals.pop(next(iter(self._refusals)), None)  # several threads refuse at once
        log.log(logging.INFO if expected else logging.ERROR, "%s; %s", message, hint)
        return refused

    def _add_session(self, call: Call, response: web.StreamResponse) -> None:
        """Takes a session from STS's answer."""
        text = response.body.decode() if isinstance(response, web.Response) and response.body else ""
        found = {name: re.search(f"<{name}>(.*?)</{name}>", text) for name in ("AccessKeyId", "SecretAccessKey")}
        role, session = call.form().get("RoleArn"), call.form().get("RoleSessionName")
        key, secret = found["AccessKeyId"], found["SecretAccessKey"]
        if key and secret and role and session:
            self.sessions.add(Access(key[1], secret[1], "token"), role.rpartition("/")[2], session)

    def _unknown(self, request: web.Request, service: str) -> web.Response:
        code = "InvalidClientTokenId" if request.headers.get("Authorization") else "MissingAuthenticationToken"
        message = (
            "The security token included in the request is invalid. The sandbox's administrator has the access key "
            f"'{aws.ADMINISTRATOR.key}'; a role's keys come from sts assume-role."
        )
        headers = {name.lower(): value for name, value in request.headers.items()}
        return _denied(service or "s3", code, message, headers)


def _looks_at_a_folder(call: Call, need: Need, policies: list[engine.Policy]) -> bool:
    """Whether Hadoop's S3A looks at, or tidies up, a folder above those that its caller may write to.

    Glue has another client, EMRFS, with folder markers of its own; S3A goes on where it is refused
    (https://hadoop.apache.org/docs/r3.3.4/hadoop-aws/tools/hadoop-aws/directory_markers.html).
    """
    folder = need.resource.rstrip("/") + "/"
    return call.headers.get("user-agent", "").startswith("Hadoop") and any(
        pattern.startswith(folder)
        for policy in policies
        if policy.kind == "identity"
        for statement in policy.statements
        for pattern in statement.resources
    )


async def _call(request: web.Request, service: str, path: str) -> Call:
    """The request with its body, where the judgement needs it: an object's content passes by unread."""
    call = Call(service, request.method, path, dict(request.headers), b"")
    if service == "s3" and not needs.deletes_several(call):
        return call
    request[BODY] = await request.read()
    return replace(call, body=request[BODY])


def _answer(call: Call, refused: Refused) -> web.Response:
    message = refused.message
    if call.service == "ec2":
        message = f"You are not authorized to perform this operation. {message}"
    service = "s3" if call.service not in iam_actions.SERVICE_TO_IAM_NAMESPACE else call.service
    answer = _denied(service, "AccessDeniedException" if service in ("logs", "ssm") else "", message, call.headers)
    if "x-amz-target" in call.headers:
        # AWS's services of this protocol refuse so: https://docs.aws.amazon.com/glue/latest/webapi/CommonErrors.html
        answer.set_status(400)
    if call.method == "HEAD":
        answer.body = b""
    return answer


def _denied(service: str, code: str, message: str, headers: Mapping[str, str]) -> web.Response:
    """As the service writes it. code: empty for its own."""
    status, answered, body = iam_actions.access_denied_response(
        service, "", "", str(uuid.uuid4()), error_code=code, message=message, headers=dict(headers)
    )
    return web.Response(status=status, headers=answered, body=body)
