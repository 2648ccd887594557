"""Ready-made shared objects for classic programs: registers, a queue, mutexes and semaphores, in one `Shared`.

Methods return operations; a process takes them with `yield` (or `await`):

    def increment(shared):
        seen = yield shared.counter.read()
        yield shared.counter.write(seen + 1)
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, ClassVar

from lastseat.simulations.kernel.operations import Location, Operation


class SharedObject:
    """One location. It is named by the `Shared` that holds it."""

    def __init__(self, value: Hashable) -> None:
        self.name: str = ""
        self.value: Any = value


class Shared:
    """The shared state of a program: objects under names, as attributes.

    Raises TypeError where one of them is no shared object, or stands under two names.
    """

    def __init__(self, **objects: SharedObject) -> None:
        self._objects = objects
        for name, one in objects.items():
            if not isinstance(one, SharedObject):
                raise TypeError(f"{name} is a {type(one).__name__} and no shared object")
            if one.name:
                raise TypeError(f"{name} and {one.name} are the same object")
            one.name = name
        self.__dict__.update(objects)

    def __getattr__(self, name: str) -> Any:  # so that type checkers know that there are attributes
        raise AttributeError(f"there is no shared object {name!r}")

    def snapshot(self) -> tuple[tuple[str, Hashable], ...]:
        """Return the names and values of all objects."""
        return tuple((name, one.value) for name, one in self._objects.items())


@dataclass(frozen=True, slots=True)
class Touch(Operation):
    """An operation on one object. `on` is the object of the execution in which the operation was made."""

    on: SharedObject

    @property
    def location(self) -> tuple[Location, ...]:
        """Return the one location, in a tuple."""
        return (self.on.name,)

    @property
    def reads(self) -> tuple[Location, ...]:
        """Return the object's name: what every operation does is decided by the object."""
        return (self.on.name,)

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return the object's name."""
        return (self.on.name,)


@dataclass(frozen=True, slots=True)
class Read(Touch):
    """Read a register; the result is its value."""

    kind: ClassVar[str] = "read"

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return nothing."""
        return ()

    def perform(self, _shared: Any, /) -> Any:
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

    def perform(self, _shared: Any, /) -> None:
        """Set the value."""
        self.on.value = self.value


@dataclass(frozen=True, slots=True)
class CompareAndSwap(Touch):
    """Write `new` if the register holds `expected`; the result is whether it did. One that fails only reads."""

    kind: ClassVar[str] = "compare-and-swap"
    conditional: ClassVar[bool] = True
    expected: Hashable
    new: Hashable

    def perform(self, _shared: Any, /) -> bool:
        """Compare, and perhaps write."""
        if self.on.value != self.expected:
            return False
        self.on.value = self.new
        return True

    def wrote(self, result: Any, /) -> tuple[Location, ...]:
        """Return the register where the swap was made."""
        return (self.on.name,) if result else ()


@dataclass(frozen=True, slots=True)
class Update(Touch):
    """Replace the value by a function of it, in one step; the result is the value before."""

    kind: ClassVar[str] = "update"
    function: Callable[[Any], Hashable]

    def perform(self, _shared: Any, /) -> Any:
        """Apply the function."""
        before = self.on.value
        self.on.value = self.function(before)
        return before


@dataclass(frozen=True, slots=True)
class FetchAndAdd(Touch):
    """Add to a register; the result is the value before."""

    kind: ClassVar[str] = "fetch-and-add"
    amount: int

    def perform(self, _shared: Any, /) -> Any:
        """Add."""
        before = self.on.value
        self.on.value = before + self.amount
        return before


@dataclass(frozen=True, slots=True)
class Await(Touch):
    """Wait until the value satisfies a condition; the result is the value."""

    kind: ClassVar[str] = "await"
    blocking: ClassVar[bool] = True
    condition: Callable[[Any], bool]

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return nothing."""
        return ()

    def ready(self, _shared: Any, /) -> bool:
        """Return whether the condition holds."""
        return bool(self.condition(self.on.value))

    def perform(self, _shared: Any, /) -> Any:
        """Return the value."""
        return self.on.value


class Register(SharedObject):
    """A register: each of its operations is one atomic step."""

    def read(self) -> Read:
        """Return the operation that reads it."""
        return Read(self)

    def write(self, value: Hashable) -> Write:
        """Return the operation that writes it."""
        return Write(self, value)

    def compare_and_swap(self, expected: Hashable, new: Hashable) -> CompareAndSwap:
        """Return the operation that writes `new` if the value is `expected`, and says whether."""
        return CompareAndSwap(self, expected, new)

    def fetch_and_add(self, amount: int = 1) -> FetchAndAdd:
        """Return the operation that adds `amount` and gives the value before."""
        return FetchAndAdd(self, amount)

    def update(self, function: Callable[[Any], Hashable]) -> Update:
        """Return the operation that replaces the value by a function of it and gives the value before."""
        return Update(self, function)

    def until(self, condition: Callable[[Any], bool]) -> Await:
        """Return the operation that waits until `condition` is true of the value and gives the value."""
        return Await(self, condition)


@dataclass(frozen=True, slots=True)
class Acquire(Touch):
    """Take one permit, waiting while there is none."""

    kind: ClassVar[str] = "acquire"
    blocking: ClassVar[bool] = True

    def ready(self, _shared: Any, /) -> bool:
        """Return whether a permit is left."""
        return bool(self.on.value > 0)

    def perform(self, _shared: Any, /) -> None:
        """Take it."""
        self.on.value -= 1


@dataclass(frozen=True, slots=True)
class TryAcquire(Touch):
    """Take one permit if there is one; the result is whether there was."""

    kind: ClassVar[str] = "try-acquire"
    conditional: ClassVar[bool] = True

    def perform(self, _shared: Any, /) -> bool:
        """Take it, or not."""
        if self.on.value == 0:
            return False
        self.on.value -= 1
        return True

    def wrote(self, result: Any, /) -> tuple[Location, ...]:
        """Return the semaphore where a permit was taken."""
        return (self.on.name,) if result else ()


@dataclass(frozen=True, slots=True)
class Release(Touch):
    """Give one permit back. Raises RuntimeError for a mutex that nobody holds."""

    kind: ClassVar[str] = "release"
    most: int | None = None

    def perform(self, _shared: Any, /) -> None:
        """Give it back."""
        if self.on.value == self.most:
            raise RuntimeError(f"{self.on.name} is released and nobody holds it")
        self.on.value += 1


class Semaphore(SharedObject):
    """A counting semaphore. Its value is the number of permits that are left."""

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
    """A lock: a semaphore of one permit. Who holds it is the processes' affair."""

    most = 1

    def __init__(self) -> None:
        super().__init__(1)
