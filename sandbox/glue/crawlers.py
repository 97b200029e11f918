"""The crawlers' states and API. What a crawl does is in crawl.py."""

import asyncio
import logging
import threading
import uuid
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from sandbox import aws
from sandbox.aws import AwsError, Handler
from sandbox.glue.crawl import Crawl, CrawlFailed, Stopped
from sandbox.glue.events import GlueEvents
from sandbox.glue.logs import LogStream
from sandbox.inside import Inside

log = logging.getLogger("sandbox.crawlers")

LOG_GROUP = "/aws-glue/crawlers"
# As Glue calls the session of a crawler's role.
SESSION = "AWS-Crawler"


@dataclass
class Crawler:
    """What a crawler is doing and did; its definition is the emulator's."""

    state: str = "READY"
    last: dict[str, Any] | None = None
    started: float = 0.0
    runtimes: list[float] = field(default_factory=list)
    tables_updated: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    task: asyncio.Task[None] | None = None
    warnings: list[str] = field(default_factory=list)


class Crawlers:
    def __init__(self, inside: Inside) -> None:
        self._inside, self._emulated = inside, inside.emulated("glue")
        self._events = GlueEvents(inside.emulated("events"))
        self._crawlers: dict[str, Crawler] = {}

    # --- the API ---

    @property
    def handlers(self) -> dict[str, Handler]:
        return {
            "StartCrawler": self.start,
            "StopCrawler": self.stop,
            "GetCrawler": self.get,
            "GetCrawlers": self.get_all,
            "GetCrawlerMetrics": self.metrics,
        }

    async def start(self, payload: dict[str, Any]) -> dict[str, Any]:
        definition = await self._definition(payload.get("Name", ""))
        crawler = self._crawlers.setdefault(definition["Name"], Crawler())
        if crawler.state != "READY":
            raise AwsError("CrawlerRunningException", f"Crawler with name {definition['Name']} has already started")
        crawler.state, crawler.started = "RUNNING", aws.now()
        crawler.stop.clear()
        crawler.task = asyncio.create_task(self._crawl(definition, crawler))
        return {}

    async def stop(self, payload: dict[str, Any]) -> dict[str, Any]:
        name = (await self._definition(payload.get("Name", "")))["Name"]
        crawler = self._crawlers.get(name, Crawler())
        if crawler.state == "READY":
            raise AwsError("CrawlerNotRunningException", f"Crawler with name {name} isn't running")
        if crawler.state == "STOPPING":
            raise AwsError("CrawlerStoppingException", f"Crawler with name {name} is stopping")
        crawler.state = "STOPPING"
        crawler.stop.set()
        return {}

    async def get(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"Crawler": self._merged(await self._definition(payload.get("Name", "")))}

    async def get_all(self, _: dict[str, Any]) -> dict[str, Any]:
        found = await asyncio.to_thread(self._emulated.get_crawlers)
        return {"Crawlers": [self._merged(_plain(each)) for each in found["Crawlers"]]}

    async def metrics(self, payload: dict[str, Any]) -> dict[str, Any]:
        found = await asyncio.to_thread(self._emulated.get_crawlers)
        wanted = payload.get("CrawlerNameList")
        names = [each["Name"] for each in found["Crawlers"] if not wanted or each["Name"] in wanted]
        return {"CrawlerMetricsList": [self._metrics(name) for name in names]}

    # --- for the sandbox ---

    def warnings(self) -> dict[str, list[str]]:
        """What the last crawl of each crawler warned of."""
        return {name: crawler.warnings for name, crawler in self._crawlers.items() if crawler.warnings}

    async def close(self) -> None:
        for crawler in self._crawlers.values():
            crawler.stop.set()
        await asyncio.gather(*(c.task for c in self._crawlers.values() if c.task), return_exceptions=True)

    # --- a crawl's life ---

    async def _crawl(self, definition: dict[str, Any], crawler: Crawler) -> None:
        last = await asyncio.to_thread(self._run, definition, crawler)
        crawler.runtimes.append(aws.now() - crawler.started)
        crawler.last, crawler.state = last, "READY"
        log.info("crawler %s %s", definition["Name"], last["Status"])
        await asyncio.to_thread(self._events.crawler_ended, definition["Name"], last)

    def _run(self, definition: dict[str, Any], crawler: Crawler) -> dict[str, Any]:
        """A crawl from its beginning to its end, as LastCrawl shows it."""
        name, prefix, last = (
            definition["Name"],
            str(uuid.uuid4()),
            {"StartTime": crawler.started, "Status": "SUCCEEDED"},
        )
        try:
            access = self._inside.as_glue(definition["Role"], SESSION, f"crawler/{name}")
        except AwsError as error:
            return last | {"Status": "FAILED", "ErrorMessage": error.message}
        glue, s3, logs = (self._inside.client(service, access) for service in ("glue", "s3", "logs"))
        stream = LogStream(logs, [LOG_GROUP], name)
        last |= {"LogGroup": LOG_GROUP, "LogStream": name, "MessagePrefix": prefix}
        crawl = Crawl(definition, glue, s3, lambda text: stream.write(f"[{prefix}] {text}"), crawler.stop)
        try:
            crawl.run()
        except Stopped:
            last["Status"] = "CANCELLED"
        except CrawlFailed as error:
            last |= {"Status": "FAILED", "ErrorMessage": str(error)}
        except Exception as error:
            log.exception("crawler %s", name)
            last |= {"Status": "FAILED", "ErrorMessage": f"Internal Service Exception: {type(error).__name__}: {error}"}
        if "ErrorMessage" in last:
            stream.write(f"[{prefix}] ERROR : {last['ErrorMessage']}")
        stream.close()
        crawler.warnings, crawler.tables_updated = crawl.warnings, crawl.tables_updated
        return last

    def _merged(self, definition: dict[str, Any]) -> dict[str, Any]:
        crawler = self._crawlers.get(definition["Name"], Crawler())
        elapsed = aws.now() - crawler.started if crawler.state != "READY" else 0
        shown = {**definition, "State": crawler.state, "CrawlElapsedTime": int(elapsed * 1000)}
        shown.pop("LastCrawl", None)
        return shown | ({"LastCrawl": crawler.last} if crawler.last else {})

    def _metrics(self, name: str) -> dict[str, Any]:
        crawler = self._crawlers.get(name, Crawler())
        return {
            "CrawlerName": name,
            "TimeLeftSeconds": 0.0,
            "StillEstimating": crawler.state == "RUNNING",
            "LastRuntimeSeconds": crawler.runtimes[-1] if crawler.runtimes else 0.0,
            "MedianRuntimeSeconds": median(crawler.runtimes) if crawler.runtimes else 0.0,
            "TablesCreated": 0,
            "TablesUpdated": crawler.tables_updated,
            "TablesDeleted": 0,
        }

    async def _definition(self, name: str) -> dict[str, Any]:
        try:
            return _plain((await asyncio.to_thread(self._emulated.get_crawler, Name=name))["Crawler"])
        except self._emulated.exceptions.EntityNotFoundException:
            raise AwsError("EntityNotFoundException", f"Crawler with name {name} does not exist") from None


def _plain(definition: dict[str, Any]) -> dict[str, Any]:
    """Times as seconds, as they are sent."""
    return {k: v.timestamp() if hasattr(v, "timestamp") else v for k, v in definition.items()}
