"""Models and data sets. Made by tools/types_from_openapi.py from the API's own description."""

from typing import Any, NotRequired, TypedDict


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
