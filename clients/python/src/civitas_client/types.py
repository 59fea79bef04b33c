"""What is sent and answered, made by tools/types_from_openapi.py from the API's own description.

These are plain dictionaries: fields that a later civitas adds are in them as well. What is not required may be missing
or null.
"""

from typing import Any, NotRequired, TypedDict


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


class ForkedFrom(TypedDict):
    """Where a fork comes from."""

    # The run that was forked.
    run_id: str
    # The tick that it goes on from.
    tick: int


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


class Budget(TypedDict):
    """A budget, and what was asked of it."""

    # All that there is.
    budget: int
    # What was asked for comes to about this much.
    estimate: int
    # So much is taken.
    in_use: int
    # What it is of: `memory_mib`, or `agent_steps`.
    resource: str
    # Whose it is: what one `run`, the runs of a `tenant`, or all runs of the `machine` may take.
    scope: str


class Dataset(TypedDict):
    """A version of a data set. It never changes."""

    # How many agents it lists; 0 where it leaves them to the run.
    agents: int
    # How many pairs of regions touch.
    borders: int
    # Its length in bytes.
    bytes: int
    # Names of the columns of its agents.
    columns: list[str]
    # A hash that names the content, in hexadecimal digits.
    content_hash: str
    # When it was added; null of one that comes with civitas.
    created_at: NotRequired[str | None]
    # Who added it: an API key's id, or `local`; `civitas` of one that comes with it.
    created_by: str
    # It lists ties that are one way.
    directed: bool
    # Its name, for `config.population.dataset`.
    name: str
    # How many regions it has.
    regions: int
    # What it takes on the disk, in bytes.
    stored_bytes: int
    # How many ties it lists, each counted once; 0 where it leaves them to the run.
    ties: int
    # Its version, for `config.dataset_version`; 0 of one that comes with civitas.
    version: int
    # It lists ties that have weights.
    weighted: bool


class RegionPreview(TypedDict):
    """A region."""

    # How many agents the data set lists there; null where it leaves them to the run.
    agents: NotRequired[int | None]
    # Its code.
    code: str
    # Degrees; null where the data set has none.
    latitude: NotRequired[float | None]
    # Degrees; null where the data set has none.
    longitude: NotRequired[float | None]
    # Its name.
    name: str
    # Its population.
    population: int


class SegmentOfDataset(TypedDict):
    """A segment that a data set names."""

    # How many agents are of it.
    agents: int
    # Its name.
    name: str


class DatasetDetail(Dataset):
    """A version of a data set with its first regions."""

    # True when a run names it, or it comes with civitas, so that it cannot be removed.
    in_use: bool
    # The first regions, 20 unless `regions` says otherwise.
    preview: list[RegionPreview]
    # The segments that its agents are of; empty where its table of agents has no column `segment`, or there is none:
    # then the model draws them, and `GET /models/{name}` names them.
    segments: list[SegmentOfDataset]


class DatasetList(TypedDict):
    """Versions of data sets, by name and version."""

    # Names of the data sets that come with civitas.
    bundled: list[str]
    # The versions.
    items: list[Dataset]


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


class Health(TypedDict):
    """The server answers."""

    # `ok`.
    status: str


class NetworkInForce(TypedDict):
    """Who listens to whom."""

    # Factor on the gravity of regions that share a border.
    border_factor: float
    # Power of the distance in the gravity law.
    distance_exponent: float
    # What kind of network.
    kind: str
    # Share of ties that lead to another region.
    long_range_share: float
    # Mean number of agents that an agent listens to.
    mean_degree: float
    # Share of local ties that are rewired.
    rewiring: float


class EraInForce(TypedDict):
    """What was in force up to a tick."""

    # Ticks that were asked for.
    horizon_ticks: int
    # The seed.
    seed: int
    # The last tick that was stepped so.
    until_tick: int
    # Shifts of environment variables.
    variable_deltas: dict[str, float]


class PopulationInForce(TypedDict):
    """Who is simulated."""

    # Number of agents.
    agents: int
    # The data set.
    dataset: str


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


class SchedulerInForce(TypedDict):
    """How agents are scheduled."""

    # Who acts in a tick.
    activation: str
    # Agents stepped between two looks at control messages.
    batch_size: int
    # How agents are grouped.
    partition_by: str
    # Share of agents that act in a tick.
    sample_rate: float


class GoalInForce(TypedDict):
    """A condition of a goal."""

    # The metric in which the agent's part is compared.
    metric: NotRequired[str | None]
    # The trait that is compared.
    trait: NotRequired[str | None]


class PersonaInForce(TypedDict):
    """Who somebody is."""

    # Code of its region; null for the only one.
    region: NotRequired[str | None]
    # Name of its segment; null for the one that the seed draws.
    segment: NotRequired[str | None]
    # Traits that it is born with: numbers, true or false, or labels.
    traits: dict[str, ExperimentValue]


class SocietyInForce(TypedDict):
    """A society that was recorded."""

    # `recorded` or `mean`.
    environment: str
    # The run that it was recorded of.
    run_id: str


