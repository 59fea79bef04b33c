"""What came of a run. Made by tools/types_from_openapi.py from the API's own description."""

from typing import Any, NotRequired, TypedDict

from .runs import ForkedFrom


class EventPoint(TypedDict):
    """How often a kind of event was reported since the point before."""

    # The number of events after the point before, up to the end of this tick.
    count: int
    # The tick.
    tick: int


class EventCount(TypedDict):
    """How often a kind of event was reported."""

    # In the whole run.
    count: int
    # The tick of the first; null where there was none.
    first_tick: NotRequired[int | None]
    # At the ticks of the trends: how many there were since the point before. They add up to `count`.
    trend: list[EventPoint]


class ListedEvent(TypedDict):
    """One event."""

    # The agent that reported it.
    agent: int
    # The name of its kind.
    event: str
    # The tick.
    tick: int
    # What the model says beside it.
    value: float


class EventReport(TypedDict):
    """What agents reported in a run."""

    # How many events there were, by the name of their kind.
    by_kind: dict[str, EventCount]
    # The first thousand of all kinds together, by tick, then agent, then the order of its reports.
    first: list[ListedEvent]


class ExperimentMetricPoint(TypedDict):
    """A metric at a tick."""

    # How many agents it is about.
    agents: int
    # The tick.
    tick: int
    # Its value; null for a mean, maximum or minimum over nobody.
    value: NotRequired[float | None]


class ExperimentMetricReport(TypedDict):
    """A metric over time."""

    # The trait.
    key: str
    # `mean`, `sum`, `max` or `min`.
    method: str
    # Its name.
    name: str
    # The values.
    points: list[ExperimentMetricPoint]
    # Ticks from one value to the next.
    step_interval: int


class ExperimentInterview(TypedDict):
    """What an agent said."""

    # Its id.
    agent: int
    # Its class.
    agent_class: str
    # Its reasons, in words that the model makes from its state.
    reasons: str
    # Its region's code.
    region: str
    # Its segment.
    segment: str
    # Its traits by name.
    state: dict[str, Any]


class ExperimentAnswerCount(TypedDict):
    """How many agents gave an answer."""

    # How many.
    agents: int
    # The choice, or the rating as text.
    answer: str
    # Their share of those who answered; 0 where nobody was asked.
    share: float


class ExperimentQuestionReport(TypedDict):
    """The answers to a question."""

    # How many agents answered: all that were asked.
    answers: int
    # How many gave each answer, in the order of the choices; empty for numbers.
    counts: list[ExperimentAnswerCount]
    # The trait that answered.
    key: str
    # Largest rating or number.
    max: NotRequired[float | None]
    # Mean rating or number; null for choices and where nobody was asked.
    mean: NotRequired[float | None]
    # Smallest rating or number.
    min: NotRequired[float | None]
    # Its name.
    name: str
    # Standard deviation of ratings or numbers over those asked.
    std: NotRequired[float | None]
    # The question.
    title: str
    # `choice`, `rating` or `number`.
    type: str


class ExperimentStepReport(TypedDict):
    """What came of a step. `type` says which of the fields after it there are."""

    # `update_state`, `message`, `survey`, `next_round`: how many agents this concerns.
    agents: NotRequired[int]
    # `environment`: what it had been, before the model's feedback.
    before: NotRequired[float]
    # `update_state`, `message`, `next_round`: how many of them it changed.
    changed: NotRequired[int]
    # Days that were over.
    day: int
    # `message`: what it said.
    intervene_message: NotRequired[str]
    # `interview`: what agents were asked.
    interview_message: NotRequired[str]
    # `interview`: what they said, by id.
    interviews: NotRequired[list[ExperimentInterview]]
    # `environment`, `update_state`: what was set.
    key: NotRequired[str]
    # `metric`: which; its values stand in `metrics`.
    name: NotRequired[str]
    # `survey`: the answers.
    questions: NotRequired[list[ExperimentQuestionReport]]
    # `environment`: how many regions this concerns.
    regions: NotRequired[int]
    # `message`: what it stood for.
    stance: NotRequired[float]
    # Its place in the workflow, from 0.
    step: int
    # `message`: how strongly.
    strength: NotRequired[float]
    # The tick after which it was done.
    tick: int
    # `run`: how many steps passed.
    ticks: NotRequired[int]
    # `run`: seconds of each.
    ticks_per_step: NotRequired[int]
    # Time of day, `HH:MM:SS`.
    time: str
    # `survey`: what it was called.
    title: NotRequired[str]
    # `run` (for steps of type `step` as well), `environment`, `update_state`, `message`, `survey`, `interview`,
    # `next_round` or `metric`.
    type: str
    # `environment`, `update_state`: what it became; a number, true or false, or a text.
    value: NotRequired[Any]


class ExperimentReport(TypedDict):
    """What came of an experiment."""

    # The extracted metrics: those of `metric_extractors` first, then those of steps.
    metrics: list[ExperimentMetricReport]
    # The steps that were done, in order.
    steps: list[ExperimentStepReport]


