"""A run, as a handle: what can be done to it and read of it. Owns no connection.

What can be asked stands in `run_calls`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from . import events, frames, telemetry
from .bars import Bar, showing
from .flow import Ask, Blocking, Pause
from .run_calls import By, RunCalls
from .telemetry import Span, Table

if TYPE_CHECKING:
    import pandas
    import polars

    from .client import Client


class Run(RunCalls, Blocking):
    """A run on the server. `data` is what the server last said of it; `refresh()` asks again."""

    def __init__(self, client: Client, data: Mapping[str, Any]) -> None:
        """A handle of the run that `data`, of which at least `id` is needed, tells of."""
        super().__init__(data)
        self._client = client

    def _done(self, step: Ask | Pause) -> Any:
        return self._client._done(step)

    def progress(self, *, bar: Bar = False) -> Iterator[events.Event]:
        """Its progress as it comes, at most ten events a second, the last one telling how it ended.

        The stream is taken up again where it stopped when the connection is lost or the server restarts, and given up when
        the server stays away for longer than the client's `reconnect_for_s`.
        """
        told = events.follow(self._client.transport, self._path("progress"), self._client.reconnect_for_s)
        with showing(bar, str(self.data.get("name", self.id))) as show:
            for event in told:
                self.data["status"] = event.status
                if event.total_ticks is not None:
                    show(event.tick, event.total_ticks)
                yield event

    @overload
    def trends(self, *, by: By = None, library: Literal["pandas"] = "pandas") -> pandas.DataFrame: ...
    @overload
    def trends(self, *, by: By = None, library: Literal["polars"]) -> polars.DataFrame: ...
    def trends(self, *, by: By = None, library: frames.Library = "pandas") -> Any:
        """The means of its metrics at about 25 ticks: a row per tick, and per region or segment, a column per metric."""
        return self.perform(self._trends(by, library))

    @overload
    def telemetry(
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
    def telemetry(
        self,
        metrics: telemetry.Names = "all",
        regions: telemetry.Names = None,
        *,
        segments: telemetry.Names = None,
        variables: telemetry.Names = None,
        ticks: telemetry.Ticks = None,
        library: Literal["polars"],
    ) -> polars.DataFrame: ...
    def telemetry(
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
        return self.perform(self._slice(telemetry.query(metrics, regions, segments, variables, ticks), library))

    @overload
    def agents(self, tick: int, *, library: Literal["pandas"] = "pandas") -> pandas.DataFrame: ...
    @overload
    def agents(self, tick: int, *, library: Literal["polars"]) -> polars.DataFrame: ...
    def agents(self, tick: int, *, library: frames.Library = "pandas") -> Any:
        """The sample of agents at a keyframe, a row for each. Raises `InvalidRequest` that names the nearest keyframe."""
        return self.perform(self._agents(tick, library))

    @overload
    def agent(self, agent: int, *, library: Literal["pandas"] = "pandas") -> pandas.DataFrame: ...
    @overload
    def agent(self, agent: int, *, library: Literal["polars"]) -> polars.DataFrame: ...
    def agent(self, agent: int, *, library: frames.Library = "pandas") -> Any:
        """One agent of the sample at every keyframe. Raises `NotFound` for one that is not in it."""
        return self.perform(self._agent(agent, library))

    @overload
    def table(self, name: Table, *, ticks: Span = None, library: Literal["pandas"] = "pandas") -> pandas.DataFrame: ...
    @overload
    def table(self, name: Table, *, ticks: Span = None, library: Literal["polars"]) -> polars.DataFrame: ...
    def table(self, name: Table, *, ticks: Span = None, library: frames.Library = "pandas") -> Any:
        """A whole table of its telemetry, or the rows of the ticks from the first to the last, as its files have it."""
        return self.perform(self._table(name, ticks, library))

    def __repr__(self) -> str:
        """Enough to tell it from others."""
        return f"<Run {self.id} {self.name!r} {self.status}>"

    def _look_again(self, field: str) -> None:
        self.refresh()
