"""Code that was not written for the scheduler: plain functions, and `async def` over a store, as processes.

    def increment(shared):
        with shared.lock:
            shared.counter.write(shared.counter.read() + 1)

    explore([blocking(increment), blocking(increment)], shared=...)

A plain function runs in a greenlet (the extra `blocking`), which is left at each shared step and entered again with
its result. No thread is involved, and one execution is as deterministic as the function itself.
"""

from collections.abc import Callable, Coroutine, Generator, Mapping
from dataclasses import dataclass
from types import FrameType, coroutine
from typing import Any, Concatenate, ParamSpec

from lastseat.simulations.common.text import printable
from lastseat.simulations.doors.containers import SharedProxy
from lastseat.simulations.doors.locals import Awaited, own_context
from lastseat.simulations.doors.proxies import Step, StoreProxy, is_store
from lastseat.simulations.kernel.objects import Shared
from lastseat.simulations.kernel.program import ProgramError, kind_of

try:
    import greenlet  # type: ignore[import-untyped]
except ImportError:
    greenlet = None

Given = ParamSpec("Given")

MOST_REFUSALS = 100  # how many steps a dropped function may try to take on its way out


def take(operation: Step) -> Any:
    """Take one shared step inside a `blocking` function, and return its result.

    Raises ProgramError where no such function is running.

    >>> from lastseat.testing import act, blocking, explore, take
    >>> def deposit(account, amount):
    ...     seen = take(act("look", lambda account: account["money"], reads=("money",), writes=()))
    ...     take(act("set", lambda account: account.update(money=seen + amount), reads=(), writes=("money",)))
    ...     return seen
    >>> sorted(explore([blocking(deposit, 5), blocking(deposit, 5)], shared=lambda: {"money": 0}).vectors)
    [(0, 0), (0, 5), (5, 0)]
    """
    dropped = getattr(greenlet.getcurrent(), "lastseat_dropped", None) if greenlet else None
    if dropped is None:
        raise ProgramError(f"take({kind_of(operation)}) is called outside of a blocking function")
    if 0 < dropped < MOST_REFUSALS:  # a function that still tries after that is left where it is, for ever
        greenlet.getcurrent().lastseat_dropped += 1
        raise greenlet.GreenletExit
    try:
        # No name is bound to the current greenlet: its own stack would keep it alive for ever.
        return greenlet.getcurrent().parent.switch(operation)
    except greenlet.GreenletExit:
        greenlet.getcurrent().lastseat_dropped = 1
        raise


@coroutine
def take_async(operation: Step) -> Generator[Step, Any, Any]:
    """Take one shared step inside an `async def` process, and return its result to the `await` before it.

    An `Operation` can be awaited itself; `Observe` and `Persist`, which know no scheduler, need this.

    >>> from lastseat.reference.attempt_booking import Observe
    >>> from lastseat.reference.stores.memory import MemoryStore
    >>> from lastseat.testing import explore, take_async
    >>> async def look(store):
    ...     return (await take_async(Observe("room"))).capacity
    >>> explore([look], shared=lambda: MemoryStore.open({"room": 3})).vectors
    frozenset({(3,)})
    """
    return (yield operation)


@dataclass(frozen=True, slots=True, eq=False)
class Blocking:
    """The process that `blocking` makes; it can be sent to another Python process if its function can be."""

    function: Callable[..., Any]
    arguments: tuple[object, ...]
    named: Mapping[str, object]

    def __call__(self, shared: object) -> "Blocked":
        """Start the function on a proxy of the shared state; nothing of it has run yet."""
        return Blocked(self, _proxy_of(shared))


@dataclass(frozen=True, slots=True, eq=False)
class Awaiting:
    """The process that `awaiting` makes."""

    function: Callable[..., Coroutine[Any, Any, Any]]
    arguments: tuple[object, ...]
    named: Mapping[str, object]

    def __call__(self, shared: object) -> Coroutine[Any, Any, Any]:
        """Start the function on a proxy of the shared state; nothing of it has run yet."""
        seen = StoreProxy(take_async) if is_store(shared) else shared
        started = self.function(seen, *self.arguments, **self.named)
        return Awaited(started) if isinstance(started, Coroutine) else started


