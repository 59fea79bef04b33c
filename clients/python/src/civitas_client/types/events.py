"""Event scripts and bundles of them. Made by tools/types_from_openapi.py from the API's own description."""

from typing import NotRequired, TypedDict

from .scenario import EffectInForce


class EventItem(TypedDict):
    """What there is of an event script, or a bundle, beside what it holds."""

    # When it was made, RFC 3339 in UTC.
    created_at: str
    # Who made it: an API key's id, or `local`.
    created_by: str
    # Its id.
    id: str
    # Its name.
    name: str
    # Its project.
    project_id: str
    # When this version was written, RFC 3339 in UTC.
    updated_at: str
    # Who wrote this version.
    updated_by: str
    # 1, and one more with every change.
    version: int


class EventStep(TypedDict):
    """A script in a bundle."""

    # Ticks after the bundle's beginning, or after the end of the script before.
    offset_ticks: int
    # The script.
    script_id: str


class EventBundle(EventItem):
    """A bundle of event scripts."""

    # `parallel` or `sequential`.
    order: str
    # The scripts.
    scripts: list[EventStep]


class EventBundleList(TypedDict):
    """A page of bundles."""

    # The bundles of this page, newest first.
    items: list[EventBundle]
    # Which page this is, from 1.
    page: int
    # How many pages there are.
    pages: int
    # Items per page.
    size: int
    # How many there are in all.
    total: int


ErrorCode = str


class EventProblem(TypedDict):
    """Something that is wrong with a script or a bundle."""

    # What is wrong, for people.
    detail: str
    # The place of the effect in its script, from 0; null where no single one is to blame.
    effect: NotRequired[int | None]
    # The code with which a run would be refused.
    error_code: ErrorCode
    # The place of the script in the bundle, from 0; null where no single one is to blame.
    step: NotRequired[int | None]


class EventCheck(TypedDict):
    """What would come of a script or a bundle in a run."""

    # The effects that a run would have, with its ticks; empty where they cannot be told.
    effects: list[EffectInForce]
    # All that is wrong.
    problems: list[EventProblem]
    # True where a run would take it.
    valid: bool


class EventScript(EventItem):
    """An event script, whole."""

    # What happens, in order; ticks count from the script's beginning.
    effects: list[EffectInForce]
    # The tick, from the script's beginning, from which on nothing of it is felt; null where it never ends.
    lasts_ticks: NotRequired[int | None]


class EventScriptItem(EventItem):
    """An event script in a listing."""

    # How many effects it has.
    effect_count: int


class EventScriptList(TypedDict):
    """A page of event scripts."""

    # The scripts of this page, newest first.
    items: list[EventScriptItem]
    # Which page this is, from 1.
    page: int
    # How many pages there are.
    pages: int
    # Items per page.
    size: int
    # How many there are in all.
    total: int


class EventStepRequest(TypedDict):
    """A script in a bundle."""

    # Ticks after the bundle's beginning, or after the end of the script before.
    offset_ticks: NotRequired[int | None]
    # The script, of the bundle's project.
    script_id: str
