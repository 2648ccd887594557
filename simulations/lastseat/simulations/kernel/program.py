"""Programs: processes over shared state, and how a process of each kind is started and resumed.

A process is a function of the shared state. It is a generator function that yields operations, an `async def` that
awaits them, or a plain function made `blocking`. Everything between two operations is local and costs no step.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from lastseat.reference.values import BookingRequest
from lastseat.simulations.common.text import printable
from lastseat.simulations.kernel.footprints import DeclaredMeter, Meter, StoreMeter

Process: TypeAlias = Callable[[Any], Any]

MOST_STEPS = 1_000  # shared steps of one process; one that takes more is taken for one that never ends


class ProgramError(ValueError):
    """The program cannot be explored. The text is one line and names the schedule so far."""


class Started(Protocol):
    """A process under way."""

    def send(self, result: Any, /) -> Any:
        """Go on with the result of the last operation (None at first) to the next, or raise StopIteration."""
        ...


@dataclass(frozen=True, slots=True)
class Program:
    """What is explored. `shared` makes the shared state anew for every execution.

    `most_steps` bounds the shared steps of one process: beyond it, a process is taken for one that never ends.
    `requests` are those of the processes where these are attempts that are judged, and `ordered` says that it matters
    who ended before whom began; see `StoreMeter`.
    """

    processes: tuple[Process, ...]
    shared: Callable[[], Any]
    most_steps: int = MOST_STEPS
    requests: tuple[BookingRequest, ...] = ()
    ordered: bool = False

    def __post_init__(self) -> None:
        for number, process in enumerate(self.processes):
            if not callable(process):
                raise ProgramError(f"process {number} is {kind_of(process)} and no function of the shared state")
        if not callable(self.shared):
            raise ProgramError(
                f"shared is {kind_of(self.shared)}; it must be a function that makes the shared state anew"
            )

    def meter(self) -> Meter:
        """Return what performs the operations of this program and tells what they touch."""
        try:
            shared = self.shared()
        except Exception as error:
            what = printable(f"{type(error).__name__}: {error}", 200)
            raise ProgramError(f"making the shared state raised {what}") from error
        if all(callable(getattr(shared, method, None)) for method in ("observe", "persist", "snapshot")):
            return StoreMeter(shared, self.requests, ordered=self.ordered)
        return DeclaredMeter()


def program_of(processes: Sequence[Process], shared: Callable[[], Any], most_steps: int = MOST_STEPS) -> Program:
    """Return the program. Raises ProgramError where something in it is no function."""
    return Program(tuple(processes), shared, most_steps)


def start(process: Process, shared: Any) -> Started:
    """Start a process; nothing of it has run yet. Raises TypeError where it is none."""
    started = process(shared)
    if hasattr(started, "send"):
        made: Started = started
        return made
    raise TypeError(
        f"it gave {kind_of(started)}, and a process is a generator function, an async def, or blocking(function)"
    )


def kind_of(value: object) -> str:
    """Return what a value is, in words that are safe to print."""
    return f"a value of type {printable(type(value).__name__, 60)}"
