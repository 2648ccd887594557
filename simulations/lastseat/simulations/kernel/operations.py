"""Operations: the shared steps of a process, as values that name what they touch.

Two steps of different processes are *dependent* when one of them wrote a location that the other read or wrote;
all others commute, and it is on this that partial-order reduction rests. What an operation wrote is known only
after it was performed: a compare-and-swap that failed has read, and nothing more.
"""

from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

Location: TypeAlias = Hashable


class Operation:
    """One shared step. Derive from it and define `perform`; name the locations that it may read and write.

    The default for `reads` and `writes`, None, is that the operation may touch everything: always sound, and never
    reduced. A frozen dataclass makes a good operation. Its `kind` is what stories and counts call it.
    """

    __slots__ = ()
    kind: ClassVar[str] = "operation"
    blocking: ClassVar[bool] = False  # whether `ready` can be False
    conditional: ClassVar[bool] = False  # whether `wrote` can be less than `writes`

    @property
    def reads(self) -> tuple[Location, ...] | None:
        """Return the locations that decide what the operation does. A location is any hashable value."""
        return None

    @property
    def writes(self) -> tuple[Location, ...] | None:
        """Return the locations that the operation may change."""
        return None

    def perform(self, shared: Any, /) -> Any:
        """Take the step on the shared state, as a whole, and return its result."""
        raise NotImplementedError

    def ready(self, shared: Any, /) -> bool:
        """Return whether the step can be taken now. It is decided by the locations that the operation reads."""
        del shared
        return True

    def wrote(self, result: Any, /) -> tuple[Location, ...] | None:
        """Return the locations that the step that gave `result` changed in fact: `writes`, or some of them."""
        del result
        return self.writes

    def __await__(self) -> Generator["Operation", Any, Any]:
        """Let an `async def` process take the step with `await`."""
        return (yield self)


@dataclass(frozen=True, slots=True)
class Act(Operation):
    """An operation made of a function; see `act`."""

    name: str
    run: Callable[[Any], Any]
    touches_read: tuple[Location, ...] | None
    touches_written: tuple[Location, ...] | None
    when: Callable[[Any], bool] | None = None

    @property
    def kind(self) -> str:  # type: ignore[override]
        """Return the name that it was given."""
        return self.name

    @property
    def blocking(self) -> bool:  # type: ignore[override]
        """Return whether it may have to wait."""
        return self.when is not None

    @property
    def reads(self) -> tuple[Location, ...] | None:
        """Return the locations that it was declared to read."""
        return self.touches_read

    @property
    def writes(self) -> tuple[Location, ...] | None:
        """Return the locations that it was declared to write."""
        return self.touches_written

    def perform(self, shared: Any, /) -> Any:
        """Call the function."""
        return self.run(shared)

    def ready(self, shared: Any, /) -> bool:
        """Return whether its condition holds."""
        return self.when is None or bool(self.when(shared))


def act(
    name: str,
    run: Callable[[Any], Any],
    *,
    reads: tuple[Location, ...] | None = None,
    writes: tuple[Location, ...] | None = None,
    when: Callable[[Any], bool] | None = None,
) -> Act:
    """Return the operation that calls `run` with the shared state, in one step.

    `reads` and `writes` name all that it may touch; leave both out if you do not know. With `when`, the step has to
    wait until that is true of the shared state; the locations that `when` looks at belong to `reads`. Raises
    TypeError where `reads` or `writes` is no tuple: of a text, each letter would be a location.
    """
    for word, where in (("reads", reads), ("writes", writes)):
        if where is not None and not isinstance(where, tuple):
            raise TypeError(f"{word} must be a tuple of locations, not a {type(where).__name__}")
    return Act(name, run, reads, writes, when)


@dataclass(frozen=True, slots=True)
class Join(Operation):
    """Wait until a process has ended; the result is what it returned. `process` is its number in the program."""

    kind: ClassVar[str] = "join"
    blocking: ClassVar[bool] = True
    process: int

    @property
    def reads(self) -> tuple[Location, ...]:
        """Return the end of that process."""
        return (ended(self.process),)

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return nothing."""
        return ()


def ended(process: int) -> Location:
    """Return the location that the last step of a process writes, and that joining it reads."""
    return ("ended", process)
