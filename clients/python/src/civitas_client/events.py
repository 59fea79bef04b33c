"""The progress of a run as a stream that outlives connections and servers. Owns the rules of reconnecting; it must not
know what is done with events.

After a lost connection, or the server's `shutdown`, the stream is asked for again with the id of the last event, after the
pause that the server stated (`retry`), doubled with every failure in a row. Ticks that were seen are not told again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from . import errors
from .sse import Decoder, Message
from .transport import Transport, pause_after

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


def follow(transport: Transport, path: str, patience_s: float) -> Iterator[Event]:
    """The events of the run whose stream is at `path`, to its end.

    Raises `ConnectionFailed` when nothing was heard of the server for `patience_s` seconds while it was not connected, and
    `ApiError` when it refuses the stream for good.
    """
    last_id: str | None = None
    retry_s = DEFAULT_RETRY_S
    failures = 0
    heard_at = time.monotonic()
    while True:
        stated_s: float | None = None
        failure: errors.CivitasError | None = None
        decoder = Decoder(last_id)
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        if last_id is not None:
            headers["Last-Event-ID"] = last_id
        try:
            with transport.stream(path, headers) as response:
                for chunk in response.iter_bytes():
                    failures, heard_at = 0, time.monotonic()
                    for message in decoder.feed(chunk):
                        if message.event == "shutdown":
                            continue
                        event = _event(message)
                        yield event
                        if event.is_last:
                            return
        except httpx.TransportError as error:
            failure = transport.failure(error)
            failure.__cause__ = error
        except (errors.QuotaExceeded, errors.ServerError) as refused:
            failure, stated_s = refused, refused.retry_after_s
        last_id, retry_s = decoder.last_event_id, decoder.retry_s or retry_s
        failures += 1
        pause_s = stated_s if stated_s is not None else pause_after(failures, retry_s)
        if time.monotonic() + pause_s - heard_at > patience_s:
            raise failure or errors.ConnectionFailed(f"{transport.url} ended the stream again and again")
        transport.sleep(pause_s)


def _event(message: Message) -> Event:
    data = json.loads(message.data)
    tick = data.get("tick", data.get("ticks_completed"))
    if tick is None:
        stated = message.last_event_id or ""
        tick = int(stated) if stated.isdigit() else 0
    return Event(message.event, tick, data)
