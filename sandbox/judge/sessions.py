"""Who stands behind an access key: the sandbox's actors, each under a role that was assumed for it.

An actor takes two lines: whoever acts asks for ``assume(role, session, by)``, in another process through
``lifecycle.Service.assume``, and signs its calls with what comes back. Users may as well call STS's AssumeRole. Secrets
aren't compared: the sandbox answers on the loopback interface alone.
"""

import secrets
import string
from dataclasses import dataclass, field

from sandbox.aws import ADMINISTRATOR, SERVICES, Access
from sandbox.judge.engine import Caller
from sandbox.settings import ACCOUNT_ID

_LETTERS = string.ascii_uppercase + "234567"


@dataclass(frozen=True)
class Assumer:
    """Who assumes a role. service: an AWS service, on behalf of source_arn; or provider: an identity provider."""

    service: str = ""
    source_arn: str = ""
    provider: str = ""
    claims: dict[str, str] = field(default_factory=dict)


class Sessions:
    def __init__(self) -> None:
        administrator = Caller(f"arn:aws:iam::{ACCOUNT_ID}:user/administrator")
        self._callers = {ADMINISTRATOR.key: administrator, SERVICES.key: Caller("the sandbox's services")}
        self._access: dict[str, Access] = {administrator.arn: ADMINISTRATOR}

    def caller(self, key: str) -> Caller | None:
        return self._callers.get(key)

    def access(self, caller: Caller) -> Access:
        """What signs calls as a caller that is known here."""
        return self._access[caller.arn]

    def open(self, role: str, session: str) -> Access:
        """Credentials of a role's session; the same ones for the same session."""
        arn = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role}/{session}"
        if arn not in self._access:
            key = "ASIA" + "".join(secrets.choice(_LETTERS) for _ in range(16))
            self.add(Access(key, secrets.token_hex(20), secrets.token_hex(40)), role, session)
        return self._access[arn]

    def add(self, access: Access, role: str, session: str) -> None:
        """A session that the emulator's STS has opened."""
        caller = Caller(f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role}/{session}", role)
        self._callers[access.key] = caller
        self._access[caller.arn] = access
