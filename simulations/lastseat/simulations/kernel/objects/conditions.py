"""Conditions: processes that hold a lock wait until others, who hold it, notify them."""

from collections.abc import Callable, Collection, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lastseat.simulations.kernel.actions import Fault
from lastseat.simulations.kernel.objects.locks import NOBODY, Acquire, Lockable, Mutex, Release, RLock, TryAcquire
from lastseat.simulations.kernel.objects.shared import SharedObject, Touch
from lastseat.simulations.kernel.operations import Location, Operation, Steps


@dataclass(frozen=True, slots=True)
class Signal(Touch):
    """An operation on a condition. What it does is decided by its lock too; it cannot fail, as in `threading`."""

    on: "Condition"

    @property
    def reads(self) -> tuple[Location, ...]:
        """Return the condition and its lock."""
        return (self.on.name, self.on.mutex.name)

    @property
    def failing(self) -> Collection[Fault]:
        """Return nothing."""
        return ()

    @property
    def by(self) -> int:
        """Return which process takes the step, where that matters to the lock."""
        return NOBODY

    def check_held(self, what: str) -> None:
        """Raise RuntimeError where nobody holds the lock, or another process does, as `threading` does."""
        lock = self.on.mutex
        if not lock.is_held_by(self.by):
            whose = "nobody holds" if lock.is_free else "another process holds"
            raise RuntimeError(f"{self.on.name} is {what} and {whose} {lock.name}")


@dataclass(frozen=True, slots=True)
class Sleep(Signal):
    """Release the lock and begin to wait, in one step: no wakeup can come between.

    The result is a ticket, and how often the lock was held.
    """

    kind: ClassVar[str] = "sleep"

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return the condition and its lock."""
        return self.reads

    def perform(self, _shared: object, /) -> Any:
        """Draw the smallest ticket that nobody has, so that equal states have equal values."""
        self.check_held("waited for")
        sleeping, notified = self.on.value
        given = {*sleeping, *notified}
        ticket = next(ticket for ticket in range(len(given) + 1) if ticket not in given)
        self.on.value = (*sleeping, ticket), notified
        self.on.mutex.let_go()
        return ticket


@dataclass(frozen=True, slots=True)
class SleepAgain(Sleep):
    """The same, of a lock that its holder may have taken several times."""

    personal: ClassVar[bool] = True
    process: int = field(default=NOBODY, init=False, compare=False, repr=False)

    @property
    def by(self) -> int:
        """Return which process takes the step."""
        return self.process

    def perform(self, _shared: object, /) -> tuple[int, int]:
        """Give the lock back as a whole."""
        times = self.on.mutex.value[1]
        return Sleep.perform(self, _shared), times


@dataclass(frozen=True, slots=True)
class Expire(Signal):
    """A timeout passes, or the wakeup comes before; the result is whether it came. Who is late can still be notified.

    In `threading` too, a process that has timed out is among those who wait until it has its lock back.
    """

    kind: ClassVar[str] = "time-out"
    ticket: int

    @property
    def reads(self) -> tuple[Location, ...]:
        """Return the condition."""
        return (self.on.name,)

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return nothing."""
        return ()

    def perform(self, _shared: object, /) -> bool:
        """Look whether the ticket was notified."""
        return self.ticket in self.on.value[1]


