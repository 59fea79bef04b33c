"""How a run is asked for. Made by tools/types_from_openapi.py from the API's own description."""

from typing import Any, NotRequired, TypedDict

from .scenario import ScenarioPatchRequest


class Network(TypedDict):
    """Who listens to whom."""

    # Factor on the gravity of regions that share a border.
    border_factor: NotRequired[float | None]
    # Power of the distance in the gravity law.
    distance_exponent: NotRequired[float | None]
    # What kind of network: `gravity`, `complete`, `pairs`, `ring`, `small_world`, `erdos_renyi`, `scale_free`, or
    # `listed`: the ties that the data set lists.
    kind: NotRequired[str | None]
    # Share of ties that lead to another region.
    long_range_share: NotRequired[float | None]
    # Mean number of agents that an agent listens to.
    mean_degree: NotRequired[float | None]
    # Share of local ties that are rewired to a random agent of the region.
    rewiring: NotRequired[float | None]


class Population(TypedDict):
    """Who is simulated."""

    # Number of agents, shared out in proportion to the regions' populations. A data set that lists its agents has
    # exactly those: then leave this out.
    agents: NotRequired[int | None]
    # Name of the data set that gives regions and their populations: a bundled one, or one's own.
    dataset: NotRequired[str | None]


class Scheduler(TypedDict):
    """How agents are scheduled."""

    # Who acts in a tick: `all`, or `one` agent drawn at random.
    activation: NotRequired[str | None]
    # Agents stepped between two looks at control messages. Never changes results.
    batch_size: NotRequired[int | None]
    # How agents are grouped; `region` is the one way.
    partition_by: NotRequired[str | None]
    # Share of agents that act in a tick, above 0 and at most 1.
    sample_rate: NotRequired[float | None]


ExperimentValue = float | bool | str


class GoalConditionRequest(TypedDict):
    """A condition: one trait or metric, compared in one way."""

    above: NotRequired[ExperimentValue | None]
    at_least: NotRequired[ExperimentValue | None]
    at_most: NotRequired[ExperimentValue | None]
    below: NotRequired[ExperimentValue | None]
    equals: NotRequired[ExperimentValue | None]
    # Name of a metric: the agent's own part in it.
    metric: NotRequired[str | None]
    # Name of a trait; this or `metric`.
    trait: NotRequired[str | None]


GoalRequest = GoalConditionRequest | list[GoalConditionRequest]


class PersonaRequest(TypedDict):
    """Who somebody is."""

    # Code of the region that it lives in; required, unless the data set has only one.
    region: NotRequired[str | None]
    # Name of the segment that it is of; drawn for each copy, where it is left out.
    segment: NotRequired[str | None]
    # Traits that it is born with, by name: numbers, true or false, or labels. The others are drawn for each copy.
    traits: NotRequired[dict[str, ExperimentValue] | None]


class SocietyRequest(TypedDict):
    """A society that was recorded."""

    # `recorded`: tick by tick as it was; `mean`: in all ticks as it was on average.
    environment: NotRequired[str | None]
    # A run that has succeeded, with telemetry by region.
    run_id: str


class EnsembleRequest(TypedDict):
    """Copies of one persona, each going its own way in a given society."""

    # How many.
    copies: NotRequired[int | None]
    # The state that is to be reached: one condition, or a list of conditions that must all hold.
    goal: GoalRequest
    persona: PersonaRequest | None
    society: NotRequired[SocietyRequest | None]


class TargetRequest(TypedDict):
    """An agent that lives inside the society and has a name."""

    # Which agent it is; left out, one of its region and segment that the seed chooses.
    agent: NotRequired[int | None]
    goal: NotRequired[GoalRequest | None]
    # Its name; no two are alike.
    name: str
    # Code of the region that it lives in; any, where it is left out.
    region: NotRequired[str | None]
    # Name of the segment that it is of; any, where it is left out.
    segment: NotRequired[str | None]
    # Traits that it is born with, by name: numbers, true or false, or labels. The others are as the model makes them.
    traits: NotRequired[dict[str, ExperimentValue] | None]


class TelemetryRequest(TypedDict):
    """What is recorded of a run. What is left out is the server's default; it never changes results."""

    # Metrics by region in every tick.
    by_region: NotRequired[bool | None]
    # Metrics by segment in every tick.
    by_segment: NotRequired[bool | None]
    # Whether anything is.
    enabled: NotRequired[bool | None]
    # Ticks between two keyframes, at which agents are recorded; 0 for the first and the last tick alone.
    keyframe_every: NotRequired[int | None]
    # What the model says of each agent in words.
    reasons: NotRequired[bool | None]
    # How many agents are recorded at keyframes, the same in each: up to 1000000, or `all`.
    sample_agents: Any