def blocking(
    function: Callable[Concatenate[Any, Given], Any], *arguments: Given.args, **named: Given.kwargs
) -> Blocking:
    """Return the process that calls `function(shared, *arguments, **named)`, a plain function.

    In the place of a store it is given one whose `observe` and `persist` are shared steps; in that of a `Shared`, one
    whose objects take the operations that they would return, and whose locks can be used in a `with`; in that of
    anything else, the thing itself, on which it takes steps with `take`. A function that still waits when its
    execution is dropped is left by an exception that no `except Exception` sees (GreenletExit).
    Raises ProgramError where `function` is none, or greenlet is not installed.

    >>> from lastseat.testing import Mutex, Register, Shared, blocking, explore
    >>> def add(shared, amount):
    ...     with shared.lock:
    ...         shared.counter.write(shared.counter.read() + amount)
    >>> made = lambda: Shared(counter=Register(0), lock=Mutex())
    >>> explore([blocking(add, 2), blocking(add, 3)], shared=made).finals
    frozenset({(('counter', 5), ('lock', 1))})
    """
    if greenlet is None:
        raise ProgramError("a blocking function needs greenlet, which the extra lastseat[blocking] installs")
    _check(function, "blocking")
    return Blocking(function, arguments, named)


def awaiting(
    function: Callable[Concatenate[Any, Given], Coroutine[Any, Any, Any]],
    *arguments: Given.args,
    **named: Given.kwargs,
) -> Awaiting:
    """Return the process that calls `function(shared, *arguments, **named)`, an `async def`.

    In the place of a store it is given one whose `observe` and `persist` are awaited, and are shared steps; in that
    of anything else, the thing itself. Raises ProgramError where `function` is none.

    >>> from lastseat.reference.stores.memory import MemoryStore
    >>> from lastseat.testing import awaiting, explore
    >>> async def free(store, resource_id):
    ...     seen = await store.observe(resource_id)
    ...     return seen.capacity - seen.confirmed
    >>> explore([awaiting(free, "room")], shared=lambda: MemoryStore.open({"room": 3})).vectors
    frozenset({(3,)})
    """
    _check(function, "awaiting")
    return Awaiting(function, arguments, named)


def _check(function: object, door: str) -> None:
    if not callable(function):
        raise ProgramError(f"{door} is given {kind_of(function)} and no function")


def _proxy_of(shared: object) -> object:
    if isinstance(shared, Shared):
        return SharedProxy(shared, take)
    return StoreProxy(take) if is_store(shared) else shared


class Blocked:
    """A blocking function under way. Its greenlet is held by nothing else, and ends with it if it is not closed."""

    __slots__ = ("_greenlet",)

    def __init__(self, process: Blocking, seen: object) -> None:
        self._greenlet = greenlet.greenlet(lambda _: _called(process, seen))
        self._greenlet.lastseat_dropped = 0
        self._greenlet.gr_context = own_context()

    def send(self, result: object, /) -> Any:
        """Go on to the next operation, as the `send` of a generator does."""
        self._greenlet.parent = greenlet.getcurrent()
        given = self._greenlet.switch(result)
        if self._greenlet.dead:
            raise StopIteration(given)
        return given

    def throw(self, error: BaseException, /) -> Any:
        """Raise an error where the function waits, and go on to the next operation, as the `throw` of a generator."""
        self._greenlet.parent = greenlet.getcurrent()
        given = self._greenlet.throw(error)
        if self._greenlet.dead:
            raise StopIteration(given)
        return given

    @property
    def gr_frame(self) -> FrameType | None:
        """Return the innermost frame of the function while it waits, as a greenlet has it."""
        frame: FrameType | None = self._greenlet.gr_frame
        return frame

    def close(self) -> None:
        """Leave the function where it waits, if it does. What it raises on the way out is raised here."""
        if self._greenlet:  # it has begun and not ended
            self._greenlet.parent = greenlet.getcurrent()
            self._greenlet.throw()


def _called(process: Blocking, seen: object) -> object:
    try:
        value = process.function(seen, *process.arguments, **process.named)
    except StopIteration as error:  # it would be taken for the end of the function, as in a generator
        raise RuntimeError("the function raised StopIteration") from error
    if isinstance(value, Generator | Coroutine):
        value.close()
        name = printable(getattr(process.function, "__name__", "the function"), 60)
        raise ProgramError(f"{name} gave {kind_of(value)}, which has not run: give it to explore without blocking")
    return value
