"""An experiment: a run to which things are done, asked and measured on the way, by the door of the experiment runner;
blocking and awaited.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from . import types
from .async_run import AsyncRun
from .bars import Bar
from .flow import Ask, Awaited, Blocking, Flow, Pause, chained, operation
from .run import Run
from .run_calls import RunCalls

if TYPE_CHECKING:
    from .async_client import AsyncClient
    from .client import Client

R = TypeVar("R", bound=RunCalls)


class ExperimentCalls(Generic[R]):
    """An experiment on the server. `run` is the same as a run, with progress, results, snapshots and forks."""

    def __init__(self, data: Mapping[str, Any], run: R) -> None:
        """The experiment that `data` tells of, which is this run."""
        self.data: dict[str, Any] = dict(data)
        self.id = str(data["id"])
        self.run = run

    def __repr__(self) -> str:
        """Enough to tell it from others."""
        return f"<{type(self).__name__} {self.id} {self.data.get('name')!r} {self.data.get('status')}>"

    @chained
    def refresh(self) -> Flow[None]:
        """Asks the server how it is."""
        answer = yield Ask("GET", f"/api/experiments/{self.id}/status")
        self.data.update(answer["data"])

    @chained
    def stop(self) -> Flow[None]:
        """Stops it; what it came to stays readable."""
        answer = yield Ask("DELETE", f"/api/experiments/{self.id}/stop")
        self.data.update(answer["data"])

    @chained
    def wait(self, timeout: float | None = None, *, check: bool = True, bar: Bar = False) -> Flow[None]:
        """Waits until it has ended, as `Run.wait` does."""
        yield from RunCalls.wait.flow(self.run, timeout, check=check, bar=bar)
        answer = yield Ask("GET", f"/api/experiments/{self.id}/status")
        self.data.update(answer["data"])

    @operation
    def results(self) -> Flow[types.Results]:
        """What came of it; `experiment` has the report of every step and metric."""
        return (yield from RunCalls.results.flow(self.run))

    @operation
    def report(self) -> Flow[types.ExperimentReport]:
        """What came of its workflow: steps with their surveys and interviews, and metrics."""
        results = yield from RunCalls.results.flow(self.run)
        return results["experiment"]


class Experiment(ExperimentCalls[Run], Blocking):
    """An experiment on the server. `run` is the same as a run, with progress, results, snapshots and forks."""

    def __init__(self, client: Client, data: Mapping[str, Any]) -> None:
        """A handle of the experiment that `data`, of which at least `id` is needed, tells of."""
        super().__init__(data, Run(client, {"id": data["id"]}))
        self._client = client

    @property
    def status(self) -> str:
        """When the server was last asked: running, completed, failed or stopped."""
        return str((self.data if "status" in self.data else self.refresh().data)["status"])

    def _done(self, step: Ask | Pause) -> Any:
        return self._client._done(step)


class AsyncExperiment(ExperimentCalls[AsyncRun], Awaited):
    """The same, whose methods are awaited."""

    def __init__(self, client: AsyncClient, data: Mapping[str, Any]) -> None:
        """A handle of the experiment that `data`, of which at least `id` is needed, tells of."""
        super().__init__(data, AsyncRun(client, {"id": data["id"]}))
        self._client = client

    @property
    def status(self) -> str | None:
        """When the server was last asked: running, completed, failed or stopped; None where it has not been."""
        return self.data.get("status")

    async def _done(self, step: Ask | Pause) -> Any:
        return await self._client._done(step)
