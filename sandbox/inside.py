"""What the sandbox's own services work with: Glue's runs and crawls, and Athena's queries."""

from dataclasses import dataclass
from typing import Any

from sandbox import aws
from sandbox.judge.judge import Judge
from sandbox.judge.sessions import Assumer
from sandbox.settings import ACCOUNT_ID, Settings


@dataclass(frozen=True)
class Inside:
    """emulator: the address of the emulator itself."""

    settings: Settings
    region: str
    emulator: str
    judge: Judge

    def emulated(self, service: str) -> Any:
        """A client of the emulator itself."""
        return aws.client(service, self.emulator, self.region)

    def client(self, service: str, access: aws.Access = aws.SERVICES) -> Any:
        """A client of the sandbox's endpoint, whose calls are judged as those of whoever the access is."""
        return aws.client(service, self.settings.endpoint, self.region, access)

    def as_glue(self, role: str, session: str, resource: str) -> aws.Access:
        """What Glue acts with on behalf of a job or a crawler. Raises AwsError when it may not assume the role."""
        arn = f"arn:aws:glue:{self.region}:{ACCOUNT_ID}:{resource}"
        return self.judge.assume(role, session, Assumer(service="glue.amazonaws.com", source_arn=arn))
