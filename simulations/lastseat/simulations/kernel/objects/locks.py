"""Locks: semaphores, and mutexes, which are semaphores of one permit."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from lastseat.simulations.kernel.actions import Fault
from lastseat.simulations.kernel.objects.shared import SharedObject, Touch
from lastseat.simulations.kernel.operations import Location


@dataclass(frozen=True, slots=True)
class Acquire(Touch):
    """Take one permit, waiting while there is none."""

    kind: ClassVar[str] = "acquire"
    blocking: ClassVar[bool] = True

    def ready(self, _shared: object, /) -> bool:
        """Return whether a permit is left."""
        return bool(self.on.value > 0)

    def perform(self, _shared: object, /) -> None:
        """Take it."""
        self.on.value -= 1


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
        """Return the semaphore where a permit was taken."""
        return (self.on.name,) if result else ()


@dataclass(frozen=True, slots=True)
class Release(Touch):
    """Give one permit back. Raises RuntimeError for a mutex that nobody holds."""

    kind: ClassVar[str] = "release"
    most: int | None = None

    @property
    def failing(self) -> Collection[Fault]:
        """Return nothing: as in `threading`, to give back cannot fail. A holder that crashes never does it."""
        return ()

    def perform(self, _shared: object, /) -> None:
        """Give it back."""
        if self.on.value == self.most:
            raise RuntimeError(f"{self.on.name} is released and nobody holds it")
        self.on.value += 1


class Semaphore(SharedObject):
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

    def __init__(self, permits: int) -> None:
        if permits < 0:
            raise ValueError(f"a semaphore has at least 0 permits, not {permits}")
        super().__init__(permits)

    def acquire(self) -> Acquire:
        """Return the operation that takes a permit and waits for one."""
        return Acquire(self)

    def try_acquire(self) -> TryAcquire:
        """Return the operation that takes a permit if there is one, and says whether."""
        return TryAcquire(self)

    def release(self) -> Release:
        """Return the operation that gives a permit back."""
        return Release(self, self.most)


class Mutex(Semaphore):
    """A lock: a semaphore of one permit. Who holds it is the processes' affair, and it is not reentrant.

    >>> from lastseat.testing import Mutex, Shared, explore
    >>> def forget(shared):
    ...     yield shared.lock.acquire()
    >>> explore([forget, forget], shared=lambda: Shared(lock=Mutex())).violations[0].witness
    'process 1 waits for acquire'
    """

    most = 1

    def __init__(self) -> None:
        super().__init__(1)
