"""What executions are compared by: what processes returned, what they left behind, what a step gave."""

from collections.abc import Iterable
from typing import Any, Protocol

from lastseat.simulations.common.text import quoted
from lastseat.simulations.kernel.actions import Step
from lastseat.simulations.kernel.program import ProgramError
from lastseat.simulations.kernel.schedule import step_text


class UnderWay(Protocol):
    """What is asked of an execution here."""

    returned: dict[int, Any]
    pending: list[Any]

    def so_far(self) -> str:
        """Return the schedule so far, as the end of a sentence."""
        ...


def final_of(shared: object) -> Any:
    """Return the value that a shared state has at the end: its snapshot, or None where it has none to show."""
    snapshot = getattr(shared, "snapshot", None)
    return snapshot() if callable(snapshot) else None


def returned_of(execution: UnderWay) -> tuple[Any, ...]:
    """Return what each process returned, in order; None for one that has not ended."""
    return tuple(execution.returned.get(who) for who in range(len(execution.pending)))


def as_text(steps: Iterable[Step]) -> str:
    """Return a schedule as a token."""
    return ".".join(map(step_text, steps)) or "-"


_IDENTITY: Any = object.__eq__


def differ(seen: object, result: object) -> bool:
    """Return whether two results are not the same; objects without an equality of their own cannot be told apart."""
    if type(seen) is not type(result):
        return True
    return type(seen).__eq__ is not _IDENTITY and bool(seen != result)


def diverged(execution: UnderWay, seen: object, result: object) -> ProgramError:
    """Return the error that says that the same steps did not lead to the same place."""
    return ProgramError(
        "the program is not deterministic, or keeps state from one execution to the next: a step gave "
        f"{quoted(str(seen))} once, and {quoted(str(result))} when the same steps were taken again"
        f"{execution.so_far()}"
    )
