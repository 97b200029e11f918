"""Airflow's REST API as MWAA passes it on: InvokeRestApi, signed by IAM, without a browser or a way to the web server.

https://docs.aws.amazon.com/mwaa/latest/userguide/access-mwaa-apache-airflow-rest-api.html: paths are those of Airflow's
API without its version, an answer takes at most 10 s and 6 MB; and a path has at most 64 characters
(https://docs.aws.amazon.com/mwaa/latest/API/API_InvokeRestApi.html), too few for the paths below one run, so runs and
tasks are asked for in lists.
"""

import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.airflow.deployment import Deployment
from ops.errors import CommandError

LONGEST_PATH = 64
ATTEMPTS = 4
_PASSING = ("RestApiServerException", "InternalServerException", "ThrottlingException", "TooManyRequestsException")


class RestApiError(CommandError):
    """Airflow refused a call. status: its own HTTP status."""

    def __init__(self, what: str, next_step: str, status: int) -> None:
        super().__init__(what, next_step)
        self.status = status


@dataclass(frozen=True)
class RestApi:
    client: Any  # boto3's mwaa client
    deployment: Deployment
    pause_seconds: float = 2.0

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._call("GET", path, QueryParameters=query)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """For calls that may be made twice: one that wasn't answered is repeated."""
        return self._call("POST", path, Body=body)

    def environment(self) -> dict[str, Any]:
        """What MWAA says of the environment itself."""
        try:
            return self.client.get_environment(Name=self.deployment.environment)["Environment"]
        except (ClientError, BotoCoreError) as error:
            raise self._failure(error, "airflow:GetEnvironment") from error

    def _call(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        if len(path) > LONGEST_PATH:
            raise CommandError(
                f"MWAA takes paths of at most {LONGEST_PATH} characters: {path}.", "give the DAG a shorter name."
            )
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = self.client.invoke_rest_api(Name=self.deployment.environment, Path=path, Method=method, **more)
                return answer.get("RestApiResponse") or {}
            except (ClientError, BotoCoreError) as error:
                passing = not isinstance(error, ClientError) or error.response["Error"]["Code"] in _PASSING
                if not passing or attempt == ATTEMPTS:
                    raise self._failure(error, "airflow:InvokeRestApi") from error
            time.sleep(self.pause_seconds * attempt)
        raise AssertionError("unreachable")

    def _failure(self, error: Exception, action: str) -> CommandError:
        name, region, stack = self.deployment.environment, self.deployment.region, self.deployment.stack
        if not isinstance(error, ClientError):
            return CommandError(
                f"MWAA in {region} can't be reached: {error}",
                "check the network, the proxy and the credentials (aws sts get-caller-identity).",
            )
        code, status = error.response["Error"]["Code"], error.response.get("RestApiStatusCode", 0)
        said = error.response.get("RestApiResponse") or {}
        detail = said.get("detail") or said.get("title") or error.response["Error"].get("Message") or str(error)
        if code == "ResourceNotFoundException":
            return CommandError(
                f"There is no Airflow environment '{name}' in {region}.",
                f"make it (make plan STACK={stack}, make apply), or check the account and the region.",
            )
        if code == "AccessDeniedException":
            return CommandError(
                f"These credentials may not call {action} on '{name}': {detail}",
                f"InvokeRestApi is granted on arn:aws:airflow:{region}:<account>:role/{name}/<Airflow role>, for "
                "example Op; GetEnvironment on the environment's own ARN.",
            )
        if code == "RestApiClientException":
            return RestApiError(f"Airflow refuses the call ({status}): {detail}", "see 'make airflow-status'.", status)
        if code == "RestApiServerException":
            return RestApiError(
                f"Airflow's web server doesn't answer as it should ({status or 'no status'}): {detail}",
                f"see the log group airflow-{name}-WebServer, then try again.",
                status,
            )
        return CommandError(f"MWAA answers {code}: {detail}", "correct that, or try again later.")
