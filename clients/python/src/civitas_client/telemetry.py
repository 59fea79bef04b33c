"""What was recorded of a run in every tick, as rows: from the answers of the API to tables. It must not ask for anything.

Rows are as in the files of telemetry: those of all agents have neither region nor segment, the others have one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

# Which regions, segments, metrics or variables: their names, or all.
Names = Sequence[str] | Literal["all"] | None
# Which ticks: first and last, or a range, whose step is the resolution.
Ticks = tuple[int, int] | range | None
# The first and the last of some ticks.
Span = tuple[int, int] | None
# The tables of a run's telemetry.
Table = Literal["metrics", "environment", "events", "agents"]


def query(metrics: Names, regions: Names, segments: Names, variables: Names, ticks: Ticks) -> dict[str, Any]:
    """The parameters of a question for a slice. Raises `ValueError` for ticks that cannot be asked for."""
    asked: dict[str, Any] = {"regions": _list(regions), "segments": _list(segments), "variables": _list(variables)}
    # All metrics are given where none are named, and the word for none is `none`.
    asked["metrics"] = None if metrics == "all" else "none" if metrics == [] else _list(metrics)
    if isinstance(ticks, range):
        if ticks.step < 1 or not ticks:
            raise ValueError(f"ticks must go upwards and hold at least one tick, not {ticks}")
        asked |= {"from_tick": ticks[0], "to_tick": ticks[-1], "resolution": ticks.step}
    elif ticks is not None:
        asked |= {"from_tick": ticks[0], "to_tick": ticks[1]}
    return asked


def rows_of_slice(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row per tick of all agents, then of every region, then of every segment, with a column per metric and variable."""
    columns: dict[tuple[str | None, str | None], dict[str, Sequence[Any]]] = {}

    def add(region: str | None, segment: str | None, name: str, values: Sequence[Any]) -> None:
        columns.setdefault((region, segment), {})[name] = values

    for name, lines in answer["metrics"].items():
        add(None, None, name, lines["overall"])
        for region, values in lines["by_region"].items():
            add(region, None, name, values)
        for segment, values in lines["by_segment"].items():
            add(None, segment, name, values)
    for name, lines in answer["variables"].items():
        for region, values in lines["by_region"].items():
            add(region, None, name, values)
    return [
        {"tick": tick, "region": region, "segment": segment} | {name: values[place] for name, values in lines.items()}
        for (region, segment), lines in columns.items()
        for place, tick in enumerate(answer["ticks"])
    ]


def rows_of_agents(agents: Iterable[Mapping[str, Any]], tick: int) -> list[dict[str, Any]]:
    """One row per agent with a column per trait, as far as they were recorded."""
    rows = []
    for agent in agents:
        known = {"tick": tick, "agent": agent["agent"], "region": agent["region"], "segment": agent["segment"]}
        rows.append(known | dict(agent["state"]) | {"reasons": agent.get("reasons")})
    return rows


def rows_of_agent(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row per keyframe of an agent with a column per trait."""
    whose = {"agent": answer["agent"], "region": answer["region"], "segment": answer["segment"]}
    return [row for moment in answer["trajectory"] for row in rows_of_agents([whose | moment], moment["tick"])]


def _list(names: Names) -> str | None:
    return names if names is None or isinstance(names, str) else ",".join(names)
