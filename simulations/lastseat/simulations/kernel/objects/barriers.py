"""Barriers: processes wait until all of them have come."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from threading import BrokenBarrierError
from typing import Any, ClassVar

from lastseat.simulations.kernel.objects.shared import Look, SharedObject, Touch
from lastseat.simulations.kernel.operations import Location, Operation, Steps

FILLING, ACTING, DRAINING, RESETTING, BROKEN = "filling", "acting", "draining", "resetting", "broken"


@dataclass(frozen=True, slots=True)
class AtBarrier(Touch):
    """An operation on a barrier, which may change it even where it raises."""

    on: "Barrier"

    def wrote_raising(self, error: Exception, /) -> tuple[Location, ...]:
        """Return the barrier."""
        del error
        return (self.on.name,)

    def leave(self, state: str, count: int) -> None:
        """Let one process less be there. The last one lets others in again."""
        self.on.value = (FILLING if count == 1 and state in (DRAINING, RESETTING) else state), count - 1


@dataclass(frozen=True, slots=True)
class Arrive(AtBarrier):
    """Come to a barrier, waiting while those before have not left; the result is how many were there.

    The last of a barrier without an action lets all go at once.
    """

    kind: ClassVar[str] = "arrive"
    blocking: ClassVar[bool] = True

    def ready(self, _shared: object, /) -> bool:
        """Return whether those before have left."""
        return self.on.value[0] in (FILLING, BROKEN)

    def perform(self, _shared: object, /) -> int:
        """Come, or raise."""
        state, count = self.on.value
        if state == BROKEN:
            raise BrokenBarrierError(f"{self.on.name} is broken")
        if count + 1 < self.on.parties:
            self.on.value = FILLING, count + 1
        elif self.on.action is None:
            self.leave(DRAINING, count + 1)
        else:
            self.on.value = ACTING, count + 1
        return int(count)


@dataclass(frozen=True, slots=True)
class Open(AtBarrier):
    """Let all go, after the action; where that raised, the barrier is broken."""

    kind: ClassVar[str] = "open"
    to: str

    def perform(self, _shared: object, /) -> None:
        """Let all go, and leave."""
        self.leave(self.to, self.on.value[1])


@dataclass(frozen=True, slots=True)
class Leave(AtBarrier):
    """Wait until all have come, and leave. Raises BrokenBarrierError where the barrier is broken or reset."""

    kind: ClassVar[str] = "leave"
    blocking: ClassVar[bool] = True
    timeout: float | None = None

    def ready(self, _shared: object, /) -> bool:
        """Return whether all have come, or it is broken, or this one waits no longer."""
        state = self.on.value[0]
        return state != ACTING and (state != FILLING or self.timeout is not None)

    def perform(self, _shared: object, /) -> None:
        """Leave, or raise."""
        state, count = self.on.value
        self.leave(BROKEN if state == FILLING else state, count)
        if state != DRAINING:
            why = "timed out" if state == FILLING else f"is {state}"
            raise BrokenBarrierError(f"{self.on.name} {why}")


@dataclass(frozen=True, slots=True)
class Turn(AtBarrier):
    """Abort or reset a barrier: whoever waits there is told that it is broken."""

    blocking: ClassVar[bool] = True

    def ready(self, _shared: object, /) -> bool:
        """Return whether no action is under way."""
        return bool(self.on.value[0] != ACTING)


@dataclass(frozen=True, slots=True)
class Abort(Turn):
    """Break a barrier, until it is reset."""

    kind: ClassVar[str] = "abort"

    def perform(self, _shared: object, /) -> None:
        """Break it."""
        self.on.value = BROKEN, self.on.value[1]


@dataclass(frozen=True, slots=True)
class Reset(Turn):
    """Let a barrier be as it was at first, once those who wait there have left."""

    kind: ClassVar[str] = "reset"

    def perform(self, _shared: object, /) -> None:
        """Reset it."""
        state, count = self.on.value
        self.on.value = (FILLING if not count else RESETTING if state in (FILLING, BROKEN) else state), count


@dataclass(frozen=True, slots=True)
class CountWaiting(Look):
    """Look how many wait at a barrier."""

    kind: ClassVar[str] = "n_waiting"

    def perform(self, _shared: object, /) -> int:
        """Return how many."""
        state, count = self.on.value
        return int(count) if state == FILLING else 0


@dataclass(frozen=True, slots=True)
class IsBroken(Look):
    """Look whether a barrier is broken."""

    kind: ClassVar[str] = "broken"

    def perform(self, _shared: object, /) -> bool:
        """Return whether it is."""
        return bool(self.on.value[0] == BROKEN)


@dataclass(frozen=True, slots=True)
class Meeting(Steps):
    """What waits at a barrier: to arrive and to leave; the last one takes the action between. It gives the place."""

    on: "Barrier"
    timeout: float | None = None

    def __iter__(self) -> Generator[Operation, Any, int]:
        place: int = yield Arrive(self.on)
        if place + 1 < self.on.parties:
            yield Leave(self.on, self.timeout)
        elif self.on.action is not None:
            try:
                made = self.on.action()
                if isinstance(made, Operation):
                    yield made
                elif isinstance(made, Steps | Generator):
                    yield from made
            except Exception:
                yield Open(self.on, BROKEN)
                raise
            yield Open(self.on, DRAINING)
        return place


class Barrier(SharedObject):
    """A place where processes wait until `parties` of them have come, as that of `threading`. It can be used again.

    The last one calls `action` before all go on; the action may make an operation, or generate several. With a
    `timeout`, a process may wait no longer while some have not come; that breaks the barrier. Whoever waits at a
    broken barrier, or comes to it, is told so by `threading.BrokenBarrierError`.

    >>> from lastseat.testing import Barrier, Register, Shared, explore
    >>> def halve(shared):
    ...     yield shared.done.fetch_and_add(1)
    ...     yield from shared.both.wait()
    ...     return (yield shared.done.read())
    >>> explore([halve, halve], shared=lambda: Shared(done=Register(0), both=Barrier(2))).vectors
    frozenset({(2, 2)})

    Its value is its state and how many are there. Raises ValueError where `parties` is below 1.
    """

    constants = ("parties",)

    def __init__(self, parties: int, action: Callable[[], Any] | None = None, timeout: float | None = None) -> None:
        if parties < 1:
            raise ValueError(f"at least 1 process meets at a barrier, not {parties}")
        super().__init__((FILLING, 0))
        self.parties, self.action, self.timeout = parties, action, timeout

    def wait(self, timeout: float | None = None) -> Meeting:
        """Return what waits at the barrier and gives the place in which the process came, from 0."""
        return Meeting(self, self.timeout if timeout is None else timeout)

    def reset(self) -> Reset:
        """Return the operation that resets it: whoever waits there is told that it is broken."""
        return Reset(self)

    def abort(self) -> Abort:
        """Return the operation that breaks it."""
        return Abort(self)

    @property
    def n_waiting(self) -> CountWaiting:
        """Return the operation that counts those who wait."""
        return CountWaiting(self)

    @property
    def broken(self) -> IsBroken:
        """Return the operation that says whether it is broken."""
        return IsBroken(self)
