"""What can be asked of a run, each written once: the methods of `Run` and of `AsyncRun`. Owns the paths of runs; how it is
waited for is the handles' matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self, cast

from . import frames, telemetry, types
from .bars import Bar, showing
from .errors import CivitasError, NotFound, RunCancelled, RunFailed
from .flow import Ask, Flow, another, chained, operation
from .transport import given
from .waiting import Wait

# Statuses that do not change any more.
ENDED = frozenset({"succeeded", "failed", "cancelled"})
# Agents of a page of a keyframe, the most that there can be.
AGENTS_PER_PAGE = 10_000
# What trends can be grouped by.
By = Literal["region", "segment"] | None


class RunCalls:
    """A run on the server. `data` is what the server last said of it; `refresh()` asks again."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        """A handle of the run that `data`, of which at least `id` is needed, tells of."""
        self.data: dict[str, Any] = dict(data)
        self.id = str(data["id"])

    def __repr__(self) -> str:
        """Enough to tell it from others."""
        return f"<{type(self).__name__} {self.id} {self.data.get('name')!r} {self.data.get('status')}>"

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

    @chained
    def refresh(self) -> Flow[None]:
        """Asks the server how it is."""
        self.data.update((yield Ask("GET", self._path())))

    @chained
    def start(self) -> Flow[None]:
        """Starts it. One that lacks memory now stays `queued` and starts by itself."""
        self._told((yield Ask("POST", self._path("start"))))

    @chained
    def pause(self) -> Flow[None]:
        """Pauses it after the tick in progress; it has given its place free until it is resumed."""
        self._told((yield Ask("POST", self._path("pause"))))

    @chained
    def resume(self) -> Flow[None]:
        """Has it go on after a pause."""
        self._told((yield Ask("POST", self._path("resume"))))

    @chained
    def cancel(self) -> Flow[None]:
        """Ends it. What it came to stays readable, and it can be forked there."""
        self._told((yield Ask("POST", self._path("cancel"))))

    @another
    def fork(
        self,
        from_tick: int | None = None,
        *,
        name: str | None = None,
        seed: int | None = None,
        scenario: Mapping[str, float] | None = None,
        bundle: str | None = None,
        attribution: bool | None = None,
        horizon_ticks: int | None = None,
        start: bool = False,
    ) -> Flow[Mapping[str, Any]]:
        """A new run that goes on from a snapshot of this one, the newest where no tick is given.

        `seed`, `scenario` (shifts of variables, each in [-1, 1]) and `bundle` (of event scripts, whose impact `attribution` tells
        apart from all else) hold from that tick on; what is left out stays as it was. Nothing is needed of this run afterwards.
        Raises `Unprocessable` (`NO_SNAPSHOT`) for a tick without a snapshot.
        """
        config = given(seed=seed, horizon_ticks=horizon_ticks)
        deltas = None if scenario is None else dict(scenario)
        patch = given(variable_deltas=deltas, event_bundle_id=bundle, attribution=attribution)
        body = given(from_tick=from_tick, name=name, config=config or None, scenario_patch=patch or None)
        fork = yield Ask("POST", self._path("fork"), json=body)
        return (yield from started(fork)) if start else cast(Mapping[str, Any], fork)

    @operation
    def snapshots(self) -> Flow[list[types.Snapshot]]:
        """Its complete snapshots, oldest first: what it can be forked from."""
        answer = yield Ask("GET", self._path("snapshots"))
        return cast(list[types.Snapshot], answer["items"])

    @operation
    def take_snapshot(self) -> Flow[types.Snapshot]:
        """Takes a snapshot after the tick in progress, which is kept as long as the run."""
        return cast(types.Snapshot, (yield Ask("POST", self._path("snapshots"))))

    @operation
    def manifest(self) -> Flow[types.Manifest]:
        """What it noted of itself while it ran: who executed what, and a digest of every tick."""
        return cast(types.Manifest, (yield Ask("GET", self._path("manifest"))))

    @operation
    def verify(
        self, *, wait: bool = True, timeout: float | None = None, bar: Bar = False
    ) -> Flow[types.VerificationReport]:
        """Has it executed again and compared with its manifest; `state` of the report says what came of it.

        Waits until that is done, unless told not to. `different` is an answer and no exception.
        """
        report = cast(types.VerificationReport, (yield Ask("POST", self._path("verify"))))
        if not wait:
            return report
        waiting = Wait(f"the verification of run {self.id}", timeout)
        with showing(bar, f"verifying {self.data.get('name', self.id)}") as show:
            while True:
                report = cast(types.VerificationReport, (yield Ask("GET", self._path("verify"))))
                show(report["tick"], report["total_ticks"])
                if report["state"] != "running":
                    return report
                yield waiting.pause()

    @operation
    def verification(self) -> Flow[types.VerificationReport]:
        """How its latest verification stands, or how it ended."""
        return cast(types.VerificationReport, (yield Ask("GET", self._path("verify"))))

    @operation
    def cancel_verification(self) -> Flow[types.VerificationReport]:
        """Gives its verification up."""
        return cast(types.VerificationReport, (yield Ask("DELETE", self._path("verify"))))

    @chained
    def wait(self, timeout: float | None = None, *, check: bool = True, bar: Bar = False) -> Flow[None]:
        """Waits until it has ended, over restarts of the server too.

        Raises `WaitTimeout` after `timeout` seconds, and, unless `check` is False, `RunFailed` or `RunCancelled` where it did
        not succeed. One that nobody starts, or resumes, does not end. `bar` shows a bar by tqdm or rich.
        """
        waiting = Wait(f"run {self.id}", timeout)
        with showing(bar, str(self.data.get("name", self.id))) as show:
            while True:
                yield from RunCalls.refresh.flow(self)
                progress = self.data["progress"]
                show(progress["current_tick"], progress["total_ticks"])
                if self.has_ended:
                    break
                yield waiting.pause()
        if check:
            self.check()

    def check(self) -> Self:
        """Raises `RunFailed` or `RunCancelled` where it ended so when the server was last asked."""
        if self.status == "failed":
            raise RunFailed(self.id, self._known("error") or {})
        if self.status == "cancelled":
            raise RunCancelled(self.id)
        return self

    @operation
    def results(self) -> Flow[types.Results]:
        """What came of it, whole or partial; of a paused run up to its tick. Raises `Conflict` while it runs."""
        return cast(types.Results, (yield Ask("GET", self._path("results"))))

    @operation
    def telemetry_index(self) -> Flow[dict[str, Any]]:
        """What was recorded of it: ticks, keyframes, metrics, variables, regions and segments with units, and files."""
        return cast(dict[str, Any], (yield Ask("GET", self._telemetry())))

    # Tables: the handles say which library each gives a frame of.

    def _trends(self, by: By, library: frames.Library) -> Flow[Any]:
        results = yield Ask("GET", self._path("results"))
        if by is None:
            rows = frames.trend_rows(results["trends"])
        elif by in ("region", "segment"):
            rows = frames.grouped_trend_rows(results[f"trends_by_{by}"], by)
        else:
            raise ValueError(f"by must be None, 'region' or 'segment', not {by!r}")
        return frames.frame(frames.columns_of(rows), library)

    def _slice(self, asked: Mapping[str, Any], library: frames.Library) -> Flow[Any]:
        answer = yield Ask("GET", self._telemetry("slice"), params=asked)
        return frames.frame(frames.columns_of(telemetry.rows_of_slice(answer)), library)

    def _agents(self, tick: int, library: frames.Library) -> Flow[Any]:
        agents: list[dict[str, Any]] = []
        while True:
            params = {"skip": len(agents), "limit": AGENTS_PER_PAGE}
            page = yield Ask("GET", self._telemetry(f"keyframe/{tick}"), params=params)
            agents += page["agents"]
            if not page["agents"] or len(agents) >= page["total"]:
                break
        return frames.frame(frames.columns_of(telemetry.rows_of_agents(agents, tick)), library)

    def _agent(self, agent: int, library: frames.Library) -> Flow[Any]:
        answer = yield Ask("GET", self._telemetry(f"agent/{agent}"))
        return frames.frame(frames.columns_of(telemetry.rows_of_agent(answer)), library)

    def _table(self, name: telemetry.Table, ticks: telemetry.Span, library: frames.Library) -> Flow[Any]:
        first, last = ticks or (None, None)
        asked = {"table": name, "format": frames.form(library), "from_tick": first, "to_tick": last}
        return frames.read((yield Ask("GET", self._path("export"), params=asked, is_json=False)), library)

    def _telemetry(self, part: str = "") -> str:
        return f"/api/v1/telemetry/{self.id}/{part}".rstrip("/")

    def _known(self, field: str) -> Any:
        # Listings and short answers do not have every field.
        if field not in self.data:
            self._look_again(field)
        if field not in self.data:
            raise NotFound(404, {"detail": f"the server says nothing of {field}"}, None)
        return self.data[field]

    def _look_again(self, field: str) -> None:
        """What a handle does that cannot wait here for an answer: it says what to wait for."""
        hint = "`await run.refresh()` first: a listing, or a short answer, does not have every field"
        raise CivitasError(f"{field} of run {self.id} is not known yet", hint=hint)

    def _told(self, answer: Mapping[str, Any]) -> None:
        self.data["status"] = answer["status"]

    def _path(self, operation: str = "") -> str:
        return f"/api/v1/runs/{self.id}/{operation}".rstrip("/")


def started(created: Mapping[str, Any]) -> Flow[Mapping[str, Any]]:
    """Starts the run that was created; gives what is known of it then."""
    answer = yield Ask("POST", f"/api/v1/runs/{created['id']}/start")
    return {**created, "status": answer["status"]}
