"""The Glue operations that the sandbox answers itself."""

from __future__ import annotations

from typing import Any

from sandbox.glue.crawlers import Crawlers
from sandbox.glue.runs import JobRuns


class GlueService:
    def __init__(self, runs: JobRuns, crawlers: Crawlers) -> None:
        self._handlers = {
            "StartJobRun": runs.start,
            "GetJobRun": runs.get,
            "GetJobRuns": runs.get_all,
            "BatchStopJobRun": runs.batch_stop,
            "StartCrawler": crawlers.start,
            "StopCrawler": crawlers.stop,
            "GetCrawler": crawlers.get,
            "GetCrawlers": crawlers.get_all,
            "GetCrawlerMetrics": crawlers.metrics,
        }

    @property
    def operations(self) -> frozenset[str]:
        return frozenset(self._handlers)

    async def handle(self, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        return await self._handlers[operation](payload)
