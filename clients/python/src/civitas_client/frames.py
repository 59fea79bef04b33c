"""Tables as frames of pandas or polars, both extras of this package. Owns how trends become rows; it must not ask for any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

Library = Literal["pandas", "polars"]
# Trends of one group: by metric, the points.
Lines = Mapping[str, Sequence[Mapping[str, Any]]]


def frame(columns: Mapping[str, list[Any]], library: Library) -> Any:
    """A frame with these columns, all of one length. Raises `ImportError` where the library is not installed."""
    if library == "pandas":
        try:
            import pandas
        except ImportError as error:
            raise ImportError("this needs pandas: pip install 'civitas-client[pandas]'") from error
        return pandas.DataFrame(dict(columns))
    if library == "polars":
        try:
            import polars
        except ImportError as error:
            raise ImportError("this needs polars: pip install 'civitas-client[polars]'") from error
        return polars.DataFrame(dict(columns), strict=False)
    raise ValueError(f"library must be 'pandas' or 'polars', not {library!r}")


def columns_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Rows as columns, in the order in which names first come; None where a row has no such value."""
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [row.get(name) for row in rows] for name in names}


def trend_rows(lines: Lines, labels: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """One row per tick with a column per metric, after `labels` and the tick."""
    rows: dict[int, dict[str, Any]] = {}
    for metric in lines:
        for point in lines[metric]:
            tick = int(point["tick"])
            rows.setdefault(tick, {**(labels or {}), "tick": tick})[metric] = point["value"]
    return [rows[tick] for tick in sorted(rows)]


def grouped_trend_rows(groups: Mapping[str, Lines], name: str) -> list[dict[str, Any]]:
    """The same for every group, which stands in the column `name`."""
    return [row for group in sorted(groups) for row in trend_rows(groups[group], {name: group})]
