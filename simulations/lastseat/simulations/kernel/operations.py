"""Operations: the shared steps of a process, as values that name what they touch.

Two steps of different processes are *dependent* when one of them wrote a location that the other read or wrote;
all others commute, and it is on this that partial-order reduction rests. What an operation wrote is known only
after it was performed: a compare-and-swap that failed has read, and nothing more.
"""

from collections.abc import Callable, Collection, Generator, Hashable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from lastseat.simulations.kernel.actions import FAILING, Fault

Location: TypeAlias = Hashable


class OperationFailedError(Exception):
    """What a process sees of an operation that failed, or whose answer was lost, because of a fault.

    >>> from lastseat.testing import Faults, OperationFailedError, Register, Shared, explore
    >>> def save(shared):
    ...     try:
    ...         yield shared.record.write(1)
    ...     except OperationFailedError as error:
    ...         return str(error)
    >>> lost = Faults(1, acknowledgement_lost=True)
    >>> found = explore([save], shared=lambda: Shared(record=Register(0)), faults=lost)
    >>> sorted(found.vectors, key=str)
    [('write failed: nobody knows whether it took effect',), (None,)]
    """


@dataclass(frozen=True, slots=True)
class Raised:
    """What a process is told by an error: it is raised where the process waits."""

    said: str
    kind: type[OperationFailedError] = OperationFailedError

    def error(self) -> OperationFailedError:
        """Return the error."""
        return self.kind(self.said)


class Operation:
    """One shared step. Derive from it and define `perform`; name the locations that it may read and write.

    The default for `reads` and `writes`, None, is that the operation may touch everything: always sound, and never
    reduced. A frozen dataclass makes a good operation. Its `kind` is what stories and counts call it.

    >>> from lastseat.testing import Operation, explore
    >>> class Draw(Operation):  # a card from a deck, which is a list
    ...     kind = "draw"
    ...     reads = writes = ("deck",)
    ...     def perform(self, deck):
    ...         return deck.pop() if deck else None
    >>> def player(deck):
    ...     return (yield Draw())
    >>> sorted(explore([player, player], shared=lambda: [7, 8]).vectors)
    [(7, 8), (8, 7)]
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

    def perform(self, shared: object, /) -> Any:
        """Take the step on the shared state, as a whole, and return its result."""
        raise NotImplementedError

    def ready(self, shared: object, /) -> bool:
        """Return whether the step can be taken now. It is decided by the locations that the operation reads."""
        del shared
        return True

    def wrote(self, result: object, /) -> tuple[Location, ...] | None:
        """Return the locations that the step that gave `result` changed in fact: `writes`, or some of them."""
        del result
        return self.writes

    @property
    def failing(self) -> Collection[Fault]:
        """Return the faults that the operation can fail with. One that may have to wait fails with none."""
        return () if self.blocking else FAILING

    def told(self, fault: Fault, /) -> Any:
        """Return what the process is told under that fault, or raise what it shall see raised.

        Where nothing else is said, OperationFailedError is raised in the process.
        """
        lost = "nobody knows whether it took effect" if fault is Fault.ANSWER_LOST else "it had no effect"
        raise OperationFailedError(f"{self.kind} failed: {lost}")

    def __await__(self) -> Generator["Operation", Any, Any]:
        """Let an `async def` process take the step with `await`."""
        return (yield self)


@dataclass(frozen=True, slots=True)
class Act(Operation):
    """An operation made of a function; see `act`.

    >>> from lastseat.testing import Act, act
    >>> step = act("append", lambda log: log.append(1), reads=("log",), writes=("log",))
    >>> isinstance(step, Act), step.kind, step.blocking
    (True, 'append', False)
    """

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

    def perform(self, shared: object, /) -> Any:
        """Call the function."""
        return self.run(shared)

    def ready(self, shared: object, /) -> bool:
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

    >>> from lastseat.testing import act, explore
    >>> def append(letter):
    ...     def process(log):
    ...         yield act("append", lambda log: log.append(letter), reads=("log",), writes=("log",))
    ...     return process
    >>> def read(log):
    ...     return (yield act("read", "".join, reads=("log",), writes=(), when=lambda log: len(log) == 2))
    >>> sorted(explore([append("a"), append("b"), read], shared=list).vectors)
    [(None, None, 'ab'), (None, None, 'ba')]
    """
    for word, where in (("reads", reads), ("writes", writes)):
        if where is not None and not isinstance(where, tuple):
            raise TypeError(f"{word} must be a tuple of locations, not a {type(where).__name__}")
    return Act(name, run, reads, writes, when)


@dataclass(frozen=True, slots=True)
class Join(Operation):
    """Wait until a process has ended; the result is what it returned. `process` is its number in the program.

    >>> from lastseat.testing import Join, Register, Shared, explore
    >>> def work(shared):
    ...     return 1 + (yield shared.number.read())
    >>> def ask(shared):
    ...     return (yield Join(0))
    >>> explore([work, ask], shared=lambda: Shared(number=Register(6))).vectors
    frozenset({(7, 7)})
    """

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


@dataclass(frozen=True, slots=True)
class Choose(Operation):
    """One of several things happens, and every strategy tries each; see `choose`."""

    kind: ClassVar[str] = "choose"
    options: tuple[Any, ...]

    @property
    def reads(self) -> tuple[Location, ...]:
        """Return nothing: it commutes with all else."""
        return ()

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return nothing."""
        return ()

    @property
    def failing(self) -> Collection[Fault]:
        """Return nothing: it is a part of what may go wrong already."""
        return ()

    def perform(self, _shared: object, /) -> Any:
        """Return the first option."""
        return self.options[0]


def choose(*options: object) -> Choose:
    """Return the operation whose result is one of `options`: whatever the strategy, each of them is tried.

    It is a step of its own that touches nothing. For what nobody decides: a timeout, a coin, an answer from outside.
    Raises ValueError where there is nothing to choose from.

    >>> from lastseat.testing import Register, Shared, choose, explore
    >>> def toss(shared):
    ...     yield shared.coin.write((yield choose("heads", "tails")))
    >>> found = explore([toss], shared=lambda: Shared(coin=Register("")))
    >>> found.executions, sorted(found.finals)
    (2, [(('coin', 'heads'),), (('coin', 'tails'),)])
    """
    if not options:
        raise ValueError("choose needs at least one option")
    return Choose(options)


def ended(process: int) -> Location:
    """Return the location that the last step of a process writes, and that joining it reads."""
    return ("ended", process)
