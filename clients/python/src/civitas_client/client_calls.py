"""What can be asked of a civitas, each written once: the methods of `Client` and of `AsyncClient`. Owns paths and bodies;
requests are the transport's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from . import types
from .async_run import AsyncRun
from .batch import AsyncBatch, Batch
from .event_calls import EventCalls
from .experiment import AsyncExperiment, Experiment
from .flow import Ask, Flow, making, operation
from .run import Run
from .run_calls import started
from .tables import Table, part
from .transport import given

# The project of runs that name none: that of `civitas run` too.
DEFAULT_PROJECT = "00000000-0000-0000-0000-000000000000"
# The most items of a page of runs, of event scripts, and of experiments.
ITEMS_PER_PAGE = 100
EXPERIMENTS_PER_PAGE = 1000


class ClientCalls(EventCalls):
    """What both clients are asked."""

    def __init__(self, project: str | None, reconnect_for_s: float) -> None:
        """For runs of this project."""
        self.project = project or DEFAULT_PROJECT
        self.reconnect_for_s = reconnect_for_s

    @operation
    def health(self) -> Flow[types.Health]:
        """Whether the server serves. Raises `Unavailable` with the reason where it does not."""
        return cast(types.Health, (yield Ask("GET", "/health")))

    # Runs.

    @making(Run, AsyncRun)
    def create_run(
        self,
        name: str | None = None,
        *,
        mode: str | None = None,
        seed: int | None = None,
        horizon_ticks: int | None = None,
        scenario: Mapping[str, float] | None = None,
        bundle: str | None = None,
        attribution: bool | None = None,
        model: str | None = None,
        parameters: Mapping[str, float] | None = None,
        agents: int | None = None,
        dataset: str | None = None,
        network: types.Network | None = None,
        config: types.RunConfig | None = None,
        project: str | None = None,
        start: bool = False,
    ) -> Flow[Mapping[str, Any]]:
        """Creates a run, `queued`; with `start` it is started too.

        `scenario` shifts variables of the model, each in [-1, 1]; `bundle` is the id of a bundle of event scripts, whose impact
        `attribution` tells apart from all else. `config` is the API's own and has what has no argument here; arguments win over
        it. `mode` follows from it, where it has `targets` (hybrid) or a `target` (copies of a persona). What is left out has the
        server's defaults.
        """
        merged: dict[str, Any] = dict(config or {})
        merged |= given(seed=seed, horizon_ticks=horizon_ticks, model=model, network=network)
        merged |= given(parameters=dict(parameters) if parameters is not None else None)
        population = {**(merged.get("population") or {}), **given(agents=agents, dataset=dataset)}
        if population:
            merged["population"] = population
        asked = "hybrid" if merged.get("targets") else "target" if merged.get("target") else None
        body = given(name=name, mode=mode or asked, config=merged or None) | {"project_id": project or self.project}
        deltas = dict(scenario) if scenario is not None else None
        patch = given(variable_deltas=deltas, event_bundle_id=bundle, attribution=attribution)
        if patch:
            body["scenario_patch"] = patch
        run = yield Ask("POST", "/api/v1/runs", json=body)
        return (yield from started(run)) if start else cast(Mapping[str, Any], run)

    @making(Run, AsyncRun)
    def run(self, run_id: str) -> Flow[Mapping[str, Any]]:
        """The run with this id. Raises `NotFound` where there is none."""
        return cast(Mapping[str, Any], (yield Ask("GET", f"/api/v1/runs/{run_id}")))

    @making(Batch, AsyncBatch)
    def create_batch(
        self,
        base: types.BaseConfig | Mapping[str, Any] | None,
        variations: Sequence[types.Variation | Mapping[str, Any]],
        *,
        name: str | None = None,
        auto_start: bool = False,
        project: str | None = None,
    ) -> Flow[Mapping[str, Any]]:
        """Creates up to 50 runs, all or none, that are `base` each with one variation. With `auto_start` they start as
        places free up. With `parent_run_id` in `base` they are forks of one snapshot of that run.
        """
        body = given(name=name, base_config=base) | {
            "project_id": project or self.project,
            "variations": list(variations),
            "auto_start": auto_start,
        }
        return cast(Mapping[str, Any], (yield Ask("POST", "/api/v1/runs/batch", json=body)))

    # Models and data sets.

    @operation
    def models(self) -> Flow[list[types.ModelDescription]]:
        """What runs can name as their model: parameters as JSON schema, variables, metrics, traits and events."""
        return cast(list[types.ModelDescription], (yield Ask("GET", "/api/v1/models")))

    @operation
    def model(self, name: str) -> Flow[types.ModelDescription]:
        """One model."""
        return cast(types.ModelDescription, (yield Ask("GET", f"/api/v1/models/{name}")))

    @operation
    def datasets(self) -> Flow[types.DatasetList]:
        """Every version of the tenant's own data sets, and the names of those that come with civitas."""
        return cast(types.DatasetList, (yield Ask("GET", "/api/v1/datasets")))

    @operation
    def dataset(self, name: str, version: int) -> Flow[types.DatasetDetail]:
        """A version of a data set, with its first regions."""
        return cast(types.DatasetDetail, (yield Ask("GET", f"/api/v1/datasets/{name}/{version}")))

    @operation
    def add_dataset(
        self,
        name: str,
        regions: Table,
        *,
        borders: Table | None = None,
        agents: Table | None = None,
        ties: Table | None = None,
        directed: bool = False,
    ) -> Flow[types.Dataset]:
        """Adds a version of a data set; the same content again gives the version that is there.

        A table is a path of a CSV or Parquet file, the bytes of one, or a frame of pandas or polars; docs/datasets.md says
        which columns it has. Raises `Unprocessable` (`INVALID_DATASET`) that names file, line and column of what is wrong.
        """
        tables = given(regions=regions, borders=borders, agents=agents, ties=ties)
        files = {field: part(field, table) for field, table in tables.items()}
        fields = {"name": name, "directed": "true" if directed else "false"}
        return cast(types.Dataset, (yield Ask("POST", "/api/v1/datasets", data=fields, files=files)))

    @operation
    def remove_dataset(self, name: str, version: int) -> Flow[None]:
        """Removes a version that no run names."""
        yield Ask("DELETE", f"/api/v1/datasets/{name}/{version}", has_body=False)

    # Experiments.

    @making(Experiment, AsyncExperiment)
    def run_experiment(self, config: Mapping[str, Any] | str | os.PathLike[str]) -> Flow[Mapping[str, Any]]:
        """Has an experiment run as soon as there is a place: its configuration, or the path of a JSON file that has it."""
        if isinstance(config, (str, os.PathLike)):
            config = json.loads(Path(config).read_text(encoding="utf-8"))
        answer = yield Ask("POST", "/api/run-experiments", json=config)
        return cast(Mapping[str, Any], answer["data"])

    @making(Experiment, AsyncExperiment)
    def experiment(self, experiment_id: str) -> Flow[Mapping[str, Any]]:
        """The experiment with this id."""
        answer = yield Ask("GET", f"/api/experiments/{experiment_id}/status")
        return cast(Mapping[str, Any], {"id": experiment_id, **answer["data"]})


class Pages:
    """A listing, page by page: what is asked for next, and the items of the answer, each once.

    One that is created meanwhile moves others to the next page.
    """

    def __init__(self, path: str, size: int, *, items: str = "items", **filters: Any) -> None:
        """The listing at this path; `items` is the field of an answer that holds them."""
        self._path = path
        self._size = size
        self._items = items
        self._filters = filters
        self._skip = 0
        self._seen: set[str] = set()
        self.is_over = False

    def ask(self) -> Ask:
        """The next page."""
        return Ask("GET", self._path, params={**self._filters, "limit": self._size, "skip": self._skip})

    def take(self, answer: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Its items that no page had before."""
        items: list[dict[str, Any]] = answer[self._items]
        self._skip += len(items)
        self.is_over = len(items) < self._size
        for item in items:
            if item["id"] not in self._seen:
                self._seen.add(item["id"])
                yield item


def runs(project: str | None, status: str | None, mode: str | None, sort: str, page_size: int) -> Pages:
    """The listing of runs."""
    return Pages("/api/v1/runs", page_size, project_id=project, status=status, mode=mode, sort=sort)
