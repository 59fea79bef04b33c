"""An experiment: a run to which things are done, asked and measured on the way, by the door of the experiment runner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from . import types
from .bars import Bar
from .run import Run

if TYPE_CHECKING:
    from .client import Client


class Experiment:
    """An experiment on the server. `run` is the same as a run, with progress, results, snapshots and forks."""

    def __init__(self, client: Client, data: Mapping[str, Any]) -> None:
        """A handle of the experiment that `data`, of which at least `id` is needed, tells of."""
        self._client = client
        self.data: dict[str, Any] = dict(data)
        self.id = str(data["id"])
        self.run = Run(client, {"id": self.id})

    def __repr__(self) -> str:
        """Enough to tell it from others."""
        return f"<Experiment {self.id} {self.data.get('name')!r} {self.data.get('status')}>"

    @property
    def status(self) -> str:
        """When the server was last asked: running, completed, failed or stopped."""
        return str((self.data if "status" in self.data else self.refresh().data)["status"])

    def refresh(self) -> Self:
        """Asks the server how it is."""
        self.data.update(self._client.call("GET", f"/api/experiments/{self.id}/status")["data"])
        return self

    def stop(self) -> Self:
        """Stops it; what it came to stays readable."""
        self.data.update(self._client.call("DELETE", f"/api/experiments/{self.id}/stop")["data"])
        return self

    def wait(self, timeout: float | None = None, *, check: bool = True, bar: Bar = False) -> Self:
        """Waits until it has ended, as `Run.wait` does."""
        self.run.wait(timeout, check=check, bar=bar)
        return self.refresh()

    def results(self) -> types.Results:
        """What came of it; `experiment` has the report of every step and metric."""
        return self.run.results()

    def report(self) -> types.ExperimentReport:
        """What came of its workflow: steps with their surveys and interviews, and metrics."""
        return self.results()["experiment"]
