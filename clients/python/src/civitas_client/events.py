"""The progress of a run as a stream that outlives connections and servers. Owns the rules of reconnecting; it must not
know what is done with events.

After a lost connection, or the server's `shutdown`, the stream is asked for again with the id of the last event, after the
pause that the server stated (`retry`), doubled with every failure in a row. Ticks that were seen are not told again.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from . import errors
from .sse import Decoder, Message
from .transport import AsyncTransport, Rules, Transport, pause_after

# Events after which nothing comes, as the status of the run that they tell of.
ENDS = {"completed": "succeeded", "failed": "failed", "cancelled": "cancelled"}
# The pause before a reconnect where the server has stated none, in seconds.
DEFAULT_RETRY_S = 1.0


@dataclass(frozen=True)
class Event:
    """One event: `progress`, or one of `completed`, `failed` and `cancelled`, which is the last. `data` is all it says."""

    name: str
    tick: int
    data: dict[str, Any]

    @property
    def status(self) -> str:
        """The run's status."""
        return str(self.data.get("status", ENDS.get(self.name, "running")))

    @property
    def is_last(self) -> bool:
        """True when the run has ended."""
        return self.name in ENDS

    @property
    def total_ticks(self) -> int | None:
        """Ticks asked for; the last event does not say."""
        return self.data.get("total_ticks")

    @property
    def percent(self) -> float | None:
        """Share of the ticks that are completed, in per cent; the last event does not say."""
        return self.data.get("percent")


class Following:
    """Where a stream stands over its connections, and what comes after each. It opens none itself."""

    def __init__(self, rules: Rules, patience_s: float) -> None:
        """Begins now; `patience_s` is how long nothing may be heard of the server."""
        self._rules = rules
        self._patience_s = patience_s
        self._decoder = Decoder(None)
        self._retry_s = DEFAULT_RETRY_S
        self._failures = 0
        self._heard_at = time.monotonic()

    def headers(self) -> dict[str, str]:
        """Those with which the next connection asks for what comes after the last event."""
        last_id = self._decoder.last_event_id
        self._decoder = Decoder(last_id)
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        return headers if last_id is None else headers | {"Last-Event-ID": last_id}

    def heard(self, chunk: bytes) -> Iterator[Event]:
        """The events that are whole with this chunk."""
        self._failures, self._heard_at = 0, time.monotonic()
        return (_event(message) for message in self._decoder.feed(chunk) if message.event != "shutdown")

    def broke_off(self, error: Exception | None) -> float:
        """The pause before the next connection, in seconds. Raises what is to be told where there is to be none."""
        failure: errors.CivitasError | None = None
        stated_s: float | None = None
        if isinstance(error, httpx.TransportError):
            failure = self._rules.failure(error)
        elif isinstance(error, (errors.QuotaExceeded, errors.ServerError)):
            failure, stated_s = error, error.retry_after_s
        elif error is not None:
            raise error
        self._retry_s = self._decoder.retry_s or self._retry_s
        self._failures += 1
        pause_s = stated_s if stated_s is not None else pause_after(self._failures, self._retry_s)
        if time.monotonic() + pause_s - self._heard_at > self._patience_s:
            raise failure or errors.ConnectionFailed(f"{self._rules.url} ended the stream again and again")
        return pause_s


def follow(transport: Transport, path: str, patience_s: float) -> Iterator[Event]:
    """The events of the run whose stream is at `path`, to its end.

    Raises `ConnectionFailed` when nothing was heard of the server for `patience_s` seconds while it was not connected, and
    `ApiError` when it refuses the stream for good.
    """
    following = Following(transport, patience_s)
    while True:
        lost: Exception | None = None
        try:
            with transport.stream(path, following.headers()) as response:
                for chunk in response.iter_bytes():
                    for event in following.heard(chunk):
                        yield event
                        if event.is_last:
                            return
        except (httpx.TransportError, errors.ApiError) as error:
            lost = error
        transport.sleep(following.broke_off(lost))


async def follow_async(transport: AsyncTransport, path: str, patience_s: float) -> AsyncGenerator[Event, None]:
    """As `follow`."""
    following = Following(transport, patience_s)
    while True:
        lost: Exception | None = None
        try:
            async with transport.stream(path, following.headers()) as response:
                async for chunk in response.aiter_bytes():
                    for event in following.heard(chunk):
                        yield event
                        if event.is_last:
                            return
        except (httpx.TransportError, errors.ApiError) as error:
            lost = error
        await transport.sleep(following.broke_off(lost))


def _event(message: Message) -> Event:
    data = json.loads(message.data)
    tick = data.get("tick", data.get("ticks_completed"))
    if tick is None:
        stated = message.last_event_id or ""
        tick = int(stated) if stated.isdigit() else 0
    return Event(message.event, tick, data)
