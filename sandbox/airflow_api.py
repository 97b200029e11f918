"""MWAA's InvokeRestApi, answered by the Airflow that ``sandbox-ui`` has started.

As MWAA does, it puts the API's version before the path, signs in by itself, takes paths of 64 characters at most and
answers Airflow's errors as RestApiClientException or RestApiServerException
(https://docs.aws.amazon.com/mwaa/latest/API/API_InvokeRestApi.html).
"""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3

from sandbox.aws import AwsError, Handler

LONGEST_PATH = 64
SECONDS = 10


class AirflowApi:
    """record: the file in which sandbox-ui says where Airflow is and of which environment."""

    def __init__(self, record: Path) -> None:
        self._record = record

    @property
    def handlers(self) -> dict[str, Handler]:
        return {"POST /restapi": lambda payload: asyncio.to_thread(self.invoke, payload)}

    def invoke(self, payload: dict[str, Any]) -> dict[str, Any]:
        """InvokeRestApi itself. Raises AwsError."""
        path, environment = payload.get("Path", ""), payload["Name"]
        if not 1 <= len(path) <= LONGEST_PATH:
            raise AwsError("ValidationException", f"Path must have 1 to {LONGEST_PATH} characters: {path}")
        try:
            running = json.loads(self._record.read_text())
        except (FileNotFoundError, ValueError):
            running = {}
        if running.get("environment") != environment:
            raise AwsError(
                "ResourceNotFoundException",
                f"No Airflow of {environment} is running in the sandbox. Start it with 'make sandbox-ui'.",
                404,
            )
        query = urlencode(payload.get("QueryParameters") or {}, doseq=True)
        target = f"/api/v2{path}" + (f"?{query}" if query else "")
        method, body = payload.get("Method", "GET"), payload.get("Body")
        headers = {"Authorization": f"Bearer {self._token(running)}"}
        status, answer = self._send(running["url"] + target, method, body, headers)
        if status >= 400:
            code = "RestApiClientException" if status < 500 else "RestApiServerException"
            more = {"RestApiStatusCode": status, "RestApiResponse": answer}
            raise AwsError(code, f"Airflow answered {status}", more=more)
        return {"RestApiStatusCode": status, "RestApiResponse": answer}

    def _token(self, running: dict[str, str]) -> str:
        login = {"username": running["user"], "password": running["password"]}
        status, answer = self._send(f"{running['url']}/auth/token", "POST", login, {})
        if status >= 400:
            raise AwsError("AccessDeniedException", f"Airflow's sign-in answered {status}: {answer}", 403)
        return answer["access_token"]

    def _send(self, url: str, method: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        try:
            answer = urllib3.request(method, url, json=body, headers=headers, timeout=SECONDS, retries=False)
        except urllib3.exceptions.HTTPError as error:
            more = {"RestApiStatusCode": 503, "RestApiResponse": {"detail": f"{url} doesn't answer: {error}"}}
            raise AwsError("RestApiServerException", "Airflow doesn't answer.", more=more) from error
        try:
            return answer.status, json.loads(answer.data or b"{}")
        except ValueError:
            return answer.status, {"detail": answer.data.decode(errors="replace")[:500]}
