"""Runs, as they stand, and what is done to them. Made by tools/types_from_openapi.py from the API's own description."""

from typing import NotRequired, TypedDict

from .common import Budget
from .in_force import Config


class Fault(TypedDict):
    """Why a run failed."""

    # A documented code, for instance `RUN_TIMEOUT`.
    code: str
    # One sentence.
    message: str
    # The region that was being stepped.
    region: NotRequired[str | None]
    # The tick that was being computed.
    tick: NotRequired[int | None]


class ForkedFrom(TypedDict):
    """Where a fork comes from."""

    # The run that was forked.
    run_id: str
    # The tick that it goes on from.
    tick: int


class Outputs(TypedDict):
    """Where a run's outputs are."""

    # The node that it belongs to; null for runs that an earlier version stored.
    node_id: NotRequired[str | None]
    # Where the results are, whole or partial: a path of the API, or a URL; null where there are none.
    results_ref: NotRequired[str | None]
    # Complete snapshots, oldest first.
    snapshot_refs: list[str]
    # Where the telemetry is read: a path of the API, or the URL of a folder in an object store; null for a run
    # without telemetry, and before it starts.
    telemetry_ref: NotRequired[str | None]


class RunProgress(TypedDict):
    """How far a run is."""

    # Agent-steps so far.
    agents_processed: int
    # Ticks completed.
    current_tick: int
    # Share of the ticks that are completed, in per cent.
    percent_complete: float
    # Ticks asked for.
    total_ticks: int


class Timing(TypedDict):
    """When what happened, RFC 3339 in UTC."""

    # When it ended.
    completed_at: NotRequired[str | None]
    # Seconds from start to end; null before it has ended, and for a run that never started.
    duration_seconds: NotRequired[float | None]
    # When it was created.
    queued_at: str
    # When it first left the queue.
    started_at: NotRequired[str | None]


class Run(TypedDict):
    """A run, whole."""

    # The batch that it was created in.
    batch_id: NotRequired[str | None]
    # Its configuration with every default filled in.
    config: Config
    # Who created it: an API key's id, or `local`.
    created_by: str
    error: NotRequired[Fault | None]
    forked_from: NotRequired[ForkedFrom | None]
    # Its id.
    id: str
    # Its mode: `society`, `hybrid`, `target`, or `experiment` for those of POST /api/run-experiments.
    mode: str
    # Its name.
    name: str
    # Where its outputs are.
    outputs: Outputs
    # The parent of its node.
    parent_node_id: NotRequired[str | None]
    # How far it is.
    progress: RunProgress
    # Its project.
    project_id: str
    # `queued`, `running`, `paused`, `succeeded`, `failed` or `cancelled`.
    status: str
    # Its tenant.
    tenant_id: str
    # When what happened.
    timing: Timing


class RunItem(TypedDict):
    """A run in a listing."""

    # When it was created, RFC 3339 in UTC.
    created_at: str
    # Seconds from start to end; null before it has ended.
    duration_seconds: NotRequired[float | None]
    forked_from: NotRequired[ForkedFrom | None]
    # Its id.
    id: str
    # Its mode.
    mode: str
    # Its name.
    name: str
    # Its project.
    project_id: str
    # Its status.
    status: str


class RunList(TypedDict):
    """A page of runs."""

    # The runs of this page.
    items: list[RunItem]
    # Which page this is, from 1.
    page: int
    # How many pages there are.
    pages: int
    # Items per page.
    size: int
    # How many runs match in all.
    total: int


class RunCreated(TypedDict):
    """A run that was created."""

    # Its configuration with every default filled in.
    config: Config
    # When it was created, RFC 3339 in UTC.
    created_at: str
    # Where it was forked from; only for forks.
    forked_from: NotRequired[ForkedFrom]
    # Its id.
    id: str
    # Its mode.
    mode: str
    # Its name.
    name: str
    # Its project.
    project_id: str
    # `queued`.
    status: str


class RunStarted(TypedDict):
    """A run that was started."""

    # How long it should take, by the speed of earlier runs on this machine.
    estimated_duration_seconds: float
    # Its id.
    id: str
    # What happened, for people.
    message: str
    # `running`; `queued` or `paused` as before where it waits for memory.
    status: str
    waits_for: NotRequired[Budget | None]


class RunPaused(TypedDict):
    """A run that was paused."""

    # Its id.
    id: str
    # What happened, for people.
    message: str
    # True when results up to the last completed tick can be read.
    partial_results: bool
    # `paused`.
    status: str
    # Ticks completed.
    ticks_completed: int


class RunCancelled(TypedDict):
    """A run that was cancelled."""

    # Its id.
    id: str
    # What happened, for people.
    message: str
    # True when results up to the last completed tick can be read.
    partial_results: bool
    # `cancelled`.
    status: str
    # Ticks completed.
    ticks_completed: int


class Snapshot(TypedDict):
    """A complete snapshot."""

    # Bytes that it takes on the disk.
    bytes: int
    # When it was taken, RFC 3339 in UTC.
    created_at: str
    # Version of the engine that took it.
    engine_version: str
    # Name and version of the model; empty where it was not noted yet.
    model: str
    # Why it was taken: `interval`, `requested`, `paused`, `cancelled`, `shutdown` or `fork`.
    reason: str
    # Its name, as `outputs.snapshot_refs` of the run has it.
    ref: str
    # The run.
    run_id: str
    # Hash of all that decides the run's results, in hexadecimal digits.
    specification_hash: str
    # Digest of all agents' state, in hexadecimal digits.
    state_digest: str
    # The tick whose state it holds.
    tick: int


class SnapshotList(TypedDict):
    """A run's snapshots."""

    # Oldest first.
    items: list[Snapshot]


class BatchRun(TypedDict):
    """One run of a batch that was created."""

    # The run.
    id: str
    # Its name.
    name: str
    # The earlier run of the batch with which it shares its first ticks, and up to which tick: it goes on from that
    # run's state, where that run gets so far. Left out where it shares none, or too few to be worth it.
    shares_with: NotRequired[ForkedFrom]
    # Its status.
    status: str


class BatchCreated(TypedDict):
    """A batch that was created."""

    # The batch.
    batch_id: str
    # Its runs, in the order of the variations.
    runs: list[BatchRun]
    # How many they are.
    total: int
