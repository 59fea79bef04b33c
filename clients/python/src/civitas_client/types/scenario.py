"""What happens to a society: shifts and effects. Made by tools/types_from_openapi.py from the API's own description."""

from typing import NotRequired, TypedDict


class CauseRequest(TypedDict):
    """What an effect came from: a script of a bundle."""

    # Which of the script's effects, from 0.
    effect: int
    # The bundle.
    event_bundle_id: str
    # The script's name.
    script: str
    # The script.
    script_id: str
    # The script's version.
    script_version: int
    # Which of the bundle's scripts, from 0.
    step: int


class IntensityRequest(TypedDict):
    """How strong an effect is over time, between 0 and 1."""

    # After how many ticks half of an exponential decay is left.
    half_life_ticks: NotRequired[float | None]
    # How many ticks nothing is felt of what is lagged.
    lag_ticks: NotRequired[int | None]
    # Pairs of ticks since the effect began and of strengths; straight lines in between.
    points: NotRequired[list[list[float]] | None]
    # Over how many ticks more it then rises; 0 where it is left out.
    rise_ticks: NotRequired[int | None]
    # `step`, `instantaneous`, `pulse` {ticks}, `linear_decay` {ticks}, `exponential_decay` {half_life_ticks},
    # `lagged` {lag_ticks, rise_ticks} or `custom` {points}.
    shape: str | None
    # How many ticks a pulse or a linear decay lasts.
    ticks: NotRequired[int | None]


class PreconditionRequest(TypedDict):
    """What must hold for an effect to begin: a metric or a variable compared with a number."""

    # `==`, `!=`, `<`, `<=`, `>` or `>=`.
    comparison: str | None
    # Name of a metric; this or `variable`.
    metric: NotRequired[str | None]
    # Code of the region that is looked at; the whole society where it is left out.
    region: NotRequired[str | None]
    # The number.
    value: float
    # Name of a variable.
    variable: NotRequired[str | None]


class EffectRequest(TypedDict):
    """Something that happens to a variable of the environment."""

    cause: NotRequired[CauseRequest | None]
    # The first tick that may be stepped under it; 0, or of a fork the first of its own, where it is left out.
    from_tick: NotRequired[int | None]
    intensity: NotRequired[IntensityRequest | None]
    # `set`, `add`, `multiply`, `min` (at most the value) or `max` (at least the value).
    operation: str
    precondition: NotRequired[PreconditionRequest | None]
    # Codes of the regions where; all where it is left out.
    regions: NotRequired[list[str] | None]
    # Names of the segments for whom; all where it is left out.
    segments: NotRequired[list[str] | None]
    # The tick whose state is the last that was stepped under it.
    until_tick: NotRequired[int | None]
    # With which number: between -1 and 1 to add, 0 and 10 to multiply, 0 and 1 otherwise.
    value: float
    # Name of the variable.
    variable: str


class InlineScriptRequest(TypedDict):
    """A script in a bundle that is written out."""

    # What happens, in order; ticks count from the script's beginning.
    effects: list[EffectRequest]
    # A name for people, told with what happens in results.
    name: str
    # Ticks after the bundle's beginning, or after the end of the script before.
    offset_ticks: NotRequired[int | None]


class InlineBundleRequest(TypedDict):
    """Scripts on a time line, written out."""

    # `parallel`: each script begins at its offset from the bundle's beginning. `sequential`: at its offset from the
    # end of the one before.
    order: NotRequired[str | None]
    # The scripts.
    scripts: list[InlineScriptRequest]


class WindowDelta(TypedDict):
    """A shift for a window and a scope."""

    # By how much.
    delta: float
    # The first tick that is stepped under it; 0, or of a fork the first of its own, where it is left out.
    from_tick: NotRequired[int | None]
    # Codes of the regions where; all where it is left out.
    regions: NotRequired[list[str] | None]
    # Names of the segments for whom; all where it is left out.
    segments: NotRequired[list[str] | None]
    # The tick whose state is the last that was stepped under it; it has no end where it is left out.
    until_tick: NotRequired[int | None]


VariableDelta = float | WindowDelta | list[WindowDelta]


class ScenarioPatchRequest(TypedDict):
    """What a scenario changes."""

    # The impact of the bundle is the difference from the same run without it, which is stepped besides.
    attribution: NotRequired[bool | None]
    # What else happens to variables, in this order; with windows of shifts at most 256.
    effects: NotRequired[list[EffectRequest] | None]
    event_bundle: NotRequired[InlineBundleRequest | None]
    # A bundle of event scripts of the run's project. It begins at tick 0, or of a fork at the tick that it goes on
    # from; its effects come after all others. Where `effects` holds some whose `cause` is this bundle, it has been
    # compiled into them and is not read again.
    event_bundle_id: NotRequired[str | None]
    # The version of the bundle that is meant; another is refused. The present one where it is left out.
    event_bundle_version: NotRequired[int | None]
    # Shifts of environment variables by name. A number between -1 and 1 is in force everywhere from tick 0 on; an
    # object or a list of objects {delta, from_tick, until_tick, regions, segments} says when and where.
    variable_deltas: NotRequired[dict[str, VariableDelta] | None]


class CauseInForce(TypedDict):
    """What an effect came from: a script of a bundle."""

    # Which of the script's effects, from 0.
    effect: int
    # The bundle.
    event_bundle_id: str
    # The script's name then.
    script: str
    # The script.
    script_id: str
    # The script's version then.
    script_version: int
    # Which of the bundle's scripts, from 0.
    step: int


class IntensityInForce(TypedDict):
    """How strong an effect is over time."""

    # Of an exponential decay.
    half_life_ticks: NotRequired[float | None]
    # Of what is lagged.
    lag_ticks: NotRequired[int | None]
    # Of a custom curve: pairs of ticks and strengths.
    points: NotRequired[list[list[float]] | None]
    # Of what is lagged.
    rise_ticks: NotRequired[int | None]
    # Its shape.
    shape: str
    # Of a pulse or a linear decay.
    ticks: NotRequired[int | None]


class PreconditionInForce(TypedDict):
    """What must hold for an effect to begin."""

    # How it is compared.
    comparison: str
    # The metric that is looked at.
    metric: NotRequired[str | None]
    # The region; null for the whole society.
    region: NotRequired[str | None]
    # With which number.
    value: float
    # The variable that is looked at.
    variable: NotRequired[str | None]


class EffectInForce(TypedDict):
    """An effect of a scenario."""

    # The script that it came from; only of those of bundles.
    cause: NotRequired[CauseInForce]
    # The first tick that may be stepped under it.
    from_tick: int
    # How strong it is over time.
    intensity: IntensityInForce
    # What is done to it.
    operation: str
    precondition: NotRequired[PreconditionInForce | None]
    # The regions where; null for all.
    regions: NotRequired[list[str] | None]
    # The segments for whom; null for all.
    segments: NotRequired[list[str] | None]
    # The tick whose state is the last that was stepped under it; null where it has no end.
    until_tick: NotRequired[int | None]
    # With which number.
    value: float
    # The variable.
    variable: str


class ScenarioPatchInForce(TypedDict):
    """What a scenario changes."""

    # True where its impact is the difference from the same run without it; only beside a bundle.
    attribution: NotRequired[bool]
    # What else happens to variables, in this order.
    effects: NotRequired[list[EffectInForce]]
    # The bundle of event scripts that was applied last; null where none was. Its effects are among the others.
    event_bundle_id: NotRequired[str | None]
    # Its version then; only beside a bundle.
    event_bundle_version: NotRequired[int]
    # Shifts of environment variables.
    variable_deltas: dict[str, float]
