"""Locks: semaphores, mutexes, and locks that their holder may take again. All have the methods of `threading`.

A call with a timeout never waits: it takes its step whenever that is scheduled, succeeds where it can, and has timed
out where it cannot. So both are explored wherever both can be, and a timeout wins only while there is nothing to get.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, ClassVar, NoReturn

from lastseat.simulations.kernel.actions import Fault
from lastseat.simulations.kernel.objects.shared import Look, SharedObject, Touch
from lastseat.simulations.kernel.operations import Location

NOBODY = -1  # in the place of a process


@dataclass(frozen=True, slots=True)
class Acquire(Touch):
    """Take one permit, waiting while there is none; the result is True."""

    kind: ClassVar[str] = "acquire"
    blocking: ClassVar[bool] = True

    def ready(self, _shared: object, /) -> bool:
        """Return whether a permit is left."""
        return bool(self.on.value > 0)

    def perform(self, _shared: object, /) -> bool:
        """Take it."""
        self.on.value -= 1
        return True


@dataclass(frozen=True, slots=True)
class TryAcquire(Touch):
    """Take one permit if there is one; the result is whether there was."""

    kind: ClassVar[str] = "try-acquire"
    conditional: ClassVar[bool] = True

    def perform(self, _shared: object, /) -> bool:
        """Take it, or not."""
        if self.on.value == 0:
            return False
        self.on.value -= 1
        return True

    def wrote(self, result: object, /) -> tuple[Location, ...]:
        """Return the lock where it was taken."""
        return (self.on.name,) if result else ()


@dataclass(frozen=True, slots=True)
class Release(Touch):
    """Give permits back, one if no other number is said. Raises RuntimeError for a mutex that nobody holds."""

    kind: ClassVar[str] = "release"
    most: int | None = None
    permits: int | None = None

    @property
    def failing(self) -> Collection[Fault]:
        """Return nothing: as in `threading`, to give back cannot fail. A holder that crashes never does it."""
        return ()

    def perform(self, _shared: object, /) -> None:
        """Give it back."""
        permits = self.on.value + (self.permits or 1)
        if self.most is not None and permits > self.most:
            raise self._too_many()
        self.on.value = permits

    def _too_many(self) -> Exception:
        if isinstance(self.on, BoundedSemaphore):
            return ValueError(f"{self.on.name} is released too many times: it has {self.most} permits")
        return RuntimeError(f"{self.on.name} is released and nobody holds it")


@dataclass(frozen=True, slots=True)
class IsLocked(Look):
    """Look whether a lock is held."""

    kind: ClassVar[str] = "locked"
    on: "Mutex | RLock"

    def perform(self, _shared: object, /) -> bool:
        """Return whether somebody holds it."""
        return not self.on.is_free


class Lockable(SharedObject):
    """What is taken and given back, and can be held in an `async with` of a process that awaits its steps."""

    def try_acquire(self) -> TryAcquire:
        """Return the operation that takes it if it is to be had, and says whether."""
        return TryAcquire(self)

    def acquire(self, *_: Any) -> Any:
        """Return the operation that takes it."""
        raise NotImplementedError

    def release(self) -> Any:
        """Return the operation that gives it back."""
        raise NotImplementedError

    async def __aenter__(self) -> bool:
        return bool(await self.acquire())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        await self.release()

    def __enter__(self) -> NoReturn:
        raise TypeError(
            f"{self.name} is held in a `with` by blocking functions only: in a generator, yield "
            f"{self.name}.acquire() and {self.name}.release(), and in an async def write `async with`"
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Only a pair of both is what `with` asks for."""


def is_patient(blocking: bool, timeout: float | None, none: float | None) -> bool:
    """Return whether a call waits until it succeeds: it is `blocking`, and `timeout` is the one that is `none`.

    Raises ValueError where the two contradict each other, as `threading` does.
    """
    if timeout == none:
        return blocking
    if not blocking:
        raise ValueError("can't specify a timeout for a non-blocking call")
    if timeout is not None and timeout < 0:
        raise ValueError(f"a timeout must not be negative: {timeout}")
    return False


class Semaphore(Lockable):
    """A counting semaphore. Its value is the number of permits that are left.

    >>> from lastseat.testing import Semaphore, Shared, explore
    >>> def visit(shared):
    ...     yield shared.seats.acquire()
    ...     yield shared.seats.release()
    >>> found = explore([visit, visit, visit], shared=lambda: Shared(seats=Semaphore(2)))
    >>> found.verdict, found.finals
    (<Verdict.HOLDS: 'holds'>, frozenset({(('seats', 2),)}))

    Raises ValueError where `permits` is below 0.
    """

    most: int | None = None

    def __init__(self, permits: int = 1) -> None:
        if permits < 0:
            raise ValueError(f"a semaphore has at least 0 permits, not {permits}")
        super().__init__(permits)

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> Acquire | TryAcquire:
        """Return the operation that takes a permit, and says whether; see `Mutex.acquire`."""
        return Acquire(self) if is_patient(blocking, timeout, None) else TryAcquire(self)

    def release(self, n: int = 1) -> Release:
        """Return the operation that gives `n` permits back. Raises ValueError where that is below 1."""
        if n < 1:
            raise ValueError(f"at least 1 permit is given back, not {n}")
        return Release(self, self.most, n if n > 1 else None)


