"""Signals: events, and conditions as those of `threading`."""

from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from lastseat.simulations.kernel.actions import Fault
from lastseat.simulations.kernel.objects.locks import Acquire, Mutex, Release, TryAcquire
from lastseat.simulations.kernel.objects.shared import Look, SharedObject, Touch
from lastseat.simulations.kernel.operations import Location, Operation


@dataclass(frozen=True, slots=True)
class Turn(Touch):
    """Set or clear an event; the result is whether that changed it. If not, it was only read."""

    conditional: ClassVar[bool] = True
    to: ClassVar[bool]

    def perform(self, _shared: object, /) -> bool:
        """Set the flag."""
        was, self.on.value = self.on.value, self.to
        return bool(was is not self.to)

    def wrote(self, result: object, /) -> tuple[Location, ...]:
        """Return the event where it changed."""
        return (self.on.name,) if result else ()


@dataclass(frozen=True, slots=True)
class Set(Turn):
    """Set an event; see `Turn`."""

    kind: ClassVar[str] = "set"
    to: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Clear(Turn):
    """Clear an event; see `Turn`."""

    kind: ClassVar[str] = "clear"
    to: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class IsSet(Look):
    """Look whether an event is set."""

    kind: ClassVar[str] = "is-set"

    def perform(self, _shared: object, /) -> bool:
        """Return the flag."""
        return bool(self.on.value)


@dataclass(frozen=True, slots=True)
class WaitUntilSet(Look):
    """Wait until an event is set; the result is True."""

    kind: ClassVar[str] = "wait"
    blocking: ClassVar[bool] = True

    def ready(self, _shared: object, /) -> bool:
        """Return the flag."""
        return bool(self.on.value)

    def perform(self, _shared: object, /) -> bool:
        """Return True."""
        return True


class Event(SharedObject):
    """A flag that processes wait for. Its value is whether it is set.

    >>> from lastseat.testing import Event, Register, Shared, explore
    >>> def offer(shared):
    ...     yield shared.price.write(7)
    ...     yield shared.offered.set()
    >>> def buy(shared):
    ...     yield shared.offered.wait()
    ...     return (yield shared.price.read())
    >>> explore([offer, buy], shared=lambda: Shared(price=Register(0), offered=Event())).vectors
    frozenset({(None, 7)})
    """

    def __init__(self) -> None:
        super().__init__(value=False)

    def set(self) -> Set:
        """Return the operation that sets it, and says whether it was clear."""
        return Set(self)

    def clear(self) -> Clear:
        """Return the operation that clears it, and says whether it was set."""
        return Clear(self)

    def is_set(self) -> IsSet:
        """Return the operation that says whether it is set."""
        return IsSet(self)

    def wait(self) -> WaitUntilSet:
        """Return the operation that waits until it is set."""
        return WaitUntilSet(self)


@dataclass(frozen=True, slots=True)
class Signal(Touch):
    """An operation on a condition. What it does is decided by its mutex too; it cannot fail, as in `threading`."""

    on: "Condition"

    @property
    def reads(self) -> tuple[Location, ...]:
        """Return the condition and its mutex."""
        return (self.on.name, self.on.mutex.name)

    @property
    def failing(self) -> Collection[Fault]:
        """Return nothing."""
        return ()

    def check_held(self, what: str) -> None:
        """Raise RuntimeError where nobody holds the mutex, as `threading` does."""
        if self.on.mutex.value:
            raise RuntimeError(f"{self.on.name} is {what} and nobody holds {self.on.mutex.name}")


@dataclass(frozen=True, slots=True)
class Sleep(Signal):
    """Release the mutex and begin to wait, in one step: no wakeup can come between. The result is a ticket."""

    kind: ClassVar[str] = "sleep"

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return the condition and its mutex."""
        return self.reads

    def perform(self, _shared: object, /) -> int:
        """Draw the smallest ticket that nobody has, so that equal states have equal values."""
        self.check_held("waited for")
        sleeping, notified = self.on.value
        given = {*sleeping, *notified}
        ticket = next(ticket for ticket in range(len(given) + 1) if ticket not in given)
        self.on.value = (*sleeping, ticket), notified
        self.on.mutex.value += 1
        return ticket


@dataclass(frozen=True, slots=True)
class Wake(Signal):
    """Wait until the ticket was notified and the mutex is free, and take the mutex."""

    kind: ClassVar[str] = "wake"
    blocking: ClassVar[bool] = True
    ticket: int

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return the condition and its mutex."""
        return self.reads

    def ready(self, _shared: object, /) -> bool:
        """Return whether it was notified and can take the mutex."""
        return self.ticket in self.on.value[1] and self.on.mutex.value > 0

    def perform(self, _shared: object, /) -> None:
        """Take the mutex, and give the ticket back."""
        sleeping, notified = self.on.value
        self.on.value = sleeping, tuple(ticket for ticket in notified if ticket != self.ticket)
        self.on.mutex.value -= 1


