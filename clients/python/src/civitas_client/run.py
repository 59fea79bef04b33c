"""A run, as a handle: what can be done to it and read of it. Owns no connection; that is the client's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self, cast, overload

from . import events, frames, telemetry, types
from .bars import Bar, showing
from .errors import NotFound, RunCancelled, RunFailed
from .transport import given
from .waiting import looks

if TYPE_CHECKING:
    import pandas
    import polars

    from .client import Client

# Statuses that do not change any more.
ENDED = frozenset({"succeeded", "failed", "cancelled"})
# Agents of a page of a keyframe, the most that there can be.
AGENTS_PER_PAGE = 10_000
# What trends can be grouped by.
By = Literal["region", "segment"] | None


class Run:
    """A run on the server. `data` is what the server last said of it; `refresh()` asks again."""

    def __init__(self, client: Client, data: Mapping[str, Any]) -> None:
        """A handle of the run that `data`, of which at least `id` is needed, tells of."""
        self._client = client
        self.data: dict[str, Any] = dict(data)
        self.id = str(data["id"])

    def __repr__(self) -> str:
        """Enough to tell it from others."""
        return f"<Run {self.id} {self.name!r} {self.status}>"

    @property
    def name(self) -> str:
        """Its name."""
        return str(self._known("name"))

    @property
    def status(self) -> str:
        """Its status when the server was last asked: queued, running, paused, succeeded, failed or cancelled."""
        return str(self._known("status"))

    @property
    def has_ended(self) -> bool:
        """True when its status does not change any more."""
        return self.status in ENDED

    @property
    def config(self) -> types.Config:
        """Its configuration with every default filled in. As the `config` of a new run it gives the same results."""
        return cast(types.Config, self._known("config"))

    def refresh(self) -> Self:
        """Asks the server how it is."""
        self.data.update(self._client.call("GET", self._path()))
        return self

    def start(self) -> Self:
        """Starts it. One that lacks memory now stays `queued` and starts by itself."""
        return self._told(self._client.call("POST", self._path("start")))

    def pause(self) -> Self:
        """Pauses it after the tick in progress; it has given its place free until it is resumed."""
        return self._told(self._client.call("POST", self._path("pause")))

    def resume(self) -> Self:
        """Has it go on after a pause."""
        return self._told(self._client.call("POST", self._path("resume")))

    def cancel(self) -> Self:
        """Ends it. What it came to stays readable, and it can be forked there."""
        return self._told(self._client.call("POST", self._path("cancel")))

    def fork(
        self,
        from_tick: int | None = None,
        *,
        name: str | None = None,
        seed: int | None = None,
        scenario: Mapping[str, float] | None = None,
        horizon_ticks: int | None = None,
        start: bool = False,
    ) -> Run:
        """A new run that goes on from a snapshot of this one, the newest where no tick is given.

        `seed` and `scenario` (shifts of variables, each in [-1, 1]) hold from that tick on; what is left out stays as it
        was. Nothing is needed of this run afterwards. Raises `Unprocessable` (`NO_SNAPSHOT`) for a tick without a snapshot.
        """
        config = given(seed=seed, horizon_ticks=horizon_ticks)
        patch = None if scenario is None else {"variable_deltas": dict(scenario)}
        body = given(from_tick=from_tick, name=name, config=config or None, scenario_patch=patch)
        fork = Run(self._client, self._client.call("POST", self._path("fork"), json=body))
        return fork.start() if start else fork

    def snapshots(self) -> list[types.Snapshot]:
        """Its complete snapshots, oldest first: what it can be forked from."""
        return cast(list[types.Snapshot], self._client.call("GET", self._path("snapshots"))["items"])

    def take_snapshot(self) -> types.Snapshot:
        """Takes a snapshot after the tick in progress, which is kept as long as the run."""
        return cast(types.Snapshot, self._client.call("POST", self._path("snapshots")))

    def manifest(self) -> types.Manifest:
        """What it noted of itself while it ran: who executed what, and a digest of every tick."""
        return cast(types.Manifest, self._client.call("GET", self._path("manifest")))

    def verify(self, *, wait: bool = True, timeout: float | None = None, bar: Bar = False) -> types.VerificationReport:
        """Has it executed again and compared with its manifest; `state` of the report says what came of it.

        Waits until that is done, unless told not to. `different` is an answer and no exception.
        """
        report = cast(types.VerificationReport, self._client.call("POST", self._path("verify")))
        if not wait:
            return report
        with showing(bar, f"verifying {self.name}") as show:
            for _ in looks(f"the verification of run {self.id}", timeout, self._client.sleep):
                report = self.verification()
                show(report["tick"], report["total_ticks"])
                if report["state"] != "running":
                    break
        return report

    def verification(self) -> types.VerificationReport:
        """How its latest verification stands, or how it ended."""
        return cast(types.VerificationReport, self._client.call("GET", self._path("verify")))

    def cancel_verification(self) -> types.VerificationReport:
        """Gives its verification up."""
        return cast(types.VerificationReport, self._client.call("DELETE", self._path("verify")))

    def wait(self, timeout: float | None = None, *, check: bool = True, bar: Bar = False) -> Self:
        """Waits until it has ended, over restarts of the server too.

        Raises `WaitTimeout` after `timeout` seconds, and, unless `check` is False, `RunFailed` or `RunCancelled` where it did
        not succeed. One that nobody starts, or resumes, does not end. `bar` shows a bar by tqdm or rich.
        """
        with showing(bar, self.name) as show:
            for _ in looks(f"run {self.id}", timeout, self._client.sleep):
                progress = self.refresh().data["progress"]
                show(progress["current_tick"], progress["total_ticks"])
                if self.has_ended:
                    break
        return self.check() if check else self

    def check(self) -> Self:
        """Raises `RunFailed` or `RunCancelled` where it ended so."""
        if self.status == "failed":
            raise RunFailed(self.id, self._known("error") or {})
        if self.status == "cancelled":
            raise RunCancelled(self.id)
        return self

    def progress(self, *, bar: Bar = False) -> Iterator[events.Event]:
        """Its progress as it comes, at most ten events a second, the last one telling how it ended.

        The stream is taken up again where it stopped when the connection is lost or the server restarts, and given up when
        the server stays away for longer than the client's `reconnect_for_s`.
        """
        with showing(bar, self.name) as show:
            for event in events.follow(self._client.transport, self._path("progress"), self._client.reconnect_for_s):
                self.data["status"] = event.status
                if event.total_ticks is not None:
                    show(event.tick, event.total_ticks)
                yield event

    def results(self) -> types.Results:
        """What came of it, whole or partial; of a paused run up to its tick. Raises `Conflict` while it runs."""
        return cast(types.Results, self._client.call("GET", self._path("results")))

    @overload
    def trends(self, *, by: By = None, library: Literal["pandas"] = "pandas") -> pandas.DataFrame: ...
    @overload
    def trends(self, *, by: By = None, library: Literal["polars"]) -> polars.DataFrame: ...
    def trends(self, *, by: By = None, library: frames.Library = "pandas") -> Any:
        """The means of its metrics at about 25 ticks: a row per tick, and per region or segment, a column per metric."""
        results = self.results()
        if by is None:
            rows = frames.trend_rows(results["trends"])
        elif by == "region":
            rows = frames.grouped_trend_rows(results["trends_by_region"], by)
        elif by == "segment":
            rows = frames.grouped_trend_rows(results["trends_by_segment"], by)
        else:
            raise ValueError(f"by must be None, 'region' or 'segment', not {by!r}")
        return frames.frame(frames.columns_of(rows), library)

    def telemetry_index(self) -> dict[str, Any]:
        """What was recorded of it: ticks, keyframes, metrics, variables, regions and segments with units, and files."""
        return cast(dict[str, Any], self._client.call("GET", self._telemetry()))

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
        asked = telemetry.query(metrics, regions, segments, variables, ticks)
        answer = self._client.call("GET", self._telemetry("slice"), params=asked)
        return frames.frame(frames.columns_of(telemetry.rows_of_slice(answer)), library)

    @overload
    def agents(self, tick: int, *, library: Literal["pandas"] = "pandas") -> pandas.DataFrame: ...
    @overload
    def agents(self, tick: int, *, library: Literal["polars"]) -> polars.DataFrame: ...
    def agents(self, tick: int, *, library: frames.Library = "pandas") -> Any:
        """The sample of agents at a keyframe, a row for each. Raises `InvalidRequest` that names the nearest keyframe."""
        agents: list[dict[str, Any]] = []
        while True:
            params = {"skip": len(agents), "limit": AGENTS_PER_PAGE}
            page = self._client.call("GET", self._telemetry(f"keyframe/{tick}"), params=params)
            agents += page["agents"]
            if not page["agents"] or len(agents) >= page["total"]:
                break
        return frames.frame(frames.columns_of(telemetry.rows_of_agents(agents, tick)), library)

    def _telemetry(self, part: str = "") -> str:
        return f"/api/v1/telemetry/{self.id}/{part}".rstrip("/")

    def _known(self, field: str) -> Any:
        # Listings and short answers do not have every field.
        if field not in self.data:
            self.refresh()
        if field not in self.data:
            raise NotFound(404, {"detail": f"the server says nothing of {field}"}, None)
        return self.data[field]

    def _told(self, answer: Mapping[str, Any]) -> Self:
        self.data["status"] = answer["status"]
        return self

    def _path(self, operation: str = "") -> str:
        return f"/api/v1/runs/{self.id}/{operation}".rstrip("/")
