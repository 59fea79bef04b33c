"""A batch: runs that were created together, waited for together, and compared in one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, overload

from . import frames
from .bars import Bar, showing
from .errors import NotFound
from .run import Run
from .waiting import looks

if TYPE_CHECKING:
    import pandas
    import polars

    from .client import Client


class Batch(Sequence[Run]):
    """The runs of a batch, in the order of its variations."""

    def __init__(self, client: Client, data: Mapping[str, Any]) -> None:
        """A handle of the batch that `data`, the answer to its creation, tells of."""
        self._client = client
        self.id = str(data["batch_id"])
        self.runs = [Run(client, run) for run in data["runs"]]

    def __repr__(self) -> str:
        """Enough to tell it from others."""
        return f"<Batch {self.id} of {len(self.runs)} runs>"

    def __len__(self) -> int:
        """How many runs it has."""
        return len(self.runs)

    @overload
    def __getitem__(self, place: int) -> Run: ...
    @overload
    def __getitem__(self, place: slice) -> list[Run]: ...
    def __getitem__(self, place: int | slice) -> Run | list[Run]:
        """The run of the variation at this place."""
        return self.runs[place]

    def __iter__(self) -> Iterator[Run]:
        """Its runs."""
        return iter(self.runs)

    def start(self) -> Self:
        """Starts all, one after another; those for which there is no place are waited for. `auto_start` does it better."""
        for run in self.runs:
            run.start()
        return self

    def cancel(self) -> Self:
        """Ends those that have not ended."""
        for run in self.runs:
            if not run.refresh().has_ended:
                run.cancel()
        return self

    def wait(self, timeout: float | None = None, *, check: bool = True, bar: Bar = False) -> Self:
        """Waits until all have ended, for `timeout` seconds together. Raises as `Run.wait` does, when all have ended."""
        waiting = list(self.runs)
        with showing(bar, f"batch of {len(waiting)}", "run") as show:
            for _ in looks(f"batch {self.id}", timeout, self._client.sleep):
                waiting = [run for run in waiting if not run.refresh().has_ended]
                show(len(self.runs) - len(waiting), len(self.runs))
                if not waiting:
                    break
        for run in self.runs if check else []:
            run.check()
        return self

    @overload
    def outcomes(self, *, library: Literal["pandas"] = "pandas") -> pandas.DataFrame: ...
    @overload
    def outcomes(self, *, library: Literal["polars"]) -> polars.DataFrame: ...
    def outcomes(self, *, library: frames.Library = "pandas") -> Any:
        """One row per run: what it was asked (`seed`, `parameters.NAME`, `scenario.NAME`) and its outcome in a few numbers.

        Runs that ended without results, or have not ended, have a row with what they were asked.
        """
        return frames.frame(frames.columns_of([_outcome(run) for run in self.runs]), library)

    @overload
    def trends(self, *, library: Literal["pandas"] = "pandas") -> pandas.DataFrame: ...
    @overload
    def trends(self, *, library: Literal["polars"]) -> polars.DataFrame: ...
    def trends(self, *, library: frames.Library = "pandas") -> Any:
        """A row per run and tick with the run's name and seed and a column per metric. All runs must have results."""
        rows = []
        for run in self.runs:
            labels = {"run_id": run.id, "name": run.name, "seed": run.config["seed"]}
            rows += frames.trend_rows(run.results()["trends"], labels)
        return frames.frame(frames.columns_of(rows), library)


def _outcome(run: Run) -> dict[str, Any]:
    config = run.refresh().config
    patch = config.get("scenario_patch") or {"variable_deltas": {}}
    row: dict[str, Any] = {"run_id": run.id, "name": run.name, "status": run.status, "seed": config["seed"]}
    row |= {f"parameters.{name}": value for name, value in config["parameters"].items()}
    row |= {f"scenario.{name}": value for name, value in patch["variable_deltas"].items()}
    row["duration_seconds"] = run.data["timing"].get("duration_seconds")
    try:
        results = run.results() if run.has_ended else None
    except NotFound:
        # It ended before its first tick.
        results = None
    if results is not None:
        row |= results["outcome_summary"]
        row["margin_95"] = results["confidence"].get("margin_95")
    return row