class BoundedSemaphore(Semaphore):
    """A semaphore that is never given more than it had: to give back too much raises ValueError in the process.

    >>> from lastseat.testing import BoundedSemaphore, Shared, explore
    >>> def leave(shared):
    ...     try:
    ...         yield shared.seats.release()
    ...     except ValueError as error:
    ...         return str(error)
    >>> explore([leave], shared=lambda: Shared(seats=BoundedSemaphore(2))).vectors
    frozenset({('seats is released too many times: it has 2 permits',)})
    """

    def __init__(self, permits: int = 1) -> None:
        super().__init__(permits)
        self.most = permits


class Mutex(Lockable):
    """A lock that is not reentrant; `Lock` is another name for it. Who holds it is the processes' affair.

    >>> from lastseat.testing import Mutex, Shared, explore
    >>> def forget(shared):
    ...     yield shared.lock.acquire()
    >>> explore([forget, forget], shared=lambda: Shared(lock=Mutex())).violations[0].witness
    'process 1 waits for acquire'

    Its value is 1 while it is free, and 0 while it is held.
    """

    def __init__(self) -> None:
        super().__init__(1)

    @property
    def is_free(self) -> bool:
        """Return whether nobody holds it."""
        return bool(self.value)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> Acquire | TryAcquire:
        """Return the operation that takes the lock, and says whether.

        It waits until it can, unless it is not `blocking`, or has a `timeout`: then it takes its step at any time.
        """
        return Acquire(self) if is_patient(blocking, timeout, -1) else TryAcquire(self)

    def release(self) -> Release:
        """Return the operation that gives the lock back."""
        return Release(self, 1)

    def locked(self) -> IsLocked:
        """Return the operation that says whether somebody holds the lock."""
        return IsLocked(self)

    # --- what a condition does with its lock ----------------------------------------------------------------------

    def is_held_by(self, process: int) -> bool:
        """Return whether the process can be the holder: of a mutex, that is known of nobody."""
        del process
        return not self.value

    def let_go(self) -> int:
        """Give the lock back as a whole, and return how often it was held."""
        self.value = 1
        return 1

    def take_back(self, process: int, times: int) -> None:
        """Take the lock as it was held before."""
        del process, times
        self.value = 0


# --- locks that their holder may take again -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AcquireAgain(Acquire):
    """Take a reentrant lock, waiting while another process holds it; the result is True."""

    personal: ClassVar[bool] = True
    process: int = field(default=NOBODY, init=False, compare=False, repr=False)

    def ready(self, _shared: object, /) -> bool:
        """Return whether nobody holds it, or this process does."""
        return self.on.value[0] in (NOBODY, self.process)

    def perform(self, _shared: object, /) -> bool:
        """Take it, once more."""
        self.on.value = self.process, self.on.value[1] + 1
        return True


@dataclass(frozen=True, slots=True)
class TryAcquireAgain(TryAcquire):
    """Take a reentrant lock if no other process holds it; the result is whether that is so."""

    personal: ClassVar[bool] = True
    process: int = field(default=NOBODY, init=False, compare=False, repr=False)

    def perform(self, _shared: object, /) -> bool:
        """Take it, or not."""
        holder, times = self.on.value
        if holder not in (NOBODY, self.process):
            return False
        self.on.value = self.process, times + 1
        return True


@dataclass(frozen=True, slots=True)
class ReleaseAgain(Release):
    """Give a reentrant lock back, once. Raises RuntimeError where this process does not hold it."""

    personal: ClassVar[bool] = True
    process: int = field(default=NOBODY, init=False, compare=False, repr=False)

    def perform(self, _shared: object, /) -> None:
        """Give it back."""
        holder, times = self.on.value
        if holder != self.process:
            raise RuntimeError(f"cannot release un-acquired lock: {self.on.name} is not held by who releases it")
        self.on.value = (holder, times - 1) if times > 1 else FREE


FREE = (NOBODY, 0)  # the value of a reentrant lock that nobody holds


class RLock(Lockable):
    """A lock that its holder may take again, and has to give back as often.

    >>> from lastseat.testing import RLock, Shared, explore
    >>> def nested(shared):
    ...     for step in shared.lock.acquire, shared.lock.acquire, shared.lock.release, shared.lock.release:
    ...         yield step()
    >>> explore([nested, nested], shared=lambda: Shared(lock=RLock())).verdict
    <Verdict.HOLDS: 'holds'>

    Its value is the number of the process that holds it, -1 for nobody, and how often.
    """

    def __init__(self) -> None:
        super().__init__(FREE)

    @property
    def is_free(self) -> bool:
        """Return whether nobody holds it."""
        return bool(self.value == FREE)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> AcquireAgain | TryAcquireAgain:
        """Return the operation that takes the lock, and says whether; see `Mutex.acquire`."""
        return AcquireAgain(self) if is_patient(blocking, timeout, -1) else TryAcquireAgain(self)

    def try_acquire(self) -> TryAcquireAgain:
        """Return the operation that takes the lock if no other process holds it, and says whether."""
        return TryAcquireAgain(self)

    def release(self) -> ReleaseAgain:
        """Return the operation that gives the lock back, once."""
        return ReleaseAgain(self)

    def locked(self) -> IsLocked:
        """Return the operation that says whether somebody holds the lock."""
        return IsLocked(self)

    def is_held_by(self, process: int) -> bool:
        """Return whether this process holds it."""
        return bool(self.value[0] == process)

    def let_go(self) -> int:
        """Give the lock back as a whole, and return how often it was held."""
        times, self.value = self.value[1], FREE
        return int(times)

    def take_back(self, process: int, times: int) -> None:
        """Take the lock as it was held before."""
        self.value = process, times


Lock = Mutex