@dataclass(frozen=True, slots=True)
class Notify(Signal):
    """Notify those who have waited longest, `most` of them (None: all); the result is how many there were."""

    kind: ClassVar[str] = "notify"
    conditional: ClassVar[bool] = True
    most: int | None = 1

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return the condition."""
        return (self.on.name,)

    def perform(self, _shared: object, /) -> int:
        """Let them be notified."""
        self.check_held("notified")
        sleeping, notified = self.on.value
        woken = sleeping[: self.most]
        self.on.value = sleeping[len(woken) :], tuple(sorted(notified + woken))
        return len(woken)

    def wrote(self, result: object, /) -> tuple[Location, ...]:
        """Return the condition where somebody slept."""
        return (self.on.name,) if result else ()


Steps: TypeAlias = Generator[Operation, Any, Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a condition: two steps, to be taken with `yield from` or with `await`."""

    on: "Condition"

    def __iter__(self) -> Steps:
        ticket = yield Sleep(self.on)
        yield Wake(self.on, ticket)
        return True

    __await__ = __iter__


class Condition(SharedObject):
    """A condition variable on a mutex, its own if none is given. It does what that of `threading` does.

    To wait takes two steps: the mutex is released, and the process sleeps, in one; and when it was notified and the
    mutex is free, it takes that again. Processes are notified in the order in which they began to wait. Nobody wakes
    without having been notified; but others may come between that and the second step, so test again in a loop.
    Whoever waits or notifies holds the mutex, which anybody may: that it is held by somebody is all that is checked.

    Its value is two tuples of tickets: of those who sleep, in order, and of those who were notified.

    >>> from lastseat.testing import Condition, Register, Shared, explore
    >>> def take(shared):
    ...     yield shared.filled.acquire()
    ...     while not (yield shared.items.read()):
    ...         yield from shared.filled.wait()
    ...     yield shared.items.fetch_and_add(-1)
    ...     yield shared.filled.release()
    >>> def put(shared):
    ...     yield shared.filled.acquire()
    ...     yield shared.items.fetch_and_add(1)
    ...     yield shared.filled.notify()
    ...     yield shared.filled.release()
    >>> explore([take, put, take, put], shared=lambda: Shared(items=Register(0), filled=Condition())).verdict
    <Verdict.HOLDS: 'holds'>
    """

    def __init__(self, mutex: Mutex | None = None) -> None:
        super().__init__(((), ()))
        self.mutex = Mutex() if mutex is None else mutex

    def parts(self) -> Mapping[str, SharedObject]:
        """Return its mutex."""
        return {"mutex": self.mutex}

    def acquire(self) -> Acquire:
        """Return the operation that takes the mutex and waits for it."""
        return self.mutex.acquire()

    def try_acquire(self) -> TryAcquire:
        """Return the operation that takes the mutex if it is free, and says whether."""
        return self.mutex.try_acquire()

    def release(self) -> Release:
        """Return the operation that gives the mutex back."""
        return self.mutex.release()

    def wait(self) -> Waiting:
        """Return what waits to be notified: `yield from condition.wait()`, or `await condition.wait()`."""
        return Waiting(self)

    def notify(self, most: int = 1) -> Notify:
        """Return the operation that notifies the `most` who wait longest, and says how many there were.

        Raises ValueError where `most` is below 1.
        """
        if most < 1:
            raise ValueError(f"notify wakes at least 1 process, not {most}")
        return Notify(self, most)

    def notify_all(self) -> Notify:
        """Return the operation that notifies all who wait, and says how many there were."""
        return Notify(self, None)
