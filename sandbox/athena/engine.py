"""Runs statements on Trino, by its client protocol (https://trino.io/docs/435/develop/client-protocol.html)."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from aiohttp import ClientError, ClientSession

from sandbox.athena.errors import SYSTEM_ERROR, USER_ERROR, Cancelled, QueryError
from sandbox.trino.server import CATALOG, Trino, TrinoUnavailable


class Query:
    """A statement under way: its columns once they are known, and what it has read so far."""

    def __init__(self, session: ClientSession, trino: Trino) -> None:
        self._session, self._trino = session, trino
        self._page: dict[str, Any] = {}
        self.columns: list[dict[str, Any]] = []

    @property
    def queued(self) -> bool:
        return self._page["stats"]["state"] in ("QUEUED", "WAITING_FOR_RESOURCES")

    @property
    def bytes_scanned(self) -> int:
        return self._page["stats"]["physicalInputBytes"]

    @property
    def error(self) -> QueryError | None:
        found = self._page.get("error")
        if not found:
            return None
        if found["errorName"] == "USER_CANCELED":
            return Cancelled("Query cancelled by user")
        category = USER_ERROR if found["errorType"] == "USER_ERROR" else SYSTEM_ERROR
        return QueryError(found["errorName"], found["message"], category)

    async def tables(self) -> list[tuple[str, str]]:
        """The tables and views that the statement reads, by schema and name, also what its views read."""
        # Of the Trino that runs the query: another one, started after that one's death, wouldn't know it.
        url = f"{self._trino.endpoint}/v1/query/{self._page['id']}?pruned=true"
        told = json.loads(await self._answer("GET", url, headers={"X-Trino-User": "athena"}))
        read = told.get("referencedTables", [])
        named = [(each["schema"], each["table"]) for each in read if each["catalog"] == CATALOG]
        return [(schema, table) for schema, table in named if schema != "information_schema"]

    async def begin(self, sql: str, database: str) -> None:
        """Returns when Trino has read the statement: a syntax error is in ``error`` by now."""
        headers = {
            "X-Trino-User": "athena",
            "X-Trino-Catalog": CATALOG,
            "X-Trino-Schema": database,
            "X-Trino-Time-Zone": "UTC",
        }
        await self._ask("POST", f"{await self._trino.ready()}/v1/statement", data=sql.encode(), headers=headers)
        await self._next()

    async def pages(self) -> AsyncIterator[list[list[Any]]]:
        """The rows as they come, an empty list where there is none yet; raises what ends the query."""
        while True:
            if self.error:
                raise self.error
            yield self._page.get("data", [])
            if "nextUri" not in self._page:
                return
            await self._next()

    async def cancel(self) -> None:
        """Ends the query in Trino if it still runs there."""
        if "nextUri" in self._page:
            with suppress(ClientError, TimeoutError):
                async with self._session.delete(self._page["nextUri"]):
                    pass

    async def _next(self) -> None:
        if "nextUri" in self._page:
            await self._ask("GET", self._page["nextUri"])

    async def _ask(self, method: str, url: str, **more: Any) -> None:
        # Floating-point numbers stay as Trino wrote them, which is how Athena shows them.
        self._page = json.loads(await self._answer(method, url, **more), parse_float=str)
        self.columns = self._page.get("columns", self.columns)

    async def _answer(self, method: str, url: str, **more: Any) -> str:
        try:
            async with self._session.request(method, url, **more) as answer:
                text = await answer.text()
                if not answer.ok:
                    raise QueryError("GENERIC_INTERNAL_ERROR", f"Trino says {answer.status}: {text}", SYSTEM_ERROR)
                return text
        except ClientError as error:
            raise TrinoUnavailable(await self._trino.died() or f"Trino doesn't answer: {error}") from None


def with_parameters(sql: str, parameters: list[str]) -> str:
    """The statement with ``?`` replaced by the execution parameters, by the engine itself."""
    quoted = sql.replace("'", "''")
    return f"EXECUTE IMMEDIATE '{quoted}' USING {', '.join(parameters)}" if parameters else sql
