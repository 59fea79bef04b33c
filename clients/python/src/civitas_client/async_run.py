"""A run, as a handle whose methods are awaited. Owns no connection; what can be asked stands in `run_calls`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal, overload

from . import events, frames, telemetry
from .bars import Bar, showing
from .flow import Ask, Awaited, Pause
from .run_calls import By, RunCalls
from .telemetry import Span, Table

if TYPE_CHECKING:
    import pandas
    import polars

    from .async_client import AsyncClient


class AsyncRun(RunCalls, Awaited):
    """A run on the server, as `Run`, but that its methods are awaited; its properties wait for nothing."""

    def __init__(self, client: AsyncClient, data: Mapping[str, Any]) -> None:
        """A handle of the run that `data`, of which at least `id` is needed, tells of."""
        super().__init__(data)
        self._client = client

    async def _done(self, step: Ask | Pause) -> Any:
        return await self._client._done(step)

    async def progress(self, *, bar: Bar = False) -> AsyncGenerator[events.Event, None]:
        """Its progress as it comes, at most ten events a second, the last one telling how it ended.

        The stream is taken up again where it stopped when the connection is lost or the server restarts, and given up when
        the server stays away for longer than the client's `reconnect_for_s`. Within `contextlib.aclosing` the connection is
        closed as soon as it is left early, else some time later.
        """
        told = events.follow_async(self._client.transport, self._path("progress"), self._client.reconnect_for_s)
        with showing(bar, str(self.data.get("name", self.id))) as show:
            # One that is left early closes its connection with it, and not when it is next collected.
            async with aclosing(told):
                async for event in told:
                    self.data["status"] = event.status
                    if event.total_ticks is not None:
                        show(event.tick, event.total_ticks)
                    yield event

    @overload
    async def trends(self, *, by: By = None, library: Literal["pandas"] = "pandas") -> pandas.DataFrame: ...
    @overload
    async def trends(self, *, by: By = None, library: Literal["polars"]) -> polars.DataFrame: ...
    async def trends(self, *, by: By = None, library: frames.Library = "pandas") -> Any:
        """The means of its metrics at about 25 ticks: a row per tick, and per region or segment, a column per metric."""
        return await self.perform(self._trends(by, library))

    @overload
    async def telemetry(
        self,
        metrics: telemetry.Names = "all",
        regions: telemetry.Names = None,
        *,
        segments: telemetry.Names = None,
        variables: telemetry.Names = None,
        ticks: telemetry.Ticks = None,
        library: Literal["pandas"] = "pandas",
    ) -> pandas.DataFrame: ...
    @overload
    async def telemetry(
        self,
        metrics: telemetry.Names = "all",
        regions: telemetry.Names = None,
        *,
        segments: telemetry.Names = None,
        variables: telemetry.Names = None,
        ticks: telemetry.Ticks = None,
        library: Literal["polars"],
    ) -> polars.DataFrame: ...
    async def telemetry(
        self,
        metrics: telemetry.Names = "all",
        regions: telemetry.Names = None,
        *,
        segments: telemetry.Names = None,
        variables: telemetry.Names = None,
        ticks: telemetry.Ticks = None,
        library: frames.Library = "pandas",
    ) -> Any:
        """What was recorded in every tick, also while it runs: a row per tick, region and segment; those of all agents have
        neither.

        `regions`, `segments` and `variables` are names or "all"; `ticks` is (first, last) or a range, as range(0, 101, 5).
        """
        return await self.perform(self._slice(telemetry.query(metrics, regions, segments, variables, ticks), library))

    @overload
    async def agents(self, tick: int, *, library: Literal["pandas"] = "pandas") -> pandas.DataFrame: ...
    @overload
    async def agents(self, tick: int, *, library: Literal["polars"]) -> polars.DataFrame: ...
    async def agents(self, tick: int, *, library: frames.Library = "pandas") -> Any:
        """The sample of agents at a keyframe, a row for each. Raises `InvalidRequest` that names the nearest keyframe."""
        return await self.perform(self._agents(tick, library))

    @overload
    async def agent(self, agent: int, *, library: Literal["pandas"] = "pandas") -> pandas.DataFrame: ...
    @overload
    async def agent(self, agent: int, *, library: Literal["polars"]) -> polars.DataFrame: ...
    async def agent(self, agent: int, *, library: frames.Library = "pandas") -> Any:
        """One agent of the sample at every keyframe. Raises `NotFound` for one that is not in it."""
        return await self.perform(self._agent(agent, library))

    @overload
    async def table(
        self, name: Table, *, ticks: Span = None, library: Literal["pandas"] = "pandas"
    ) -> pandas.DataFrame: ...
    @overload
    async def table(self, name: Table, *, ticks: Span = None, library: Literal["polars"]) -> polars.DataFrame: ...
    async def table(self, name: Table, *, ticks: Span = None, library: frames.Library = "pandas") -> Any:
        """A whole table of its telemetry, or the rows of the ticks from the first to the last, as its files have it."""
        return await self.perform(self._table(name, ticks, library))
