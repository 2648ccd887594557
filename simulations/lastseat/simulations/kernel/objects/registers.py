"""Registers: a value that is read and written in atomic steps."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, ClassVar

from lastseat.simulations.kernel.objects.shared import Look, SharedObject, Touch, hashable, unhashable
from lastseat.simulations.kernel.operations import Location


@dataclass(frozen=True, slots=True)
class Read(Look):
    """Read a register; the result is its value."""

    kind: ClassVar[str] = "read"

    def perform(self, _shared: object, /) -> Any:
        """Return the value."""
        return self.on.value


@dataclass(frozen=True, slots=True)
class Write(Touch):
    """Write a register. A write is a write even of the value that is there."""

    kind: ClassVar[str] = "write"
    value: Hashable

    @property
    def reads(self) -> tuple[Location, ...]:
        """Return nothing."""
        return ()

    def perform(self, _shared: object, /) -> None:
        """Set the value."""
        self.on.value = self.value


@dataclass(frozen=True, slots=True)
class CompareAndSwap(Touch):
    """Write `new` if the register holds `expected`; the result is whether it did. One that fails only reads."""

    kind: ClassVar[str] = "compare-and-swap"
    conditional: ClassVar[bool] = True
    expected: Hashable
    new: Hashable

    def perform(self, _shared: object, /) -> bool:
        """Compare, and perhaps write."""
        if self.on.value != self.expected:
            return False
        self.on.value = self.new
        return True

    def wrote(self, result: object, /) -> tuple[Location, ...]:
        """Return the register where the swap was made."""
        return (self.on.name,) if result else ()


@dataclass(frozen=True, slots=True)
class Update(Touch):
    """Replace the value by a function of it, in one step; the result is the value before."""

    kind: ClassVar[str] = "update"
    function: Callable[[Any], Hashable]

    def perform(self, _shared: object, /) -> Any:
        """Apply the function."""
        before = self.on.value
        self.on.value = hashable(self.on, self.function(before))
        return before


@dataclass(frozen=True, slots=True)
class FetchAndAdd(Touch):
    """Add to a register; the result is the value before."""

    kind: ClassVar[str] = "fetch-and-add"
    amount: int

    def perform(self, _shared: object, /) -> Any:
        """Add."""
        before = self.on.value
        self.on.value = hashable(self.on, before + self.amount)
        return before


@dataclass(frozen=True, slots=True)
class Await(Look):
    """Wait until the value satisfies a condition; the result is the value."""

    kind: ClassVar[str] = "await"
    blocking: ClassVar[bool] = True
    condition: Callable[[Any], bool]

    def ready(self, _shared: object, /) -> bool:
        """Return whether the condition holds."""
        return bool(self.condition(self.on.value))

    def perform(self, _shared: object, /) -> Any:
        """Return the value."""
        return self.on.value


class Register(SharedObject):
    """A register: each of its operations is one atomic step. Its value must be hashable.

    >>> from lastseat.testing import Register, Shared, explore
    >>> def add(shared):
    ...     yield shared.counter.fetch_and_add(2)
    >>> explore([add, add], shared=lambda: Shared(counter=Register(0))).finals
    frozenset({(('counter', 4),)})
    """

    def read(self) -> Read:
        """Return the operation that reads it."""
        return Read(self)

    def write(self, value: Hashable) -> Write:
        """Return the operation that writes it."""
        try:
            hash(value)
        except TypeError:
            raise unhashable(self, value) from None
        return Write(self, value)

    def compare_and_swap(self, expected: Hashable, new: Hashable) -> CompareAndSwap:
        """Return the operation that writes `new` if the value is `expected`, and says whether."""
        return CompareAndSwap(self, expected, hashable(self, new))

    def fetch_and_add(self, amount: int = 1) -> FetchAndAdd:
        """Return the operation that adds `amount` and gives the value before."""
        return FetchAndAdd(self, amount)

    def update(self, function: Callable[[Any], Hashable]) -> Update:
        """Return the operation that replaces the value by a function of it and gives the value before."""
        return Update(self, function)

    def until(self, condition: Callable[[Any], bool]) -> Await:
        """Return the operation that waits until `condition` is true of the value and gives the value."""
        return Await(self, condition)
