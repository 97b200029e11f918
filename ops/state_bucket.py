"""Small objects beside a deployment's state, in its bucket, under the key that Terraform's own lock is beside."""

import json
from collections.abc import Callable
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ops.errors import CommandError
from ops.project import Stack

ATTEMPTS = 5
_LOST_RACE = ("PreconditionFailed", "ConditionalRequestConflict")


class StateObject:
    """A JSON document at ``<the state's key><suffix>``; writes of two machines never overwrite each other.

    S3 takes a write only if the object is the one that was read, or is still absent
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
    """

    def __init__(self, stack: Stack, suffix: str) -> None:
        backend = stack.backend()
        if not backend:
            raise CommandError(f"The stack '{stack.name}' keeps its state in no S3 bucket.", "run 'make synth'.")
        self.bucket, self.key = backend["bucket"], backend["key"] + suffix
        self._client = _client(backend)
        self._encryption = {"ServerSideEncryption": "AES256"} if backend.get("encrypt") else {}

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def read(self) -> Any:
        """The document, or None. Raises CommandError when it can't be told."""
        return self._read()[0]

    def change(self, changed: Callable[[Any], Any]) -> None:
        """Replaces the document by what ``changed`` makes of it; a lost race is run again with the newer document."""
        for _ in range(ATTEMPTS):
            document, tag = self._read()
            body = json.dumps(changed(document), indent=2) + "\n"
            condition = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
            try:
                self._client.put_object(
                    Bucket=self.bucket, Key=self.key, Body=body.encode(), **condition, **self._encryption
                )
                return
            except (ClientError, BotoCoreError) as error:
                if _code(error) not in _LOST_RACE:
                    raise self._failure("written", error, "s3:GetObject and s3:PutObject") from error
        raise CommandError(
            f"Others keep writing {self.uri}: {ATTEMPTS} attempts were overtaken.", "try again in a minute."
        )

    def _read(self) -> tuple[Any, str]:
        try:
            answer = self._client.get_object(Bucket=self.bucket, Key=self.key)
            return json.loads(answer["Body"].read()), answer["ETag"]
        except (ClientError, BotoCoreError) as error:
            if _code(error) == "NoSuchKey":
                return None, ""
            raise self._failure("read", error, "s3:GetObject") from error
        except ValueError as error:
            raise CommandError(
                f"{self.uri} isn't JSON: {error}.", "look at it, and delete it if nobody needs it."
            ) from error

    def _failure(self, verb: str, error: Exception, needed: str) -> CommandError:
        return CommandError(
            f"{self.uri} can't be {verb}: {error}",
            f"sign in to the deployment's account with a role that has {needed} on it (docs/permissions.md).",
        )


def _code(error: Exception) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else ""


def _client(backend: dict[str, Any]) -> Any:
    """A client with the credentials that Terraform's backend takes: the environment's, or those that a stack gives."""
    style = "path" if backend.get("use_path_style") else "auto"
    # Not by boto3, whose file transfers take as long to load as all else here.
    return botocore.session.get_session().create_client(
        "s3",
        region_name=backend["region"],
        endpoint_url=backend.get("endpoints", {}).get("s3"),
        aws_access_key_id=backend.get("access_key"),
        aws_secret_access_key=backend.get("secret_key"),
        config=Config(s3={"addressing_style": style}, retries={"mode": "standard"}),
    )
