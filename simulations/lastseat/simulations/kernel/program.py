"""Programs: processes over shared state, and how a process of each kind is started and resumed.

A process is a function of the shared state. It is a generator function that yields operations, an `async def` that
awaits them, or a plain function made `blocking`. Everything between two operations is local and costs no step.
"""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Protocol, TypeAlias

from lastseat.reference.values import BookingRequest
from lastseat.simulations.common.lines import own_line, standing
from lastseat.simulations.common.text import printable, raised_by
from lastseat.simulations.kernel.actions import NO_FAULTS, Faults
from lastseat.simulations.kernel.footprints import DeclaredMeter, Footprints, Meter, StoreMeter
from lastseat.simulations.kernel.operations import begun

Process: TypeAlias = Callable[[Any], Any]

MOST_STEPS = 1_000  # shared steps of one process; one that takes more is taken for one that never ends


class ProgramError(ValueError):
    """The program cannot be explored. The text is one line and names the schedule so far.

    >>> from lastseat.testing import ProgramError, Register, Shared, explore
    >>> def divide(shared):
    ...     yield 1
    >>> try:
    ...     explore([divide], shared=lambda: Shared(divisor=Register(0)))
    ... except ProgramError as error:
    ...     print(error)
    process 0 yields a value of type int, which is no operation; schedule -
    """


class Started(Protocol):
    """A process under way."""

    def send(self, result: object, /) -> Any:
        """Go on with the result of the last operation (None at first) to the next, or raise StopIteration."""
        ...

    def throw(self, error: BaseException, /) -> Any:
        """Go on with an error in the place of a result."""
        ...

    def close(self) -> None:
        """Leave the process where it waits."""
        ...


@dataclass(frozen=True, slots=True)
class Program:
    """What is explored. `shared` makes the shared state anew for every execution.

    `most_steps` bounds the shared steps of one process: beyond it, a process is taken for one that never ends. It
    ends the search, or where the program `cuts`, that process alone, which is then left where it was.

    `faults` may go wrong in one execution. The last `redeliveries` of the processes are there only as faults: of n
    others, process i is repeated by process n + i, that one by 2n + i, and so on; see `delivered`. With `made`, just
    these of them are made, in every execution; see `parts`.

    `noun` and `labels` are what its processes are called. `requests` are those of the processes where these are
    attempts that are judged, and `ordered` says that it matters who ended before whom began; see `StoreMeter`.
    """

    processes: tuple[Process, ...]
    shared: Callable[[], Any]
    most_steps: int = MOST_STEPS
    requests: tuple[BookingRequest, ...] = ()
    ordered: bool = False
    faults: Faults = NO_FAULTS
    redeliveries: int = 0
    made: frozenset[int] | None = None
    cuts: bool = False
    noun: str = "process"
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for number, process in enumerate(self.processes):
            if not callable(process):
                raise ProgramError(f"process {number} is {kind_of(process)} and no function of the shared state")
        if not callable(self.shared):
            raise ProgramError(
                f"shared is {kind_of(self.shared)}; it must be a function that makes the shared state anew"
            )

    def named(self, who: int) -> str:
        """Return what a process is called."""
        is_labelled = self.labels and not self.is_spawned(who)
        return f"{self.noun} {who} ({self.labels[who]})" if is_labelled else f"{self.noun} {who}"

    @property
    def originals(self) -> int:
        """Return how many processes there are in every execution."""
        return len(self.processes) - self.redeliveries

    def delivered(self) -> "Program":
        """Return the program with a process for every redelivery that the fault budget allows.

        A repeat may begin when the process before it has begun, and its first step costs one fault.
        """
        times = self.faults.redeliveries
        if not times or self.redeliveries:
            return self
        return replace(self, processes=self.processes * (1 + times), redeliveries=len(self.processes) * times)

    def parts(self) -> "list[Program]":
        """Return a program for each set of redeliveries that may be made: what they can do is what this one can."""
        if not self.redeliveries or self.made is not None:
            return [self]
        later, made = range(self.originals, len(self.processes)), [frozenset[int]()]
        for number in range(1, self.faults.most + 1):
            sets = map(frozenset, combinations(later, number))
            made.extend(each for each in sets if all(self._repeats_one_of(who, each) for who in each))
        return [replace(self, made=each) for each in made]

    def _repeats_one_of(self, who: int, made: frozenset[int]) -> bool:
        return who - self.originals < self.originals or who - self.originals in made

    def beginning(self, footprints: Footprints, who: int, footprint: int) -> int:
        """Return the footprint of the first step of a process, for which waits whatever repeats it."""
        reads, writes = footprints.known[footprint]
        if who >= self.originals and reads is not None:
            reads = (*reads, begun(who if self.is_spawned(who) else who - self.originals))
        if who + self.originals < len(self.processes) and writes is not None:
            writes = (*writes, begun(who))
        return footprints.number(reads, writes)

    def is_spawned(self, who: int) -> bool:
        """Return whether a process is one that another one begins."""
        return who >= len(self.processes)

    def child(self, who: int, before: int) -> int:
        """Return the number of a process that process `who` begins, which has begun so many `before`.

        It depends on nothing else: the pairs of both are numbered along the diagonals, as by Cantor.
        """
        return len(self.processes) + (who + before) * (who + before + 1) // 2 + before

    def meter(self) -> Meter:
        """Return what performs the operations of this program and tells what they touch."""
        try:
            shared = self.shared()
        except Exception as error:
            doing = "opening the store" if self.requests else "making the shared state"
            raise ProgramError(f"{doing} raised {raised_by(error)}") from error
        if all(callable(getattr(shared, method, None)) for method in ("observe", "persist", "snapshot")):
            return StoreMeter(shared, self.requests, ordered=self.ordered)
        return DeclaredMeter()


