"""Events: flags that processes wait for."""

from dataclasses import dataclass
from typing import ClassVar

from lastseat.simulations.kernel.objects.shared import Look, SharedObject, Touch
from lastseat.simulations.kernel.operations import Location


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
class WaitBriefly(IsSet):
    """Wait with a timeout until an event is set; the result is False where the timeout won."""

    kind: ClassVar[str] = "try-wait"


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

    def wait(self, timeout: float | None = None) -> WaitUntilSet | WaitBriefly:
        """Return the operation that waits until it is set, or has timed out; it says whether it is set."""
        return WaitUntilSet(self) if timeout is None else WaitBriefly(self)
