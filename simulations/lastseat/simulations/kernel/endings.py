"""What executions are compared by: what processes returned, what they left behind, what a step gave."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import Enum
from types import NoneType
from typing import Any, Protocol

from lastseat.simulations.common.structure import compared_by
from lastseat.simulations.common.text import quoted
from lastseat.simulations.kernel.operations import KEYED, Raised
from lastseat.simulations.kernel.program import Program, ProgramError


class UnderWay(Protocol):
    """What is asked of an execution here."""

    program: Program
    returned: dict[int, Any]

    def so_far(self) -> str:
        """Return the schedule so far, as the end of a sentence."""
        ...


def final_of(shared: object) -> Any:
    """Return the value that a shared state has at the end: its snapshot, or None where it has none to show."""
    snapshot = getattr(shared, "snapshot", None)
    return snapshot() if callable(snapshot) else None


def returned_of(execution: UnderWay) -> tuple[Any, ...]:
    """Return what each process returned that is there from the start, in order; None for one that has not ended."""
    return tuple(execution.returned.get(who) for who in range(len(execution.program.processes)))


_IDENTITY: Any = object.__eq__
# Classes of results that nobody can change, and that are compared as they are.
IMMUTABLE: set[type] = {int, float, complex, str, bytes, bool, NoneType, Raised}
_OURS = "lastseat.reference."  # where every frozen dataclass holds frozen values


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a result was when it was given, as a value `key` that was found by `how`: the process may change it."""

    how: Callable[[Any], Any]
    key: Any

    def __str__(self) -> str:
        return str(self.key)

    def differs_from(self, result: object) -> bool:
        """Return whether another result is not the same."""
        return bool(_key(self.how, result) != self.key)


def frozen(operation: Any, result: Any) -> Any:
    """Return what to keep of a result that is compared with another one later: itself, if nobody can change it."""
    kind, is_keyed = result.__class__, operation.__class__ in KEYED
    if kind in IMMUTABLE and (not is_keyed or kind is Raised):
        return result
    how = operation.key if is_keyed else compared_by
    if how is compared_by and _cannot_change(result):
        return result
    return Frozen(how, _key(how, result))


def _key(how: Callable[[Any], Any], result: object) -> Any:
    try:
        return how(result)
    except Exception:  # noqa: BLE001 - a key of somebody's own that does not fit what a fault has told
        return compared_by(result)


def _cannot_change(value: Any) -> bool:
    kind: Any = value.__class__
    if kind in IMMUTABLE or kind.__eq__ is _IDENTITY or isinstance(value, Enum):
        return True
    if kind in (tuple, frozenset):
        return all(map(_cannot_change, value))
    declared = getattr(kind, "__dataclass_params__", None)
    if declared is None or not declared.frozen:
        return False
    cannot = all(_cannot_change(getattr(value, part.name)) for part in fields(kind))
    if cannot and kind.__module__.startswith(_OURS):
        IMMUTABLE.add(kind)
    return cannot


def differ(seen: object, result: object) -> bool:
    """Return whether two results are not the same; objects without an equality of their own cannot be told apart."""
    if isinstance(seen, Frozen):
        return seen.differs_from(result)
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
