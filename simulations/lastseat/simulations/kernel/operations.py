"""Operations: the shared steps of a process, as values that name what they touch.

Two steps of different processes are *dependent* when one of them wrote a location that the other read or wrote;
all others commute, and it is on this that partial-order reduction rests. What an operation wrote is known only
after it was performed: a compare-and-swap that failed has read, and nothing more.
"""

from collections.abc import Callable, Collection, Generator, Hashable
from dataclasses import dataclass, field
from typing import Any, ClassVar, NoReturn, TypeAlias

from lastseat.simulations.common.structure import compared_by
from lastseat.simulations.kernel.actions import FAILING, Fault

Location: TypeAlias = Hashable
KEYED: set[type] = set()  # the classes of operations that have a `key` of their own


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
    kind: type[Exception]
    error: Exception = field(compare=False, repr=False)

    @classmethod
    def of(cls, error: Exception) -> "Raised":
        """Return what a process is told by this error."""
        return cls(str(error), error.__class__, error)

    def again(self) -> Exception:
        """Return the error, as it was before it was raised in a process."""
        self.error.__context__ = None
        return self.error.with_traceback(None)

    def __deepcopy__(self, _memo: object) -> "Raised":
        return self  # not every error can be copied


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
    personal: ClassVar[bool] = False  # whether it has a field `process`, to be told who takes the step

    def __init_subclass__(cls) -> None:
        if cls.key is not Operation.key:
            KEYED.add(cls)

    def __init__(self) -> None:
        # That an operation is made can be seen then, where somebody forgets to take it.
        pass

    @property
    def reads(self) -> tuple[Location, ...] | None:
        """Return the locations that decide what the operation does. A location is any hashable value."""
        return None

    @property
    def writes(self) -> tuple[Location, ...] | None:
        """Return the locations that the operation may change."""
        return None

    def perform(self, shared: object, /) -> Any:
        """Take the step on the shared state, as a whole, and return its result.

        What it raises is raised in the process that takes the step, where it takes it.
        """
        raise NotImplementedError

    def ready(self, shared: object, /) -> bool:
        """Return whether the step can be taken now. It is decided by the locations that the operation reads."""
        del shared
        return True

    def wrote(self, result: object, /) -> tuple[Location, ...] | None:
        """Return the locations that the step that gave `result` changed in fact: `writes`, or some of them."""
        del result
        return self.writes

    def wrote_raising(self, error: Exception, /) -> tuple[Location, ...] | None:
        """Return the locations that the step changed that raised `error`: `writes`, unless less is known."""
        del error
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

    def key(self, result: Any, /) -> Any:
        """Return the value by which results of a step are compared when it is taken again: all that it holds."""
        return compared_by(result)

    def __await__(self) -> Generator["Operation", Any, Any]:
        """Let an `async def` process take the step with `await`."""
        return (yield self)

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{self.kind} is a step that was not taken, neither true nor false: write yield or await")


class Steps:
    """What takes several steps, as to wait for a condition: `yield from` it, or `await` it."""

    __slots__ = ()

    def __iter__(self) -> Generator[Operation, Any, Any]:
        raise NotImplementedError

    def __await__(self) -> Generator[Operation, Any, Any]:
        return self.__iter__()

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__.lower()} is several steps that were not taken, neither true nor false: "
            "write yield from or await"
        )


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


@dataclass(slots=True, eq=False)
class Spawn(Operation):
    """Begin another process while the program runs; see `spawn`. `child` is its number, once somebody can take it."""

    kind: ClassVar[str] = "spawn"
    personal: ClassVar[bool] = True
    make: Callable[[Any], Any]  # the process: a function of the shared state
    name: str
    process: int = -1
    child: int = -1
    begin: Callable[["Spawn"], None] | None = None

    @property
    def reads(self) -> tuple[Location, ...]:
        """Return nothing."""
        return ()

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return that the process has begun, which its first step reads."""
        return (begun(self.child),)

    @property
    def failing(self) -> Collection[Fault]:
        """Return nothing: to begin a process cannot fail."""
        return ()

    def perform(self, _shared: object, /) -> int:
        """Begin the process, and return its number."""
        assert self.begin is not None, "an execution has admitted it"
        self.begin(self)
        return self.child


def spawn(function: Callable[..., Any], *arguments: object, **named: object) -> Spawn:
    """Return the operation that begins another process: `function(shared, *arguments, **named)`, from then on.

    Its result is the number of that process, for `Join`. The function is one as `explore` takes it: a generator
    function, an `async def`, or `blocking(function)`. What it does before its first step belongs to this one. The
    numbers do not depend on the schedule: they tell the process that begins it, and how many that has begun before.

    >>> from lastseat.testing import Join, Register, Shared, explore, spawn
    >>> def work(shared, amount):
    ...     yield shared.total.fetch_and_add(amount)
    ...     return amount
    >>> def main(shared):
    ...     first, second = (yield spawn(work, 1)), (yield spawn(work, 2))
    ...     return (yield Join(first)) + (yield Join(second))
    >>> seen = explore([main], shared=lambda: Shared(total=Register(0)))
    >>> seen.verdict, seen.executions, seen.vectors
    (<Verdict.HOLDS: 'holds'>, 2, frozenset({(3,)}))
    """

    def process(shared: Any) -> Any:
        return function(shared, *arguments, **named)

    return Spawn(process, str(getattr(function, "__name__", "process")))


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


def begun(process: int) -> Location:
    """Return the location that is written where a process begins, and that waits for it reads."""
    return ("begun", process)


def ended(process: int) -> Location:
    """Return the location that the last step of a process writes, and that joining it reads."""
    return ("ended", process)
