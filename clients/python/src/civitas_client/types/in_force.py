"""A run's configuration with every default filled in. Made by tools/types_from_openapi.py from the API's own description."""

from typing import Any, NotRequired, TypedDict

from .config import ExperimentValue
from .scenario import ScenarioPatchInForce


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
