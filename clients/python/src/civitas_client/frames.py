"""Tables as frames of pandas or polars, both extras of this package. Owns how trends become rows; it must not ask for any."""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

Library = Literal["pandas", "polars"]
# Trends of one group: by metric, the points.
Lines = Mapping[str, Sequence[Mapping[str, Any]]]


def frame(columns: Mapping[str, list[Any]], library: Library) -> Any:
    """A frame with these columns, all of one length. Raises `ImportError` where the library is not installed."""
    module = _imported(library)
    if library == "pandas":
        return module.DataFrame(dict(columns))
    return module.DataFrame(dict(columns), strict=False)


def form(library: Library) -> str:
    """The form in which a library reads a table without the help of others."""
    return "csv" if _imported(library).__name__ == "pandas" else "arrow"


def read(table: bytes, library: Library) -> Any:
    """The frame of a table in the form that `form` says."""
    module = _imported(library)
    if library == "polars":
        return module.read_ipc_stream(io.BytesIO(table))
    # Before its version 3 pandas reads numbers to the last digit only where it is told to.
    exactly = {"float_precision": "round_trip"} if module.__version__.startswith(("1.", "2.")) else {}
    # A region may be called NA.
    return module.read_csv(io.BytesIO(table), keep_default_na=False, na_values=[""], **exactly)


def _imported(library: Library) -> Any:
    if library not in ("pandas", "polars"):
        raise ValueError(f"library must be 'pandas' or 'polars', not {library!r}")
    try:
        return importlib.import_module(library)
    except ImportError as error:
        raise ImportError(f"this needs {library}: pip install 'civitas-client[{library}]'") from error


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
