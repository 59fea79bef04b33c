"""The client for asyncio: one server, one key, one project. What it is asked stands in `client_calls` and `event_calls`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Self, cast

from . import types
from .async_run import AsyncRun
from .client_calls import EXPERIMENTS_PER_PAGE, ITEMS_PER_PAGE, ClientCalls, Pages, runs
from .event_calls import BUNDLES, SCRIPTS
from .experiment import AsyncExperiment
from .flow import Ask, Awaited, Pause
from .transport import AsyncTransport


class AsyncClient(ClientCalls, Awaited):
    """A civitas, asked from asyncio: the methods of `Client`, awaited. It belongs to one event loop.

    Connects when it is first asked something; close it, or use it as a context.

    `timeout_s` bounds one answer; `retry_for_s` how long a request is repeated that was refused for now (429) or could not
    be sent, 0 for never; `reconnect_for_s` how long a stream of progress waits for a server that is away.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        key: str | None = None,
        project: str | None = None,
        *,
        timeout_s: float = 30.0,
        retry_for_s: float = 60.0,
        reconnect_for_s: float = 300.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Takes the server's address, an API key where it asks for one, and the project's UUID that new runs belong to."""
        super().__init__(project, reconnect_for_s)
        self.transport = AsyncTransport(url, key, timeout_s=timeout_s, retry_for_s=retry_for_s, sleep=sleep)

    def __repr__(self) -> str:
        """Where it leads; never the key."""
        return f"<AsyncClient {self.transport.url}>"

    async def __aenter__(self) -> Self:
        """Gives itself."""
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Closes the connections."""
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        await self.transport.close()

    async def call(self, method: str, path: str, **request: Any) -> Any:
        """Any request, for what has no method here yet: the JSON of the answer. Paths begin with /api or /health.

        `json`, `params`, `data` and `files` are as httpx has them.
        """
        return await self._done(Ask(method, path, **request))

    def runs(
        self,
        *,
        project: str | None = None,
        status: str | None = None,
        mode: str | None = None,
        sort: str = "-created_at",
        page_size: int = ITEMS_PER_PAGE,
    ) -> AsyncIterator[AsyncRun]:
        """All runs of the key's tenant that match, page by page as they are asked for; each once.

        `sort` is created_at, name, status or duration_seconds, with `-` for descending. Runs that change meanwhile so that
        they match no more can move others from a page that is yet to come to one that was read.
        """
        pages = runs(project, status, mode, sort, page_size)
        return (AsyncRun(self, item) async for item in self._all(pages))

    def experiments(self) -> AsyncIterator[AsyncExperiment]:
        """All experiments of the key's tenant, newest first, page by page; each once."""
        pages = Pages("/api/run-experiments", EXPERIMENTS_PER_PAGE, items="data")
        return (AsyncExperiment(self, item) async for item in self._all(pages))

    def event_scripts(self, project: str | None = None) -> AsyncIterator[types.EventScriptItem]:
        """All event scripts, of one project where it is named, newest first, without their effects; each once."""
        pages = Pages(SCRIPTS, ITEMS_PER_PAGE, project_id=project)
        return (cast(types.EventScriptItem, item) async for item in self._all(pages))

    def event_bundles(self, project: str | None = None) -> AsyncIterator[types.EventBundle]:
        """All bundles of event scripts, of one project where it is named, newest first; each once."""
        pages = Pages(BUNDLES, ITEMS_PER_PAGE, project_id=project)
        return (cast(types.EventBundle, item) async for item in self._all(pages))

    async def _done(self, step: Ask | Pause) -> Any:
        return await self.transport.do(step)

    async def _all(self, pages: Pages) -> AsyncIterator[dict[str, Any]]:
        while not pages.is_over:
            for item in pages.take(await self._done(pages.ask())):
                yield item
