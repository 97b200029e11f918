"""The events that Glue sends to EventBridge.

https://docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html
"""

import json
import logging
from typing import Any

from sandbox.emulated import OWN

log = logging.getLogger("sandbox.glue.events")

_SEVERITIES = {"SUCCEEDED": "INFO", "STOPPED": "INFO", "FAILED": "ERROR", "TIMEOUT": "WARN"}
_CRAWLS = {"SUCCEEDED": "Succeeded", "FAILED": "Failed"}


class GlueEvents:
    """events: a client of the emulator's own EventBridge."""

    def __init__(self, events: Any) -> None:
        self._events = events

    def job_ended(self, run: dict[str, Any]) -> None:
        name, state, run_id = run["JobName"], run["JobRunState"], run["Id"]
        if state not in _SEVERITIES:
            return
        message = run.get("ErrorMessage") or f"Job run {state.lower()}"
        if state == "FAILED":
            message = f"JobName:{name} and JobRunId:{run_id} failed to execute with exception {message}"
        self._tell(
            "Glue Job State Change",
            {"jobName": name, "severity": _SEVERITIES[state], "state": state, "jobRunId": run_id, "message": message},
        )

    def crawler_ended(self, name: str, crawl: dict[str, Any]) -> None:
        state = _CRAWLS.get(crawl["Status"])
        if state:
            detail = {"crawlerName": name, "state": state, "message": f"Crawler {state}"}
            self._tell("Glue Crawler State Change", {**detail, "errorMessage": crawl.get("ErrorMessage", "")})

    def _tell(self, kind: str, detail: dict[str, str]) -> None:
        entry = {"Source": "aws.glue", "DetailType": kind, "Detail": json.dumps(detail), "TraceHeader": OWN}
        try:
            answer = self._events.put_events(Entries=[entry])
            if answer["FailedEntryCount"]:
                log.error("%s: %s", kind, answer["Entries"])
        except Exception:  # a job's end doesn't depend on who hears of it
            log.exception("%s of %s", kind, detail)