class KeyEvent(TypedDict):
    """Something that stands out."""

    # How many agents the effects of a scenario are about; only there.
    affected_agents: NotRequired[int]
    # A sentence.
    description: str
    # By how much.
    impact: float
    # What the impact is: `window`, the change of the headline metric over the ticks that the description names, or
    # `attribution`, its difference at the end from the same run without the whole bundle; only of the type
    # `scenario_event`.
    impact_basis: NotRequired[str]
    # Name of the event script; only of the type `scenario_event`.
    name: NotRequired[str]
    # When.
    tick: int
    # What kind.
    type: str


class Arrivals(TypedDict):
    """Copies that were at the goal for the first time."""

    # How many.
    count: int
    # The tick.
    tick: int


class FirstPassage(TypedDict):
    """When copies were at the goal for the first time."""

    # How many arrived in which tick; ticks in which nobody did are left out.
    by_tick: list[Arrivals]
    # Of those that arrived, the mean of their ticks; null where nobody did.
    mean_tick: NotRequired[float | None]
    # The first tick by which 5, 25, 50, 75 and 95 % of all copies had arrived (`p05` to `p95`); null where fewer
    # have.
    quantiles: dict[str, int | None]


class PassageInterval(TypedDict):
    """A 95 % interval."""

    # Its upper end.
    high: float
    # Its lower end.
    low: float


class PassagePoint(TypedDict):
    """All copies at the end of a tick."""

    # Share of the copies that have been at the goal.
    reached: float
    # The tick.
    tick: int
    # By trait: of a number `mean`, `p05`, `p25`, `p50`, `p75` and `p95`; of a flag the share of those of whom it is
    # true; of a choice the share of each label.
    traits: dict[str, Any]


class PassageReport(TypedDict):
    """What became of the copies of a persona."""

    # How many copies there are.
    copies: int
    # When they were there for the first time.
    first_passage: FirstPassage
    # Where the probability may be, by the number of copies alone: Wilson's interval.
    interval_95: PassageInterval
    # Share of the copies that were at the goal.
    probability: float
    # How many were at the goal at the end of some tick.
    reached: int
    # Code of the region that they live in.
    region: str
    # The segment that they were born into; null where they are of several, as drawn.
    segment: NotRequired[str | None]
    # How many never were.
    survivors: int
    # How they fared, at the ticks of the trends.
    trajectory: list[PassagePoint]


class TargetPoint(TypedDict):
    """A target at the end of a tick."""

    # What it was: its traits by name, or in a model without any its part in every metric.
    state: dict[str, Any]
    # The tick.
    tick: int


class TargetReport(TypedDict):
    """What became of a target."""

    # Which agent it is.
    agent: int
    # What it was at the last completed tick.
    end: dict[str, Any]
    # How many events of each kind it reported; left out for models that have none.
    events: NotRequired[dict[str, int]]
    # Its name.
    name: str
    # The first tick at whose end it was at its goal; null where it was not, and left out where it has none.
    reached_tick: NotRequired[int | None]
    # Code of the region that it lives in.
    region: str
    # The segment that it was born into.
    segment: str
    # What it was at tick 0: its traits by name, or in a model without any its part in every metric.
    start: dict[str, Any]
    # What it was at the ticks of the trends.
    trajectory: list[TargetPoint]


class TrendPoint(TypedDict):
    """One point of a trend."""

    # The tick.
    tick: int
    # The mean over agents at its end.
    value: float


class Results(TypedDict):
    """A run's results, whole or partial. The model decides which lines `outcome_summary`, `distribution` and
    `trends` have."""

    # Steps that agents took.
    agent_steps: int
    # Number of agents.
    agents: int
    # What stands behind `confidence_level`: metric, standard error, margin and rule.
    confidence: dict[str, Any]
    # Shares of agents, adding up to 1.
    distribution: dict[str, float]
    # What agents reported; only in the results of models that have events.
    events: NotRequired[EventReport]
    # What came of the workflow's steps; only in the results of experiments.
    experiment: NotRequired[ExperimentReport]
    # Where it was forked from; only in the results of forks. All that follows is of the whole run, from tick 0 on.
    forked_from: NotRequired[ForkedFrom]
    # Ticks asked for.
    horizon_ticks: int
    # What stands out, by tick.
    key_events: list[KeyEvent]
    # The node that the run belongs to; null for runs that an earlier version stored.
    node_id: NotRequired[str | None]
    # The outcome in a few numbers, with `confidence_level`: `high`, `medium` or `low`.
    outcome_summary: dict[str, Any]
    # The run.
    run_id: str
    # Digest of all agents' state at the last tick; null in partial results.
    state_digest: NotRequired[str | None]
    # How it ended; anything but `succeeded` means partial results.
    status: str
    # What became of the copies of a persona; only in the results of runs of mode `target`.
    target: NotRequired[PassageReport]
    # What became of each target; only in the results of hybrid runs.
    targets: NotRequired[list[TargetReport]]
    # Where the run's telemetry is, a path of the API or a URL; null for a run without.
    telemetry_ref: NotRequired[str | None]
    # Ticks completed.
    ticks_completed: int
    # Means over all agents at about 25 ticks, by metric.
    trends: dict[str, list[TrendPoint]]
    # The same by region.
    trends_by_region: dict[str, dict[str, list[TrendPoint]]]
    # The same by segment.
    trends_by_segment: dict[str, dict[str, list[TrendPoint]]]
