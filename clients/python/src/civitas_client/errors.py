"""What can go wrong, one class per kind. Owns the way from an error answer to an exception; it must not send anything.

Everything is a `CivitasError`. A refusal by the server is an `ApiError` of the class that its status has; `code` is the
server's, as docs/errors.md lists them. What happened to a run is a `RunNotSucceeded`.
"""

from __future__ import annotations

import re
from typing import Any

import httpx

# A detail starts with the path of the field that is to blame, followed by what is wrong with it.
_FIELD = re.compile(r"(?:query parameter )?([A-Za-z_]\w*(?:\.\w+|\[\d+\])*) (?:must|is|are|has|cannot)\b")
# A sentence whose subject is one of these is about no field.
_NO_FIELD = frozenset({"it", "the", "this", "run", "body", "there"})
# Codes whose detail may start with a field.
_OF_FIELDS = frozenset({"VALIDATION_ERROR", "INVALID_EXPERIMENT", "UNSUPPORTED_STEP", "FORK_MISMATCH"})

_HINTS = {
    "UNAUTHORIZED": "pass Client(key=...) a key that `civitas key create --tenant NAME` printed",
    "FORBIDDEN_HOST": "a server without keys answers to loopback names only: use 127.0.0.1, or make a key",
    "READ_ONLY": "the server was started with server.read_only; ask another for anything that changes something",
    "QUOTA_EXCEEDED": "cancel what you need no more, wait, or give the client more patience: Client(retry_for_s=...)",
    "RESULTS_NOT_READY": "call run.wait() first",
    "MANIFEST_NOT_READY": "call run.wait() first",
    "ALREADY_RUNNING": "follow it with run.progress() or run.wait()",
    "NO_VERIFICATION": "ask for one with run.verify()",
    "NO_SNAPSHOT": "run.snapshots() lists the ticks that there are",
    "RUN_TOO_LARGE": "ask for fewer agents, ticks or ties",
    "DATASET_IN_USE": "a run names this version, so it stays",
    "VERSION_CONFLICT": "it was changed since it was read: read it again, put your change into that, and send it again",
    "EVENT_SCRIPT_IN_USE": "change or remove the bundles that are named first",
    "INSUFFICIENT_STORAGE": "nothing was stored: ask again when whoever runs the server has made room",
    "STORE_ERROR": "it may have been stored: look before you repeat",
    "OVERLOADED": "it may have been done: look before you repeat",
    "SHUTTING_DOWN": "it may have been done: look when the server is back, before you repeat",
}


class CivitasError(Exception):
    """Anything that this package raises on purpose: `message` says what, `hint` what to do about it."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        """Keeps both, and shows both."""
        super().__init__(message if hint is None else f"{message} (hint: {hint})")
        self.message = message
        self.hint = hint


class ApiError(CivitasError):
    """The server refused. With 4xx nothing has been stored; after 5xx it may have been."""

    def __init__(self, status: int, body: dict[str, Any], retry_after_s: float | None) -> None:
        """Takes the fields of an error answer, those that are not known yet included, which stay in `body`."""
        self.status = status
        self.body = body
        self.code = str(body.get("error_code", f"HTTP_{status}"))
        self.retry_after_s = retry_after_s
        self.budget: dict[str, Any] | None = body.get("budget")
        message = str(body.get("detail") or f"the server answered with status {status}")
        self.field: str | None = body.get("field") or _field_of(self.code, message)
        super().__init__(message, hint=body.get("hint") or _HINTS.get(self.code))

    def __str__(self) -> str:
        """The code comes first, for it is what one searches for."""
        return f"{self.code}: {super().__str__()}"


class InvalidRequest(ApiError):
    """400, 405, 406, 413 or 415: the request itself is wrong; `field` names the field where one is to blame."""


class Unauthorized(ApiError):
    """401: the key is missing, unknown or revoked."""


class Forbidden(ApiError):
    """403: this server does not do that, whoever asks."""


class NotFound(ApiError):
    """404: there is no such thing, or another tenant owns it."""


class Conflict(ApiError):
    """409: the state of the run does not allow it now."""


class Unprocessable(ApiError):
    """422: understood, but it cannot be done as it is asked for."""


class QuotaExceeded(ApiError):
    """429: a limit or budget is reached. The client has repeated the request for `retry_for_s` seconds."""


class ServerError(ApiError):
    """500 and the like: a fault of the server."""


class Unavailable(ServerError):
    """408 or 503: the server stops, or did not get to it in time."""


class ConnectionFailed(CivitasError):
    """The server could not be reached, or the connection broke."""


class WaitTimeout(CivitasError, TimeoutError):
    """The time that a wait was given is over. The run goes on."""


class RunNotSucceeded(CivitasError):
    """A run that was waited for ended, but not well; `status` says how. `check=False` returns the run instead."""

    def __init__(self, run_id: str, status: str, message: str, *, hint: str | None = None) -> None:
        """Says which run it was."""
        super().__init__(message, hint=hint)
        self.run_id = run_id
        self.status = status


class RunFailed(RunNotSucceeded):
    """A run failed: `code` as docs/errors.md lists them, with the tick and region where they are known."""

    def __init__(self, run_id: str, fault: dict[str, Any]) -> None:
        """Takes the field `error` of the run."""
        self.code = str(fault.get("code", "UNKNOWN"))
        self.tick: int | None = fault.get("tick")
        self.region: str | None = fault.get("region")
        message = f"run {run_id} failed: {self.code}: {fault.get('message', 'no reason is known')}"
        super().__init__(run_id, "failed", message, hint="partial results may be there: run.results()")


class RunCancelled(RunNotSucceeded):
    """A run was cancelled by somebody."""

    def __init__(self, run_id: str) -> None:
        """Says which."""
        super().__init__(run_id, "cancelled", f"run {run_id} was cancelled", hint="run.results() has what it came to")


_CLASSES: dict[int, type[ApiError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    408: Unavailable,
    409: Conflict,
    422: Unprocessable,
    429: QuotaExceeded,
    503: Unavailable,
}


def of_answer(response: httpx.Response) -> ApiError:
    """The exception for an error answer whose body has been read. One that is not civitas' own, as proxies send, has one too."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        body = {"detail": f"{response.request.method} {response.request.url} was answered with {response.status_code}"}
    retry_after_s = _seconds(body.get("retry_after"), response.headers.get("retry-after"))
    known = _CLASSES.get(response.status_code)
    other = ServerError if response.status_code >= 500 else InvalidRequest
    return (known or other)(response.status_code, body, retry_after_s)


def _seconds(*stated: Any) -> float | None:
    """The first of these that is a number; a proxy's Retry-After may be a date, which is passed over."""
    for value in stated:
        try:
            return max(0.0, float(value))
        except (TypeError, ValueError):
            continue
    return None


def _field_of(code: str, message: str) -> str | None:
    found = _FIELD.match(message) if code in _OF_FIELDS else None
    return found[1] if found and found[1].lower() not in _NO_FIELD else None
