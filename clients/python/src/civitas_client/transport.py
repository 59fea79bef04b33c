"""The way of a request: sent, repeated where that is safe, and answered with JSON or an exception. Owns the rules of
repeating; it must not know what is asked for.

What is repeated, for at most `retry_for_s` seconds, with the pause that the server states or one that doubles:

- whatever was refused with 429: nothing has been stored;
- whatever could not be sent at all, because no connection came about;
- of requests that change nothing when they are repeated (GET, DELETE) also those that broke off, and those that were
  answered with 502, 503 or 504.

A POST that broke off is not repeated, for it may have been done: the exception says so.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from . import errors
from .version import VERSION

# The first pause after a failure without a word of the server about it, and the longest, in seconds.
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
# A stream that is silent for three of the server's heartbeats is taken to be lost, in seconds.
STREAM_SILENCE_S = 45.0
# Requests that can be repeated whatever became of them.
_REPEATABLE = frozenset({"GET", "DELETE"})
# Statuses after which those are repeated.
_PASSING = frozenset({502, 503, 504})


def given(**fields: Any) -> dict[str, Any]:
    """The fields that are not None: what is left out has the server's defaults."""
    return {name: value for name, value in fields.items() if value is not None}


def pause_after(failures: int, least_s: float = FIRST_PAUSE_S) -> float:
    """The pause after so many failures in a row, in seconds: it doubles, and differs from client to client."""
    return min(LONGEST_PAUSE_S, least_s * 2.0 ** max(0, failures - 1)) * random.uniform(1.0, 1.25)


class Transport:
    """Sends requests to one server, with one key. Safe to share between threads."""

    def __init__(
        self,
        url: str,
        key: str | None,
        *,
        timeout_s: float,
        retry_for_s: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Connects to nothing yet. `sleep` waits so many seconds."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url must be like http://127.0.0.1:8080, not {url!r}")
        if key is not None and not (key.isascii() and key.isprintable() and key.strip() == key != ""):
            raise ValueError("key must be what `civitas key create` printed, without blanks or line breaks around it")
        self.url = url.rstrip("/").removesuffix("/api/v1")
        self.retry_for_s = retry_for_s
        self.sleep = sleep
        headers = {"Accept": "application/json", "User-Agent": f"civitas-client/{VERSION}"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        self._http = httpx.Client(base_url=self.url, headers=headers, timeout=timeout_s)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def call(self, method: str, path: str, **request: Any) -> Any:
        """The JSON of the answer. Raises `ApiError`, `ConnectionFailed`, or `CivitasError` where it is no JSON."""
        response = self.send(method, path, **request)
        try:
            return response.json()
        except ValueError as error:
            kind = response.headers.get("content-type", "no content type")
            hint = "is this the address of a civitas, or of something in front of it?"
            raise errors.CivitasError(f"{response.request.url} answered with {kind}, not JSON", hint=hint) from error

    def send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
    ) -> httpx.Response:
        """The answer, which is a good one. Raises `ApiError` or `ConnectionFailed`."""
        known = given(**(params or {}))
        give_up_at = time.monotonic() + self.retry_for_s
        failures = 0
        while True:
            try:
                response = self._http.request(method, path, json=json, params=known, data=data, files=files)
                if response.is_success:
                    return response
                failure: errors.CivitasError = errors.of_answer(response)
                again = response.status_code == 429 or (method in _REPEATABLE and response.status_code in _PASSING)
            except httpx.TransportError as error:
                sent = not isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
                again = not sent or method in _REPEATABLE
                failure = self.failure(error, unsure=not again)
                failure.__cause__ = error
            failures += 1
            stated = getattr(failure, "retry_after_s", None)
            pause_s = stated if stated is not None else pause_after(failures)
            if not again or time.monotonic() + pause_s > give_up_at:
                raise failure
            self.sleep(pause_s)

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """An answer whose body comes bit by bit. It is sent once: who reads a stream has rules of their own."""
        timeout = httpx.Timeout(self._http.timeout.connect, read=STREAM_SILENCE_S)
        with self._http.stream("GET", path, headers=dict(headers), timeout=timeout) as response:
            if not response.is_success:
                response.read()
                raise errors.of_answer(response)
            yield response

    def failure(self, error: httpx.TransportError, *, unsure: bool = False) -> errors.ConnectionFailed:
        """The exception for a connection that did not come about, or broke; `unsure` whether the request was heeded."""
        said = str(error) or type(error).__name__
        hint = "it may have been done: look before you repeat" if unsure else "is the server up? `civitas serve`"
        return errors.ConnectionFailed(f"no answer from {self.url}: {said}", hint=hint)
