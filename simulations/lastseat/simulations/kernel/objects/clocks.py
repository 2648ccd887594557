"""A clock whose time nobody has to wait for: it stands still until all who sleep and are due have been woken."""

from collections.abc import Collection, Generator
from dataclasses import dataclass
from typing import Any, ClassVar

from lastseat.simulations.kernel.actions import Fault
from lastseat.simulations.kernel.objects.shared import Look, SharedObject, Touch
from lastseat.simulations.kernel.operations import Operation, Steps


@dataclass(frozen=True, slots=True)
class Now(Look):
    """Look at a clock."""

    kind: ClassVar[str] = "now"

    def perform(self, _shared: object, /) -> Any:
        """Return its time."""
        return self.on.value[0]


@dataclass(frozen=True, slots=True)
class StartSleep(Touch):
    """Begin to sleep for so many seconds; the result is the time to wake up at."""

    kind: ClassVar[str] = "start-sleep"
    seconds: float

    @property
    def failing(self) -> Collection[Fault]:
        """Return nothing: to sleep cannot fail."""
        return ()

    def perform(self, _shared: object, /) -> Any:
        """Set the alarm."""
        now, alarms = self.on.value
        self.on.value = now, tuple(sorted((*alarms, now + self.seconds)))
        return now + self.seconds


@dataclass(frozen=True, slots=True)
class WakeUp(Touch):
    """Wait until nobody is to wake up earlier, and let it be that time."""

    kind: ClassVar[str] = "wake-up"
    blocking: ClassVar[bool] = True
    at: float

    def ready(self, _shared: object, /) -> bool:
        """Return whether it is the first alarm."""
        return bool(self.on.value[1][0] == self.at)

    def perform(self, _shared: object, /) -> None:
        """Set the clock."""
        self.on.value = self.at, self.on.value[1][1:]


@dataclass(frozen=True, slots=True)
class Sleeping(Steps):
    """What sleeps: to begin, and to wake up."""

    on: "Clock"
    seconds: float

    def __iter__(self) -> Generator[Operation, Any, None]:
        at = yield StartSleep(self.on, self.seconds)
        yield WakeUp(self.on, at)


class Clock(SharedObject):
    """A clock, in seconds from `start`. Only sleeping takes time, and who sleeps wakes in the order of the alarms.

    All else takes no time by this clock, and may still be late: who can go on need not before others sleep and wake.
    So a sleep orders nothing but sleeps. Those who are to wake at the same time do so in every order. Whoever crashes
    asleep never wakes, nor does anybody with a later alarm.

    >>> from lastseat.testing import Clock, Shared, explore
    >>> def ring(seconds):
    ...     def process(shared):
    ...         yield from shared.clock.sleep(seconds)
    ...         return (yield shared.clock.now())
    ...     return process
    >>> sorted(explore([ring(1), ring(2)], shared=lambda: Shared(clock=Clock())).vectors)
    [(1, 2), (1, 3), (2, 2), (3, 2), (3, 3)]

    Its value is its time, and the alarms in order.
    """

    def __init__(self, start: float = 0) -> None:
        super().__init__((start, ()))

    def now(self) -> Now:
        """Return the operation that looks at the time."""
        return Now(self)

    time = monotonic = now

    def sleep(self, seconds: float) -> Sleeping:
        """Return what sleeps: `yield from clock.sleep(1)`. Raises ValueError where `seconds` is negative."""
        if seconds < 0:
            raise ValueError(f"sleep length must be non-negative, not {seconds}")
        return Sleeping(self, seconds)