class RunConfig(TypedDict):
    """How a run is configured. Every field may be left out."""

    # Of a data set of one's own a whole number picks that version, and anything else the newest, whose number is then
    # recorded; otherwise the version that the client expects, recorded.
    dataset_version: NotRequired[str | None]
    # Version of the engine that the client expects; recorded.
    engine_version: NotRequired[str | None]
    # How many ticks to simulate.
    horizon_ticks: NotRequired[int | None]
    # Name of the model.
    model: NotRequired[str | None]
    network: NotRequired[Network | None]
    # The model's parameters that differ from its defaults.
    parameters: NotRequired[dict[str, float] | None]
    population: NotRequired[Population | None]
    # Version of the rules that the client expects; recorded.
    ruleset_version: NotRequired[str | None]
    scenario_patch: NotRequired[ScenarioPatchRequest | None]
    scheduler: NotRequired[Scheduler | None]
    # Version of the schema that the client expects; recorded.
    schema_version: NotRequired[str | None]
    # Chooses every random number of the run; the same seed gives the same results, byte for byte.
    seed: NotRequired[int | None]
    # Ticks between snapshots, 0 for none; the server's default where it is left out. Never changes results.
    snapshot_every_ticks: NotRequired[int | None]
    target: NotRequired[EnsembleRequest | None]
    # Agents that live inside the society and have names, for the mode `hybrid`; 1 to 64.
    targets: NotRequired[list[TargetRequest] | None]
    telemetry: NotRequired[TelemetryRequest | None]


class BaseConfig(TypedDict):
    """What a batch's runs have in common: the fields of a run's configuration, its mode and its parent."""

    # Version of the data set that the client expects; recorded.
    dataset_version: NotRequired[str | None]
    # Version of the engine that the client expects; recorded.
    engine_version: NotRequired[str | None]
    # The tick of the snapshot, for forks; the newest where it is left out.
    from_tick: NotRequired[int | None]
    # How many ticks to simulate.
    horizon_ticks: NotRequired[int | None]
    # What kind of question they ask: `society`, `hybrid` with named agents in it, or `target` of copies of one
    # persona.
    mode: NotRequired[str | None]
    # Name of the model.
    model: NotRequired[str | None]
    network: NotRequired[Network | None]
    # The node that they are more runs of, with other seeds; all else is as there.
    node_id: NotRequired[str | None]
    # The model's parameters that differ from its defaults.
    parameters: NotRequired[dict[str, float] | None]
    # The node whose scenario theirs add to: they belong to children of it, and what they leave out is as there.
    parent_node_id: NotRequired[str | None]
    # The run that all of them are forked from: what came before their tick was stepped once, by that run.
    parent_run_id: NotRequired[str | None]
    population: NotRequired[Population | None]
    # Version of the rules that the client expects; recorded.
    ruleset_version: NotRequired[str | None]
    scenario_patch: NotRequired[ScenarioPatchRequest | None]
    scheduler: NotRequired[Scheduler | None]
    # Version of the schema that the client expects; recorded.
    schema_version: NotRequired[str | None]
    # Chooses every random number.
    seed: NotRequired[int | None]
    # Ticks between snapshots, 0 for none.
    snapshot_every_ticks: NotRequired[int | None]
    target: NotRequired[EnsembleRequest | None]
    # Agents that live inside the society and have names, for the mode `hybrid`; 1 to 64.
    targets: NotRequired[list[TargetRequest] | None]
    telemetry: NotRequired[TelemetryRequest | None]


class Variation(TypedDict):
    """How one run of a batch differs from the base; tables are merged name by name."""

    # Its ticks.
    horizon_ticks: NotRequired[int | None]
    # Its name.
    name: NotRequired[str | None]
    network: NotRequired[Network | None]
    # Its parameters.
    parameters: NotRequired[dict[str, float] | None]
    population: NotRequired[Population | None]
    scenario_patch: NotRequired[ScenarioPatchRequest | None]
    # Its seed.
    seed: NotRequired[int | None]


class ForkRun(TypedDict):
    """A fork to create. Everything may be left out, and is then its parent's."""

    config: NotRequired[RunConfig | None]
    # The tick of one of the parent's snapshots; the newest where it is left out.
    from_tick: NotRequired[int | None]
    # Its parent's mode.
    mode: NotRequired[str | None]
    # A name for people; its parent's with the tick where it is left out.
    name: NotRequired[str | None]
    # The node of the run that is forked, where the fork is to have a node of its own below it even with nothing
    # changed.
    parent_node_id: NotRequired[str | None]
    # The project it belongs to.
    project_id: NotRequired[str | None]
    scenario_patch: NotRequired[ScenarioPatchRequest | None]
