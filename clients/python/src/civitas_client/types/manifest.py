"""What a run noted of itself, and how it was checked. Made by tools/types_from_openapi.py from the API's own description."""

from typing import NotRequired, TypedDict

from .in_force import Config
from .runs import Fault, ForkedFrom


class ManifestDataset(TypedDict):
    """The data set of a run."""

    # The hash that `GET /datasets/{name}/{version}` states.
    content_hash: NotRequired[str | None]
    # The hash of what is in it that the run noted and that audits state, in hexadecimal digits.
    fingerprint: str
    # Its name.
    name: str
    # Its version, 0 of one that comes with civitas; null where a program that embeds civitas brought it along.
    version: NotRequired[int | None]


class ManifestModel(TypedDict):
    """The model of a run."""

    # Its name.
    name: str
    # Every parameter, defaults included.
    parameters: dict[str, float]
    # Its version.
    version: str


class StateDigest(TypedDict):
    """A digest of all agents' state."""

    # The digest, 32 hexadecimal digits, as snapshots and results state it.
    digest: str
    # Steps of the workflow that were done.
    steps: int
    # The tick after which it was taken.
    tick: int


class TickDigests(TypedDict):
    """A digest for every tick."""

    # One per tick, each 16 hexadecimal digits.
    digests: list[str]
    # The tick of the first; above 0 only where the run went on from a snapshot of a civitas that noted none.
    first_tick: int


class Manifest(TypedDict):
    """What a run noted of itself, for anyone to check it by. A copy of this and of its results says all that is
    needed to do it again elsewhere, but for an experiment, whose groups and workflow are in the request that
    created it, and for a fork, which needs that of its parent."""

    # Version of the civitas that executed its last tick.
    civitas_version: str
    # The configuration with every default filled in: seed, scenario, network, population, horizon.
    config: Config
    # The data set.
    dataset: ManifestDataset
    # Version of its engine.
    engine_version: str
    forked_from: NotRequired[ForkedFrom | None]
    # The model.
    model: ManifestModel
    # SHA-256 of the outcome: of the results document without `run_id`, `status`, `forked_from`, `node_id` and
    # `telemetry_ref`.
    results_sha256: str
    # The engine's version of results: where it differs, the same specification may have other results.
    results_version: int
    # The run.
    run_id: str
    # Hash of all that decides the results, workflow included, in hexadecimal digits.
    specification_hash: str
    # Digests of all agents' state: one per snapshot that was taken, and one of the end of a run that succeeded.
    state_digests: list[StateDigest]
    # `succeeded`, `failed`, `cancelled` or `paused`.
    status: str
    # The machine that it was built for, as Rust names it.
    target: str
    # A digest of the sums of every tick.
    tick_digests: TickDigests
    # Ticks completed.
    ticks_completed: int


class AgreedReport(TypedDict):
    """What agreed."""

    # The results, byte for byte.
    results: bool
    # Digests of all agents' state.
    state_digests: int
    # Digests of ticks.
    tick_digests: int


class DifferenceReport(TypedDict):
    """The first thing that differs."""

    # What came out now.
    found: str
    # What to do next.
    hint: str
    # What the run noted.
    recorded: str
    # The tick.
    tick: int
    # `specification`, `tick_digest` (sums, means or events of the tick, or the environment of the next),
    # `state_digest` (some agent), `results`, or `course` (how far the run comes).
    what: str


class MakerReport(TypedDict):
    """Who executed a run."""

    # Version of civitas.
    civitas_version: str
    # Version of its engine.
    engine_version: str
    # The engine's version of results.
    results_version: int
    # The machine that it was built for, as Rust names it.
    target: str


class VerificationReport(TypedDict):
    """A run that is executed again and compared with what it noted."""

    # What agreed so far.
    agreed: AgreedReport
    difference: NotRequired[DifferenceReport | None]
    # When it ended.
    ended_at: NotRequired[str | None]
    error: NotRequired[Fault | None]
    # The same in a sentence, for people.
    message: str
    # Partitions of the run executed again; 0 before they are made.
    partitions: int
    # Who executed the run.
    recorded_by: MakerReport
    # The run.
    run_id: str
    # When it was asked for, RFC 3339 in UTC.
    started_at: str
    # `running`, `same`, `different`, `cancelled` or `failed`.
    state: str
    # Compute threads of the server.
    threads: int
    # Ticks that have been executed again.
    tick: int
    # Ticks that the run had completed.
    total_ticks: int
    # Who executes it again.
    verified_by: MakerReport
