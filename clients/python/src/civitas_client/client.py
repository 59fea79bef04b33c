"""The client: one server, one key, one project. Owns what is asked for where; requests are the transport's."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, cast

from . import types
from .batch import Batch
from .experiment import Experiment
from .run import Run
from .tables import Table, part
from .transport import Transport, given

# The project of runs that name none: that of `civitas run` too.
DEFAULT_PROJECT = "00000000-0000-0000-0000-000000000000"
# The most items of a page of runs, and of experiments.
RUNS_PER_PAGE = 100
EXPERIMENTS_PER_PAGE = 1000


class Client:
    """A civitas. Connects when it is first asked something; close it, or use it as a context.

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
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Takes the server's address, an API key where it asks for one, and the project's UUID that new runs belong to."""
        self.project = project or DEFAULT_PROJECT
        self.reconnect_for_s = reconnect_for_s
        self.sleep = sleep
        self.transport = Transport(url, key, timeout_s=timeout_s, retry_for_s=retry_for_s, sleep=sleep)

    def __repr__(self) -> str:
        """Where it leads; never the key."""
        return f"<Client {self.transport.url}>"

    def __enter__(self) -> Self:
        """Gives itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Closes the connections."""
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self.transport.close()

    def call(self, method: str, path: str, **request: Any) -> Any:
        """Any request, for what has no method here yet: the JSON of the answer. Paths begin with /api or /health."""
        return self.transport.call(method, path, **request)

    def health(self) -> types.Health:
        """Whether the server serves. Raises `Unavailable` with the reason where it does not."""
        return cast(types.Health, self.call("GET", "/health"))

    # Runs.

    def create_run(
        self,
        name: str | None = None,
        *,
        seed: int | None = None,
        horizon_ticks: int | None = None,
        scenario: Mapping[str, float] | None = None,
        model: str | None = None,
        parameters: Mapping[str, float] | None = None,
        agents: int | None = None,
        dataset: str | None = None,
        network: types.Network | None = None,
        config: types.RunConfig | None = None,
        project: str | None = None,
        start: bool = False,
    ) -> Run:
        """Creates a run, `queued`; with `start` it is started too.

        `scenario` shifts variables of the model, each in [-1, 1]; `config` is the API's own and has what has no argument
        here; arguments win over it. What is left out has the server's defaults.
        """
        merged: dict[str, Any] = dict(config or {})
        merged |= given(seed=seed, horizon_ticks=horizon_ticks, model=model, network=network)
        merged |= given(parameters=dict(parameters) if parameters is not None else None)
        population = {**(merged.get("population") or {}), **given(agents=agents, dataset=dataset)}
        if population:
            merged["population"] = population
        body = given(name=name, config=merged or None) | {"project_id": project or self.project}
        if scenario is not None:
            body["scenario_patch"] = {"variable_deltas": dict(scenario)}
        run = Run(self, self.call("POST", "/api/v1/runs", json=body))
        return run.start() if start else run

    def run(self, run_id: str) -> Run:
        """The run with this id. Raises `NotFound` where there is none."""
        return Run(self, {"id": run_id}).refresh()

    def runs(
        self,
        *,
        project: str | None = None,
        status: str | None = None,
        mode: str | None = None,
        sort: str = "-created_at",
        page_size: int = RUNS_PER_PAGE,
    ) -> Iterator[Run]:
        """All runs of the key's tenant that match, page by page as they are asked for; each once.

        `sort` is created_at, name, status or duration_seconds, with `-` for descending. Runs that change meanwhile so that
        they match no more can move others from a page that is yet to come to one that was read.
        """
        filters = {"project_id": project, "status": status, "mode": mode, "sort": sort, "limit": page_size}

        def page(skip: int) -> list[dict[str, Any]]:
            answer = self.call("GET", "/api/v1/runs", params={**filters, "skip": skip})
            return cast(list[dict[str, Any]], answer["items"])

        return (Run(self, item) for item in _pages(page, page_size))

    def create_batch(
        self,
        base: types.BaseConfig | Mapping[str, Any] | None,
        variations: Sequence[types.Variation | Mapping[str, Any]],
        *,
        name: str | None = None,
        auto_start: bool = False,
        project: str | None = None,
    ) -> Batch:
        """Creates up to 50 runs, all or none, that are `base` each with one variation. With `auto_start` they start as
        places free up. With `parent_run_id` in `base` they are forks of one snapshot of that run.
        """
        body = given(name=name, base_config=base) | {
            "project_id": project or self.project,
            "variations": list(variations),
            "auto_start": auto_start,
        }
        return Batch(self, self.call("POST", "/api/v1/runs/batch", json=body))

    # Models and data sets.

    def models(self) -> list[types.ModelDescription]:
        """What runs can name as their model: parameters as JSON schema, variables, metrics, traits and events."""
        return cast(list[types.ModelDescription], self.call("GET", "/api/v1/models"))

    def model(self, name: str) -> types.ModelDescription:
        """One model."""
        return cast(types.ModelDescription, self.call("GET", f"/api/v1/models/{name}"))

    def datasets(self) -> types.DatasetList:
        """Every version of the tenant's own data sets, and the names of those that come with civitas."""
        return cast(types.DatasetList, self.call("GET", "/api/v1/datasets"))

    def dataset(self, name: str, version: int) -> types.DatasetDetail:
        """A version of a data set, with its first regions."""
        return cast(types.DatasetDetail, self.call("GET", f"/api/v1/datasets/{name}/{version}"))

    def add_dataset(
        self,
        name: str,
        regions: Table,
        *,
        borders: Table | None = None,
        agents: Table | None = None,
        ties: Table | None = None,
        directed: bool = False,
    ) -> types.Dataset:
        """Adds a version of a data set; the same content again gives the version that is there.

        A table is a path of a CSV or Parquet file, the bytes of one, or a frame of pandas or polars; docs/datasets.md says
        which columns it has. Raises `Unprocessable` (`INVALID_DATASET`) that names file, line and column of what is wrong.
        """
        tables = given(regions=regions, borders=borders, agents=agents, ties=ties)
        files = {field: part(field, table) for field, table in tables.items()}
        fields = {"name": name, "directed": "true" if directed else "false"}
        return cast(types.Dataset, self.call("POST", "/api/v1/datasets", data=fields, files=files))

    def remove_dataset(self, name: str, version: int) -> None:
        """Removes a version that no run names."""
        self.transport.send("DELETE", f"/api/v1/datasets/{name}/{version}")

    # Experiments.

    def run_experiment(self, config: Mapping[str, Any] | str | os.PathLike[str]) -> Experiment:
        """Has an experiment run as soon as there is a place: its configuration, or the path of a JSON file that has it."""
        if isinstance(config, (str, os.PathLike)):
            config = json.loads(Path(config).read_text(encoding="utf-8"))
        return Experiment(self, self.call("POST", "/api/run-experiments", json=config)["data"])

    def experiment(self, experiment_id: str) -> Experiment:
        """The experiment with this id."""
        return Experiment(self, {"id": experiment_id}).refresh()

    def experiments(self) -> Iterator[Experiment]:
        """All experiments of the key's tenant, newest first, page by page; each once."""

        def page(skip: int) -> list[dict[str, Any]]:
            params = {"skip": skip, "limit": EXPERIMENTS_PER_PAGE}
            answer = self.call("GET", "/api/run-experiments", params=params)
            return cast(list[dict[str, Any]], answer["data"])

        return (Experiment(self, item) for item in _pages(page, EXPERIMENTS_PER_PAGE))


def _pages(page: Callable[[int], list[dict[str, Any]]], size: int) -> Iterator[dict[str, Any]]:
    """The items of all pages, each once: one that is created meanwhile moves others to the next page."""
    seen: set[str] = set()
    skip = 0
    while True:
        items = page(skip)
        for item in items:
            if item["id"] not in seen:
                seen.add(item["id"])
                yield item
        skip += len(items)
        if len(items) < size:
            return