@dataclass(frozen=True, slots=True)
class Wake(Signal):
    """Wait until the ticket was notified and the lock is free, and take the lock. One that `expired` waits for less.

    The lock is taken as often as it was held.
    """

    kind: ClassVar[str] = "wake"
    blocking: ClassVar[bool] = True
    ticket: int
    times: int | None = None
    expired: bool | None = None

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return the condition and its lock."""
        return self.reads

    def ready(self, _shared: object, /) -> bool:
        """Return whether it was notified, or has timed out, and can take the lock."""
        return self.on.mutex.is_free and (self.expired is not None or self.ticket in self.on.value[1])

    def perform(self, _shared: object, /) -> None:
        """Take the lock, and give the ticket back."""
        sleeping, notified = (
            tuple(ticket for ticket in tickets if ticket != self.ticket) for tickets in self.on.value
        )
        self.on.value = sleeping, notified
        self.on.mutex.take_back(self.by, self.times or 1)


@dataclass(frozen=True, slots=True)
class WakeAgain(Wake):
    """The same, of a lock that its holder may have taken several times."""

    personal: ClassVar[bool] = True
    process: int = field(default=NOBODY, init=False, compare=False, repr=False)

    @property
    def by(self) -> int:
        """Return which process takes the step."""
        return self.process


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


@dataclass(frozen=True, slots=True)
class NotifyAgain(Notify):
    """The same, of a lock that its holder may have taken several times."""

    personal: ClassVar[bool] = True
    process: int = field(default=NOBODY, init=False, compare=False, repr=False)

    @property
    def by(self) -> int:
        """Return which process takes the step."""
        return self.process


@dataclass(frozen=True, slots=True)
class Waiting(Steps):
    """What waits for a condition: two steps, or three with a timeout. It gives whether it was notified in time."""

    on: "Condition"
    timeout: float | None = None

    def __iter__(self) -> Generator[Operation, Any, bool]:
        is_personal = isinstance(self.on.mutex, RLock)
        given = yield SleepAgain(self.on) if is_personal else Sleep(self.on)
        ticket, times = given if is_personal else (given, None)
        in_time = None if self.timeout is None else (yield Expire(self.on, ticket))
        expired = None if in_time in (None, True) else True
        yield (WakeAgain if is_personal else Wake)(self.on, ticket, times, expired)
        return expired is None


@dataclass(frozen=True, slots=True)
class WaitingFor(Steps):
    """What waits for a condition until a predicate is true; it gives what that gave last."""

    on: "Condition"
    predicate: Callable[[], Any]
    timeout: float | None = None

    def __iter__(self) -> Generator[Operation, Any, Any]:
        found, in_time = (yield from _asked(self.predicate)), True
        while not found and in_time:
            in_time = yield from self.on.wait(self.timeout)
            found = yield from _asked(self.predicate)
        return found


def _asked(predicate: Callable[[], Any]) -> Generator[Operation, Any, Any]:
    """Return what a predicate gives, which may be a value, an operation, or several of these."""
    made = predicate()
    if isinstance(made, Operation):
        return (yield made)
    return (yield from made) if isinstance(made, Steps | Generator) else made


class Condition(Lockable):
    """A condition variable on a lock, a mutex of its own if none is given. It does what that of `threading` does.

    To wait takes two steps: the lock is released, and the process sleeps, in one; and when it was notified and the
    lock is free, it takes that again. Processes are notified in the order in which they began to wait. Nobody wakes
    without having been notified; but others may come between that and the second step, so test again in a loop.
    Whoever waits or notifies holds the lock; of a mutex, that it is held by somebody is all that is checked.

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

    def __init__(self, mutex: Mutex | RLock | None = None) -> None:
        super().__init__(((), ()))
        self.mutex = Mutex() if mutex is None else mutex

    def parts(self) -> Mapping[str, SharedObject]:
        """Return its lock."""
        return {"mutex": self.mutex}

    def acquire(self, blocking: bool = True, timeout: float = -1) -> Acquire | TryAcquire:
        """Return the operation that takes the lock, and says whether; see `Mutex.acquire`."""
        return self.mutex.acquire(blocking, timeout)

    def try_acquire(self) -> TryAcquire:
        """Return the operation that takes the lock if it is free, and says whether."""
        return self.mutex.try_acquire()

    def release(self) -> Release:
        """Return the operation that gives the lock back."""
        return self.mutex.release()

    def wait(self, timeout: float | None = None) -> Waiting:
        """Return what waits to be notified: `yield from condition.wait()`, or `await condition.wait()`."""
        return Waiting(self, timeout)

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> WaitingFor:
        """Return what waits until `predicate` is true, which makes an operation, or generates several."""
        return WaitingFor(self, predicate, timeout)

    def notify(self, n: int = 1) -> Notify:
        """Return the operation that notifies the `n` who wait longest, and says how many there were.

        Raises ValueError where `n` is below 1.
        """
        if n < 1:
            raise ValueError(f"notify wakes at least 1 process, not {n}")
        return NotifyAgain(self, n) if isinstance(self.mutex, RLock) else Notify(self, n)

    def notify_all(self) -> Notify:
        """Return the operation that notifies all who wait, and says how many there were."""
        return NotifyAgain(self, None) if isinstance(self.mutex, RLock) else Notify(self, None)
