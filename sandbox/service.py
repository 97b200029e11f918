"""The sandbox's own process: the emulator, the front, Glue's run time and Athena in one event loop.

Started by lifecycle.py as ``python -m sandbox serve``; it ends on SIGTERM, or when the emulator dies.
"""

import asyncio
import logging
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Middleware

from sandbox import aws, processes
from sandbox.airflow_api import AirflowApi
from sandbox.athena.service import AthenaService
from sandbox.emulator import Emulator
from sandbox.gateway import Gateway
from sandbox.glue.crawlers import Crawlers
from sandbox.glue.runs import JobRuns
from sandbox.glue.spark import SharedSpark
from sandbox.inside import Inside
from sandbox.judge.deployed import Deployed
from sandbox.judge.judge import Judge
from sandbox.judge.recording import Recording
from sandbox.mends import Mends
from sandbox.settings import Settings
from sandbox.trino.server import Trino

log = logging.getLogger("sandbox")

RECORDING_SHARE = 0.05  # of the time, at most: each record holds all that was ever called


async def serve_until_signalled(settings: Settings, region: str, token: str) -> None:
    """Serves until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(settings, region, token, stop)


async def serve(
    settings: Settings, region: str, token: str, stop: asyncio.Event, before: Sequence[Middleware] = ()
) -> None:
    """Returns when ``stop`` is set or the emulator has died, with everything that it started ended.

    token: echoed by ``/_sandbox/status``, so that a caller knows this very process; before: sees every call first.
    """
    emulator = Emulator(settings.home, region)
    try:
        await asyncio.to_thread(emulator.start)
        await _serve(settings, region, token, emulator, stop, before)
    finally:
        emulator.stop()


async def _serve(
    settings: Settings,
    region: str,
    token: str,
    emulator: Emulator,
    stop: asyncio.Event,
    before: Sequence[Middleware],
) -> None:
    def emulated(service: str) -> Any:
        return aws.client(service, emulator.endpoint, region)

    judge = Judge(Deployed(emulated, lambda query: athena.workgroup_of(query)), region, Recording())
    inside = Inside(settings, region, emulator.endpoint, judge)
    spark, trino = SharedSpark(settings, region), Trino(settings, region)
    runs, crawlers, athena = JobRuns(inside, spark), Crawlers(inside), AthenaService(inside, trino)

    async def warm(request: web.Request) -> web.Response:
        """Starts a role's JVM and Trino ahead of their first use, in which a failure shows again."""

        async def start() -> None:
            ready = (spark.ready(request.query["role"]), trino.ready())
            for failed in await asyncio.gather(*ready, return_exceptions=True):
                if isinstance(failed, Exception):
                    log.warning("not started ahead: %s", failed)

        beside.append(asyncio.create_task(start()))
        return web.Response(status=202)

    async def record() -> None:
        await asyncio.to_thread(judge.save, settings.calls)

    async def record_now_and_then() -> None:
        while True:
            began = time.monotonic()
            await record()
            await asyncio.sleep(max(1, (time.monotonic() - began) / RECORDING_SHARE))

    async def status(_: web.Request) -> web.Response:
        return web.json_response(
            {
                "token": token,
                "region": region,
                "emulator": emulator.endpoint,
                "spark": spark.running,
                "trino": trino.running,
                "active_runs": runs.active(),
                "failed_runs": runs.failures(),
                "crawler_warnings": crawlers.warnings(),
                "calls": judge.recording.counts(),
                "judging_seconds": round(judge.seconds, 2),
                "refused": judge.refusals(),
            }
        )

    own = {
        "glue": {**runs.handlers, **crawlers.handlers},
        "athena": athena.handlers,
        "airflow": AirflowApi(settings.home / "ui.json").handlers,
    }
    doors = [
        web.get("/_sandbox/status", status),
        web.post("/_sandbox/assume", judge.open_door),
        web.post("/_sandbox/warm", warm),
    ]
    processes.check_port_free(settings.port, "PORT")
    # Bodies pass as they are: aiohttp would unpack those with a Content-Encoding.
    application = Gateway(emulator.endpoint, Mends(region), own).application([*before, judge.middleware], doors)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=2, auto_decompress=False)
    await runner.setup()
    beside = [asyncio.create_task(each) for each in (spark.end_when_idle(), record_now_and_then())]
    try:
        await web.TCPSite(runner, "127.0.0.1", settings.port).start()
        log.info("ready on %s, emulator on %s", settings.endpoint, emulator.endpoint)
        assert emulator.process
        while not stop.is_set():
            if emulator.process.poll() is not None:
                log.error("the emulator ended with exit code %s: see %s", emulator.process.returncode, emulator.log)
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1)
    finally:
        for task in beside:
            task.cancel()
        await runs.close()
        await crawlers.close()
        await record()
        await asyncio.to_thread(spark.stop)
        await asyncio.to_thread(trino.stop)
        await athena.close()
        await runner.cleanup()