def needs_a_loop(error: BaseException) -> bool:
    """Return whether an error says that somebody needs the event loop of asyncio, which nobody runs here."""
    return isinstance(error, RuntimeError) and str(error) == "no running event loop"


def raised_told(error: Exception) -> str:
    """Return what a process raised, in words that go on from its name."""
    said = printable(f"{type(error).__name__}: {error}", 200)
    if not needs_a_loop(error):
        return f"raised {said}"
    line = own_line(error)
    return f"raised {said}{f' ({line})' if line is not None else ''}: real event loops are not controlled"


def program_of(
    processes: Sequence[Process],
    shared: Callable[[], Any],
    most_steps: int = MOST_STEPS,
    faults: Faults = NO_FAULTS,
) -> Program:
    """Return the program, redeliveries included. Raises ProgramError where something in it is no function."""
    return Program(tuple(processes), shared, most_steps, faults=faults).delivered()


def start(process: Process, shared: object) -> Callable[[Any], Any]:
    """Start a process and return its `send`; nothing of it has run yet. Raises TypeError where it is none."""
    started = process(shared)
    try:
        send: Callable[[Any], Any] = started.send
    except AttributeError:
        raise no_process(started) from None
    return send


def no_process(started: object) -> TypeError:
    """Return the error that says that this is no process under way."""
    return TypeError(
        f"it gave {kind_of(started)}, and a process is a generator function, an async def, or blocking(function)"
    )


def no_operation(started: object, given: object) -> str:
    """Return what a process did that gave this in the place of an operation, in words that go on from its name."""
    started = getattr(started, "started", started)  # of one that is watched
    if isinstance(started, Coroutine):
        module = type(given).__module__.partition(".")[0].removeprefix("_")
        what = (
            f"a {type(given).__name__} of {module}" if given is not None else "what gives None, as asyncio.sleep does"
        )
        line = standing(started)
        place = f" ({line})" if line is not None else ""
        return f"awaits {printable(what, 60)}{place}, which is no operation: real event loops are not controlled"
    several = "; it gives operations of its own: use yield from" if hasattr(given, "__await__") else ""
    return f"yields {kind_of(given)}, which is no operation{several}"


def kind_of(value: object) -> str:
    """Return what a value is, in words that are safe to print."""
    return f"a value of type {printable(type(value).__name__, 60)}"
