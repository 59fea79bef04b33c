"""Bars of progress by tqdm or rich, both extras of this package. Owns which one; it must not know where numbers come from."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

# What a caller can ask for; True means the first that is installed.
Bar = bool | Literal["tqdm", "rich"]
# Shows (done, total).
Show = Callable[[int, int], None]


@contextmanager
def showing(bar: Bar, label: str, unit: str = "tick") -> Iterator[Show]:
    """A bar on standard error while the block lasts, or nothing. Raises `ImportError` where none is installed."""
    kind = _installed() if bar is True else bar
    if not kind:
        yield lambda done, total: None
    elif kind == "tqdm":
        with _tqdm(label, unit) as show:
            yield show
    elif kind == "rich":
        with _rich(label, unit) as show:
            yield show
    else:
        raise ValueError(f"bar must be True, False, 'tqdm' or 'rich', not {bar!r}")


def _installed() -> Literal["tqdm", "rich"]:
    if importlib.util.find_spec("tqdm"):
        return "tqdm"
    if importlib.util.find_spec("rich"):
        return "rich"
    raise ImportError("a bar needs tqdm or rich: pip install 'civitas-client[tqdm]'")


@contextmanager
def _tqdm(label: str, unit: str) -> Iterator[Show]:
    from tqdm.auto import tqdm

    with tqdm(desc=label, unit=unit) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            # The bar begins where the run is, so that its speed is that of what it has seen.
            if bar.n == 0 and done:
                bar.initial = done
            bar.n = done
            bar.refresh()

        yield show


@contextmanager
def _rich(label: str, unit: str) -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{unit}s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(label, total=None)

        def show(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield show
