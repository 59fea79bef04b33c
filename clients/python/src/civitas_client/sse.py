"""Server-sent events: from bytes to messages, as the HTML standard says. Owns the format; it must not know a connection.

Lines are cut at LF, CR and CRLF alone: other separators of Unicode may stand within data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

# The longest message that is accepted, in bytes. Events of civitas have some hundred.
MAX_MESSAGE_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Message:
    """One message: its event's name, its data, and the last id that the stream has stated so far."""

    event: str
    data: str
    last_event_id: str | None


class Decoder:
    """Takes the chunks of one connection. `retry_s` is the pause before a reconnect that the server asks for, in seconds."""

    def __init__(self, last_event_id: str | None = None) -> None:
        """A decoder of a connection that resumes after `last_event_id`."""
        self.retry_s: float | None = None
        self.last_event_id = last_event_id
        self._rest = b""
        self._held = 0
        self._first = True
        self._event = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> Iterator[Message]:
        """The messages that are whole with this chunk. Raises `ValueError` for one that is too large."""
        for line in self._lines(chunk):
            if line:
                self._field(line)
                continue
            message = self._dispatch()
            if message is not None:
                yield message

    def _lines(self, chunk: bytes) -> Iterator[str]:
        self._rest += chunk
        if self._held + len(self._rest) > MAX_MESSAGE_BYTES:
            raise ValueError(f"a server-sent event has more than {MAX_MESSAGE_BYTES} bytes")
        # A CR at the end may be the first half of a CRLF: it waits for the next chunk.
        while (end := _line_end(self._rest)) is not None:
            line, self._rest = self._rest[: end[0]], self._rest[end[1] :]
            self._held += len(line)
            text = line.decode("utf-8", "replace")
            if self._first:
                text, self._first = text.removeprefix("\ufeff"), False
            yield text

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self.last_event_id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry_s = int(value) / 1000

    def _dispatch(self) -> Message | None:
        event, data = self._event or "message", self._data
        self._event, self._data, self._held = "", [], 0
        return Message(event, "\n".join(data), self.last_event_id) if data else None


def _line_end(text: bytes) -> tuple[int, int] | None:
    """Where the first line ends, and where the next begins."""
    ends = [place for place in (text.find(b"\n"), text.find(b"\r")) if place >= 0]
    if not ends:
        return None
    end = min(ends)
    if text[end : end + 1] == b"\n":
        return end, end + 1
    if end + 1 == len(text):
        return None
    return end, end + 2 if text[end + 1 : end + 2] == b"\n" else end + 1
