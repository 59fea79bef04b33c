"""How a wait asks again and again: seldom enough to cost nothing, often enough to be told soon. It must not ask itself."""

from __future__ import annotations

import time

from .errors import WaitTimeout
from .flow import Pause

# The shortest and the longest pause between two looks, in seconds; between, a tenth of the time waited so far.
SHORTEST_PAUSE_S = 0.02
LONGEST_PAUSE_S = 2.0


class Wait:
    """A wait for `what`, which begins now and ends after `timeout_s` seconds; None for never."""

    def __init__(self, what: str, timeout_s: float | None) -> None:
        """Begins."""
        self._what = what
        self._timeout_s = timeout_s
        self._started_at = time.monotonic()

    def pause(self) -> Pause:
        """The pause before the next look. Raises `WaitTimeout` when the time was over at the last."""
        waited_s = time.monotonic() - self._started_at
        pause_s = min(LONGEST_PAUSE_S, max(SHORTEST_PAUSE_S, waited_s / 10))
        if self._timeout_s is None:
            return Pause(pause_s)
        if waited_s >= self._timeout_s:
            said = f"{self._what} has not ended within {self._timeout_s:g} s"
            raise WaitTimeout(said, hint="it goes on; wait again, or cancel it")
        return Pause(min(pause_s, self._timeout_s - waited_s))
