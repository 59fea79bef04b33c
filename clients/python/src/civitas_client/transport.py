"""The way of a request: sent, repeated where that is safe, and answered with JSON or an exception; blocking or awaited.
Owns the rules of repeating; it must not know what is asked for.

What is repeated, for at most `retry_for_s` seconds, with the pause that the server states or one that doubles:

- whatever was refused with 429: nothing has been stored;
- whatever could not be sent at all, because no connection came about;
- of requests that change nothing when they are repeated (GET, DELETE) also those that broke off, and those that were
  answered with 502, 503 or 504.

A POST that broke off is not repeated, for it may have been done: the exception says so. So it does of a DELETE whose repetition
finds nothing (404): it is not known whether the one before removed it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from . import errors
from .flow import Ask, Pause
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


class Rules:
    """What both transports hold to: where the server is, who asks, and what is repeated. It sends nothing."""

    def __init__(self, url: str, key: str | None, retry_for_s: float) -> None:
        """Raises `ValueError` for an address or a key that cannot be one."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url must be like http://127.0.0.1:8080, not {url!r}")
        if key is not None and not (key.isascii() and key.isprintable() and key.strip() == key != ""):
            raise ValueError("key must be what `civitas key create` printed, without blanks or line breaks around it")
        self.url = url.rstrip("/").removesuffix("/api/v1")
        self.retry_for_s = retry_for_s
        self.headers = {"Accept": "application/json", "User-Agent": f"civitas-client/{VERSION}"}
        if key is not None:
            self.headers["Authorization"] = f"Bearer {key}"

    def failure(self, error: Exception, *, unsure: bool = False) -> errors.ConnectionFailed:
        """The exception for a connection that did not come about, or broke; `unsure` whether the request was heeded."""
        said = str(error) or type(error).__name__
        hint = "it may have been done: look before you repeat" if unsure else "is the server up? `civitas serve`"
        failed = errors.ConnectionFailed(f"no answer from {self.url}: {said}", hint=hint)
        failed.__cause__ = error
        return failed


class Trial:
    """One request with its repetitions. It says after each what comes next; whoever sends keeps to it."""

    def __init__(self, rules: Rules, ask: Ask) -> None:
        """Begins now."""
        self._rules = rules
        self._repeatable = ask.method in _REPEATABLE
        # What came of a DELETE that may have been done, and is sent again.
        self._unsure: Exception | None = None
        self._give_up_at = time.monotonic() + rules.retry_for_s
        self._failures = 0
        self.request: dict[str, Any] = {
            "method": ask.method,
            "url": ask.path,
            "json": ask.json,
            "params": given(**(ask.params or {})),
            "data": ask.data,
            "files": ask.files,
        }

    def answered(self, response: httpx.Response) -> float | None:
        """None for a good answer, else the pause before it is sent again, in seconds. Raises `ApiError` where it is not."""
        if response.is_success:
            return None
        refusal = errors.of_answer(response)
        if response.status_code == 404 and self._unsure is not None:
            raise self._rules.failure(self._unsure, unsure=True)
        passing = self._repeatable and response.status_code in _PASSING
        if passing:
            self._note(refusal)
        return self._again(refusal, response.status_code == 429 or passing)

    def lost(self, error: httpx.TransportError) -> float:
        """The pause before it is sent again, in seconds. Raises `ConnectionFailed` where it is not."""
        was_sent = not isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
        again = not was_sent or self._repeatable
        if was_sent:
            self._note(error)
        return self._again(self._rules.failure(error, unsure=not again), again)

    def _note(self, failure: Exception) -> None:
        if self.request["method"] == "DELETE":
            self._unsure = failure

    def _again(self, failure: errors.CivitasError, again: bool) -> float:
        self._failures += 1
        stated: float | None = getattr(failure, "retry_after_s", None)
        pause_s = stated if stated is not None else pause_after(self._failures)
        if not again or time.monotonic() + pause_s > self._give_up_at:
            raise failure
        return pause_s


def read(response: httpx.Response, asked: Ask) -> Any:
    """The JSON of a good answer, or its bytes where it is none. Raises `CivitasError` where it should be JSON and is not."""
    if not asked.has_body:
        return None
    if not asked.is_json:
        return response.content
    try:
        return response.json()
    except ValueError as error:
        kind = response.headers.get("content-type", "no content type")
        hint = "is this the address of a civitas, or of something in front of it?"
        raise errors.CivitasError(f"{response.request.url} answered with {kind}, not JSON", hint=hint) from error


def _stream(http: httpx.Client | httpx.AsyncClient, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """The request for an answer whose body comes bit by bit."""
    timeout = httpx.Timeout(http.timeout.connect, read=STREAM_SILENCE_S)
    return {"method": "GET", "url": path, "headers": dict(headers), "timeout": timeout}


class Transport(Rules):
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
        super().__init__(url, key, retry_for_s)
        self.sleep = sleep
        self._http = httpx.Client(base_url=self.url, headers=self.headers, timeout=timeout_s)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def do(self, step: Ask | Pause) -> Any:
        """The JSON of the answer. Raises `ApiError`, `ConnectionFailed`, or `CivitasError` where it is no JSON."""
        if isinstance(step, Pause):
            return self.sleep(step.seconds)
        trial = Trial(self, step)
        while True:
            try:
                response = self._http.request(**trial.request)
                pause_s = trial.answered(response)
            except httpx.TransportError as error:
                pause_s = trial.lost(error)
            if pause_s is None:
                return read(response, step)
            self.sleep(pause_s)

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """An answer whose body comes bit by bit. It is sent once: who reads a stream has rules of their own."""
        with self._http.stream(**_stream(self._http, path, headers)) as response:
            if not response.is_success:
                response.read()
                raise errors.of_answer(response)
            yield response


class AsyncTransport(Rules):
    """The same for asyncio. Belongs to one event loop."""

    def __init__(
        self,
        url: str,
        key: str | None,
        *,
        timeout_s: float,
        retry_for_s: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Connects to nothing yet. `sleep` waits so many seconds."""
        super().__init__(url, key, retry_for_s)
        self.sleep = sleep
        self._http = httpx.AsyncClient(base_url=self.url, headers=self.headers, timeout=timeout_s)

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def do(self, step: Ask | Pause) -> Any:
        """As that of `Transport`."""
        if isinstance(step, Pause):
            return await self.sleep(step.seconds)
        trial = Trial(self, step)
        while True:
            try:
                response = await self._http.request(**trial.request)
                pause_s = trial.answered(response)
            except httpx.TransportError as error:
                pause_s = trial.lost(error)
            if pause_s is None:
                return read(response, step)
            await self.sleep(pause_s)

    @asynccontextmanager
    async def stream(self, path: str, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        """As that of `Transport`."""
        async with self._http.stream(**_stream(self._http, path, headers)) as response:
            if not response.is_success:
                await response.aread()
                raise errors.of_answer(response)
            yield response
