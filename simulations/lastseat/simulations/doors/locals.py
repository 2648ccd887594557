"""What is "current" in one process of one execution, and in no other."""

from collections.abc import Coroutine, Generator
from contextvars import Context, ContextVar, copy_context
from types import FrameType
from typing import Any

_OWN: ContextVar[dict["ExecutionLocal", dict[str, Any]]] = ContextVar("_OWN")


class ExecutionLocal:
    """Attributes that each process of each execution has for itself, as threads have those of `threading.local`.

    For what is current in code of your own: a session, a transaction, a user. Many executions are under way at once
    in one thread, so that a global, or a `threading.local`, would be that of all of them. It is for `blocking` and
    `awaiting` functions; elsewhere it raises RuntimeError. A generator has its local variables.

    >>> from lastseat.testing import ExecutionLocal, Register, Shared, blocking, explore
    >>> current = ExecutionLocal()
    >>> def work(shared, user):
    ...     current.user = user
    ...     shared.visits.fetch_and_add(1)
    ...     return current.user
    >>> made = lambda: Shared(visits=Register(0))
    >>> explore([blocking(work, "ann"), blocking(work, "bob")], shared=made).vectors
    frozenset({('ann', 'bob')})
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return _of(self)[name]
        except KeyError:
            raise AttributeError(f"{name} was not set in this process of this execution") from None

    def __setattr__(self, name: str, value: object) -> None:
        _of(self)[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del _of(self)[name]
        except KeyError:
            raise AttributeError(f"{name} was not set in this process of this execution") from None


def _of(local: ExecutionLocal) -> dict[str, Any]:
    own = _OWN.get(None)
    if own is None:
        raise RuntimeError("an ExecutionLocal is used outside of a blocking or awaiting function")
    return own.setdefault(local, {})


def own_context() -> Context:
    """Return the context of a process: what the caller's context variables say, and locals of its own."""
    context = copy_context()
    context.run(_OWN.set, {})
    return context


class Awaited(Coroutine[Any, Any, Any]):
    """A coroutine under way whose steps run in a context of their own, as those of a task of asyncio do."""

    __slots__ = ("_context", "_coroutine")

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine: Any = coroutine
        self._context = own_context()

    def send(self, value: Any, /) -> Any:
        """Go on to the next operation."""
        return self._context.run(self._coroutine.send, value)

    def throw(self, error: Any, /, *more: Any) -> Any:
        """Raise an error where it waits, and go on to the next operation."""
        return self._context.run(self._coroutine.throw, error, *more)

    def close(self) -> None:
        """Leave it where it waits."""
        self._context.run(self._coroutine.close)

    def __await__(self) -> Generator[Any, Any, Any]:
        return (yield from self._coroutine.__await__())

    @property
    def cr_frame(self) -> FrameType | None:
        """Return where it stands."""
        frame: FrameType | None = self._coroutine.cr_frame
        return frame

    @property
    def cr_await(self) -> Any:
        """Return what it awaits."""
        return self._coroutine.cr_await
