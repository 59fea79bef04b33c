"""The experiment runner's answers. Made by tools/types_from_openapi.py from the API's own description."""

from typing import NotRequired, TypedDict

from .runs import Fault


class ExperimentItem(TypedDict):
    """An experiment in a listing."""

    # When it was created, RFC 3339 in UTC.
    created_at: str
    # Its id.
    id: str
    # Its name.
    name: str
    # 0 completed, 1 failed, -15 stopped; null before it has ended.
    returncode: NotRequired[int | None]
    # `running`, `completed`, `failed` or `stopped`.
    status: str


class ExperimentStarted(TypedDict):
    """An experiment that was accepted."""

    # Its id.
    id: str
    # Its name.
    name: str
    # `running`, also while it waits for a place.
    status: str


class ExperimentProgress(TypedDict):
    """How far an experiment is."""

    # Steps completed.
    current_tick: int
    # Share of the steps that are completed, in per cent.
    percent_complete: float
    # Steps asked for.
    total_ticks: int


class ExperimentStatus(TypedDict):
    """Where an experiment stands."""

    # When it ended.
    completed_at: NotRequired[str | None]
    # When it was created, RFC 3339 in UTC.
    created_at: str
    error: NotRequired[Fault | None]
    # Its id.
    id: str
    # Its name.
    name: str
    # How far it is.
    progress: ExperimentProgress
    # Path of the results, whole or partial; null where there are none.
    results_ref: NotRequired[str | None]
    # 0 completed, 1 failed, -15 stopped; null before it has ended.
    returncode: NotRequired[int | None]
    # The status of its run in the Runs API, which tells `queued` from `running`.
    run_status: str
    # When it first left the queue.
    started_at: NotRequired[str | None]
    # `running`, `completed`, `failed` or `stopped`.
    status: str


class ExperimentStopped(TypedDict):
    """An experiment that was stopped."""

    # Its id.
    id: str
    # Its name.
    name: str
    # -15, as a process that was terminated returns.
    returncode: NotRequired[int | None]
    # `stopped`.
    status: str
    # Steps completed before it was stopped.
    ticks_completed: int
