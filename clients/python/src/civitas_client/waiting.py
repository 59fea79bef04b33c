"""How a wait asks again and again: seldom enough to cost nothing, often enough to be told soon. It must not ask itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from .errors import WaitTimeout

# The shortest and the longest pause between two looks, in seconds; between, a tenth of the time waited so far.
SHORTEST_PAUSE_S = 0.02
LONGEST_PAUSE_S = 2.0


def looks(what: str, timeout_s: float | None, sleep: Callable[[float], None]) -> Iterator[None]:
    """Comes back for every look. Raises `WaitTimeout` after `timeout_s` seconds, None for never, and one last look."""
    started_at = time.monotonic()
    while True:
        yield
        waited_s = time.monotonic() - started_at
        if timeout_s is not None and waited_s >= timeout_s:
            raise WaitTimeout(
                f"{what} has not ended within {timeout_s:g} s", hint="it goes on; wait again, or cancel it"
            )
        pause_s = min(LONGEST_PAUSE_S, max(SHORTEST_PAUSE_S, waited_s / 10))
        sleep(pause_s if timeout_s is None else min(pause_s, max(0.0, timeout_s - waited_s)))