class EnsembleInForce(TypedDict):
    """An ensemble as it was asked for."""

    # How many there are.
    copies: int
    # The state that is to be reached: conditions that must all hold.
    goal: list[GoalInForce]
    # Who all copies are.
    persona: PersonaInForce
    society: NotRequired[SocietyInForce | None]


class TargetInForce(TypedDict):
    """A target as it was asked for."""

    # Which agent it is; null where the seed chooses. The results name it in any case.
    agent: NotRequired[int | None]
    # A state whose first tick is noted: conditions that must all hold; null where there is none.
    goal: NotRequired[list[GoalInForce] | None]
    # Its name.
    name: str
    # Code of its region; null for any.
    region: NotRequired[str | None]
    # Name of its segment; null for any.
    segment: NotRequired[str | None]
    # Traits that it is born with: numbers, true or false, or labels.
    traits: dict[str, ExperimentValue]


class TelemetryInForce(TypedDict):
    """What is recorded of a run."""

    # Metrics by region.
    by_region: NotRequired[bool]
    # Metrics by segment.
    by_segment: NotRequired[bool]
    # Whether anything is; where not, nothing else stands here.
    enabled: bool
    # Ticks between two keyframes, 0 for the first and the last alone.
    keyframe_every: NotRequired[int]
    # What the model says of each agent in words.
    reasons: NotRequired[bool]
    # How many agents are recorded at keyframes, or `all`.
    sample_agents: NotRequired[Any]


class Config(TypedDict):
    """A configuration with every default filled in. Sent back as the `config` of a new run it gives the same
    results, but for an experiment, whose groups and workflow are no part of it, and a fork, whose past is not for
    new runs."""

    # As the client stated it.
    dataset_version: str
    # As the client stated it.
    engine_version: str
    # Ticks asked for.
    horizon_ticks: int
    # The model.
    model: str
    # Who listens to whom.
    network: NetworkInForce
    # The parameters that were given; the others have the model's defaults.
    parameters: dict[str, float]
    # What was in force before the seed, the horizon and the scenario that stand here, oldest first; only in forks.
    past: NotRequired[list[EraInForce]]
    # Who is simulated.
    population: PopulationInForce
    # As the client stated it.
    ruleset_version: str
    scenario_patch: NotRequired[ScenarioPatchInForce | None]
    # How agents are scheduled.
    scheduler: SchedulerInForce
    # As the client stated it.
    schema_version: str
    # The seed.
    seed: int
    # Ticks between snapshots, 0 for none.
    snapshot_every_ticks: int
    # The copies of a persona that it is of; only in the mode `target`, and where one run is shown.
    target: NotRequired[EnsembleInForce]
    # The agents that it names; only in the mode `hybrid`, and where one run is shown.
    targets: NotRequired[list[TargetInForce]]
    # What is recorded of the run; only where one run is shown.
    telemetry: NotRequired[TelemetryInForce]


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


class EventDescription(TypedDict):
    """Something that happens to agents."""

    # What has happened, and what the value beside it says.
    description: str
    # Its name.
    name: str


class MetricDescription(TypedDict):
    """A metric."""

    # What it says.
    description: str
    # Its name.
    name: str
    # Its unit; `1` for a pure number.
    unit: str


class TraitDescription(TypedDict):
    """A trait of agents; the values are those of `update_state` and of conditions in experiments."""

    # What it is.
    description: str
    # Of a string: what it can be.
    enum: NotRequired[list[str] | None]
    # Of a number: the largest.
    maximum: NotRequired[float | None]
    # Whether it is part of the agent's memory.
    memory: bool
    # Of a number: the smallest.
    minimum: NotRequired[float | None]
    # Its name.
    name: str
    # Whether an experiment can set it.
    settable: bool
    # `number`, `boolean` or `string`.
    type: str
    # Of a number: its unit.
    unit: NotRequired[str | None]


class VariableDescription(TypedDict):
    """A variable of the environment."""

    # Its value where no scenario shifts it.
    default: float
    # What it stands for.
    description: str
    # Its largest value.
    maximum: int
    # Its smallest value.
    minimum: int
    # Its name.
    name: str


class ModelDescription(TypedDict):
    """A model that runs can name in `config.model`."""

    # Whether data sets (in a column `segment`) and personas can say of which segment an agent is.
    born_into_segments: bool
    # What agents report.
    events: list[EventDescription]
    # What is measured at every tick, as means over agents.
    metrics: list[MetricDescription]
    # Its name.
    name: str
    # A JSON schema (draft 2020-12) of `config.parameters`: types, ranges, defaults, and units as `x-unit`.
    parameters: dict[str, Any]
    # Names of the segments that it tells agents apart by, for scopes of effects, personas and telemetry. How many
    # agents are of each is drawn in every run, unless the data set says it: results and telemetry have the counts.
    segments: list[str]
    # What experiments can know of an agent, and set.
    traits: list[TraitDescription]
    # What `scenario_patch.variable_deltas` can shift.
    variables: list[VariableDescription]
    # Its version: another one gives other results.
    version: str


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
