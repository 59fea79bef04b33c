"""A batch: runs that were created together, waited for together, and compared in one table; blocking and awaited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from . import frames
from .async_run import AsyncRun
from .bars import Bar, showing
from .errors import NotFound
from .flow import Ask, Awaited, Blocking, Flow, Pause, chained
from .run import Run
from .run_calls import RunCalls
from .waiting import Wait

if TYPE_CHECKING:
    import pandas
    import polars

    from .async_client import AsyncClient
    from .client import Client

R = TypeVar("R", bound=RunCalls)


class BatchCalls(Sequence[R], Generic[R]):
    """The runs of a batch, in the order of its variations."""

    def __init__(self, batch_id: str, runs: list[R]) -> None:
        """A batch of these runs."""
        self.id = batch_id
        self.runs = runs

    def __repr__(self) -> str:
        """Enough to tell it from others."""
        return f"<{type(self).__name__} {self.id} of {len(self.runs)} runs>"

    def __len__(self) -> int:
        """How many runs it has."""
        return len(self.runs)

    @overload
    def __getitem__(self, place: int) -> R: ...
    @overload
    def __getitem__(self, place: slice) -> list[R]: ...
    def __getitem__(self, place: int | slice) -> R | list[R]:
        """The run of the variation at this place."""
        return self.runs[place]

    def __iter__(self) -> Iterator[R]:
        """Its runs."""
        return iter(self.runs)

    @chained
    def start(self) -> Flow[None]:
        """Starts all, one after another; those for which there is no place are waited for. `auto_start` does it better."""
        for run in self.runs:
            yield from RunCalls.start.flow(run)

    @chained
    def cancel(self) -> Flow[None]:
        """Ends those that have not ended."""
        for run in self.runs:
            yield from RunCalls.refresh.flow(run)
            if not run.has_ended:
                yield from RunCalls.cancel.flow(run)

    @chained
    def wait(self, timeout: float | None = None, *, check: bool = True, bar: Bar = False) -> Flow[None]:
        """Waits until all have ended, for `timeout` seconds together. Raises as `Run.wait` does, when all have ended."""
        left, waiting = list(self.runs), Wait(f"batch {self.id}", timeout)
        with showing(bar, f"batch of {len(left)}", "run") as show:
            while True:
                for run in left:
                    yield from RunCalls.refresh.flow(run)
                left = [run for run in left if not run.has_ended]
                show(len(self.runs) - len(left), len(self.runs))
                if not left:
                    break
                yield waiting.pause()
        for run in self.runs if check else []:
            run.check()

    # Tables: the handles say which library each gives a frame of.

    def _outcomes(self, library: frames.Library) -> Flow[Any]:
        rows = []
        for run in self.runs:
            rows.append((yield from _outcome(run)))
        return frames.frame(frames.columns_of(rows), library)

    def _trends(self, library: frames.Library) -> Flow[Any]:
        rows = []
        for run in self.runs:
            if "config" not in run.data:
                yield from RunCalls.refresh.flow(run)
            labels = {"run_id": run.id, "name": run.name, "seed": run.config["seed"]}
            results = yield from RunCalls.results.flow(run)
            rows += frames.trend_rows(results["trends"], labels)
        return frames.frame(frames.columns_of(rows), library)


class Batch(BatchCalls[Run], Blocking):
    """The runs of a batch, in the order of its variations."""

    def __init__(self, client: Client, data: Mapping[str, Any]) -> None:
        """A handle of the batch that `data`, the answer to its creation, tells of."""
        super().__init__(str(data["batch_id"]), [Run(client, run) for run in data["runs"]])
        self._client = client

    def _done(self, step: Ask | Pause) -> Any:
        return self._client._done(step)

    @overload
    def outcomes(self, *, library: Literal["pandas"] = "pandas") -> pandas.DataFrame: ...
    @overload
    def outcomes(self, *, library: Literal["polars"]) -> polars.DataFrame: ...
    def outcomes(self, *, library: frames.Library = "pandas") -> Any:
        """One row per run: what it was asked (`seed`, `parameters.NAME`, `scenario.NAME`) and its outcome in a few numbers.

        Runs that ended without results, or have not ended, have a row with what they were asked.
        """
        return self.perform(self._outcomes(library))

    @overload
    def trends(self, *, library: Literal["pandas"] = "pandas") -> pandas.DataFrame: ...
    @overload
    def trends(self, *, library: Literal["polars"]) -> polars.DataFrame: ...
    def trends(self, *, library: frames.Library = "pandas") -> Any:
        """A row per run and tick with the run's name and seed and a column per metric. All runs must have results."""
        return self.perform(self._trends(library))


class AsyncBatch(BatchCalls[AsyncRun], Awaited):
    """The same, whose methods are awaited."""

    def __init__(self, client: AsyncClient, data: Mapping[str, Any]) -> None:
        """A handle of the batch that `data`, the answer to its creation, tells of."""
        super().__init__(str(data["batch_id"]), [AsyncRun(client, run) for run in data["runs"]])
        self._client = client

    async def _done(self, step: Ask | Pause) -> Any:
        return await self._client._done(step)

    @overload
    async def outcomes(self, *, library: Literal["pandas"] = "pandas") -> pandas.DataFrame: ...
    @overload
    async def outcomes(self, *, library: Literal["polars"]) -> polars.DataFrame: ...
    async def outcomes(self, *, library: frames.Library = "pandas") -> Any:
        """As that of `Batch`."""
        return await self.perform(self._outcomes(library))

    @overload
    async def trends(self, *, library: Literal["pandas"] = "pandas") -> pandas.DataFrame: ...
    @overload
    async def trends(self, *, library: Literal["polars"]) -> polars.DataFrame: ...
    async def trends(self, *, library: frames.Library = "pandas") -> Any:
        """As that of `Batch`."""
        return await self.perform(self._trends(library))


def _outcome(run: RunCalls) -> Flow[dict[str, Any]]:
    yield from RunCalls.refresh.flow(run)
    config = run.config
    patch = config.get("scenario_patch") or {"variable_deltas": {}}
    row: dict[str, Any] = {"run_id": run.id, "name": run.name, "status": run.status, "seed": config["seed"]}
    row |= {f"parameters.{name}": value for name, value in config["parameters"].items()}
    row |= {f"scenario.{name}": value for name, value in patch["variable_deltas"].items()}
    row["duration_seconds"] = run.data["timing"].get("duration_seconds")
    try:
        results = (yield from RunCalls.results.flow(run)) if run.has_ended else None
    except NotFound:
        # It ended before its first tick.
        results = None
    if results is not None:
        row |= results["outcome_summary"]
        row["margin_95"] = results["confidence"].get("margin_95")
    return row
