"""What a method asks, apart from how it is waited for: each is written once, as a flow of requests and pauses, and is a method
of the blocking handles and of the awaited ones. Owns how a flow becomes a method; it sends nothing.

A flow is a generator. It gives an `Ask` and gets the answer, or a `Pause` and gets nothing, and returns what the method returns.
Exceptions of a request are raised within the flow, where it asked.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

P = ParamSpec("P")
T = TypeVar("T")
# A kind of handle, a blocking one, an awaited one.
H = TypeVar("H")
B = TypeVar("B", bound="Blocking")
A = TypeVar("A", bound="Awaited")
# Handles that a client makes: the blocking one, and the awaited one.
MadeB = TypeVar("MadeB")
MadeA = TypeVar("MadeA")


@dataclass(frozen=True)
class Ask:
    """A request. `has_body` is False where the answer holds nothing, `is_json` where it is something else than JSON."""

    method: str
    path: str
    json: Any = None
    params: Mapping[str, Any] | None = None
    data: Mapping[str, str] | None = None
    files: Mapping[str, tuple[str, bytes]] | None = None
    has_body: bool = True
    is_json: bool = True


@dataclass(frozen=True)
class Pause:
    """Some time in which nothing is asked."""

    seconds: float


Flow = Generator[Ask | Pause, Any, T]


class Blocking:
    """Whatever comes back when it is done."""

    def perform(self, flow: Flow[T]) -> T:
        """Does what the flow asks; gives what it returns."""
        answer: Any = None
        failure: Exception | None = None
        try:
            while True:
                try:
                    step = flow.send(answer) if failure is None else flow.throw(failure)
                except StopIteration as done:
                    value: T = done.value
                    return value
                try:
                    answer, failure = self._done(step), None
                except Exception as error:
                    failure = error
        finally:
            flow.close()

    def _done(self, step: Ask | Pause) -> Any:
        raise NotImplementedError


class Awaited:
    """Whatever is awaited."""

    async def perform(self, flow: Flow[T]) -> T:
        """Does what the flow asks; gives what it returns."""
        answer: Any = None
        failure: Exception | None = None
        try:
            while True:
                try:
                    step = flow.send(answer) if failure is None else flow.throw(failure)
                except StopIteration as done:
                    value: T = done.value
                    return value
                try:
                    answer, failure = await self._done(step), None
                except Exception as error:
                    failure = error
        finally:
            flow.close()

    async def _done(self, step: Ask | Pause) -> Any:
        raise NotImplementedError


class _Method:
    """A flow as a method: of an instance it is bound, of a class it is itself."""

    def __init__(self, flow: Callable[..., Flow[Any]]) -> None:
        self.flow = flow
        self.__doc__ = flow.__doc__

        @functools.wraps(flow)
        def method(handle: Any, *args: Any, **named: Any) -> Any:
            return handle.perform(self._whole(handle, flow(handle, *args, **named)))

        self._method = method

    def _whole(self, handle: Any, flow: Flow[Any]) -> Flow[Any]:
        return flow

    def _bound(self, handle: Any) -> Any:
        return self if handle is None else MethodType(self._method, handle)


class operation(_Method, Generic[H, P, T]):
    """A method that gives what its flow returns. `operation.flow` is the flow, for other flows."""

    flow: Callable[Concatenate[H, P], Flow[T]]

    def __init__(self, flow: Callable[Concatenate[H, P], Flow[T]]) -> None:
        """Takes the flow."""
        super().__init__(flow)

    @overload
    def __get__(self, handle: None, owner: Any = None) -> Self: ...
    @overload
    def __get__(self, handle: Blocking, owner: Any = None) -> Callable[P, T]: ...
    @overload
    def __get__(self, handle: Awaited, owner: Any = None) -> Callable[P, Awaitable[T]]: ...
    def __get__(self, handle: Any, owner: Any = None) -> Any:
        """The method of this handle."""
        return self._bound(handle)


class _OfHandle(_Method, Generic[H, P, T]):
    """A method that gives a handle of the kind that it is of."""

    flow: Callable[Concatenate[H, P], Flow[T]]

    def __init__(self, flow: Callable[Concatenate[H, P], Flow[T]]) -> None:
        super().__init__(flow)

    @overload
    def __get__(self, handle: None, owner: Any = None) -> Self: ...
    @overload
    def __get__(self, handle: B, owner: Any = None) -> Callable[P, B]: ...
    @overload
    def __get__(self, handle: A, owner: Any = None) -> Callable[P, Awaitable[A]]: ...
    def __get__(self, handle: Any, owner: Any = None) -> Any:
        return self._bound(handle)


class chained(_OfHandle[H, P, None]):
    """A method that gives its own handle when its flow is through."""

    def _whole(self, handle: Any, flow: Flow[Any]) -> Flow[Any]:
        yield from flow
        return handle


class another(_OfHandle[H, P, Mapping[str, Any]]):
    """A method that gives a handle like its own, of the data that its flow returns."""

    def _whole(self, handle: Any, flow: Flow[Any]) -> Flow[Any]:
        data = yield from flow
        return type(handle)(handle._client, data)


class _Made(_Method, Generic[H, P, MadeB, MadeA]):
    """A method of a client that gives a handle of the data that its flow returns."""

    def __init__(
        self,
        flow: Callable[Concatenate[H, P], Flow[Mapping[str, Any]]],
        kinds: tuple[Callable[[Any, Any], MadeB], Callable[[Any, Any], MadeA]],
    ) -> None:
        super().__init__(flow)
        self._kinds = kinds

    def _whole(self, handle: Any, flow: Flow[Any]) -> Flow[Any]:
        data = yield from flow
        make = self._kinds[0] if isinstance(handle, Blocking) else self._kinds[1]
        return make(handle, data)

    @overload
    def __get__(self, handle: None, owner: Any = None) -> Self: ...
    @overload
    def __get__(self, handle: Blocking, owner: Any = None) -> Callable[P, MadeB]: ...
    @overload
    def __get__(self, handle: Awaited, owner: Any = None) -> Callable[P, Awaitable[MadeA]]: ...
    def __get__(self, handle: Any, owner: Any = None) -> Any:
        return self._bound(handle)


def making(
    blocking: Callable[[Any, Any], MadeB], awaited: Callable[[Any, Any], MadeA]
) -> Callable[[Callable[Concatenate[H, P], Flow[Mapping[str, Any]]]], _Made[H, P, MadeB, MadeA]]:
    """Makes a flow a method of a client that gives a handle: of the first kind where the client blocks, else of the second."""
    return lambda flow: _Made(flow, (blocking, awaited))
