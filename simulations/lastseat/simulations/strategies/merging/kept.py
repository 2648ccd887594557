"""Shared states that are kept and come back, and the numbers by which equal ones are told.

A shared state comes back by its own `snapshot()` and `restore(snapshot)`, where it has both; else what is kept of it
is a deep copy, and it comes back as a copy of that one. Two copies are the same state where they hold the same, seen
through containers and attributes, down to values.
"""

from collections.abc import Callable, Hashable
from copy import deepcopy
from typing import Any, Protocol

from lastseat.simulations.common.numbering import Numbering, Value
from lastseat.simulations.common.structure import held_by
from lastseat.simulations.common.text import printable
from lastseat.simulations.kernel.program import Program, ProgramError, kind_of


class Keeper(Protocol):
    """Keeps shared states."""

    def keep(self, shared: object) -> Any:
        """Return what is kept of a shared state as it is now."""
        ...

    def back(self, kept: object) -> Any:
        """Return a shared state that is as it was when that was kept."""
        ...

    def key(self, kept: object) -> Hashable:
        """Return a value that is equal for equal states."""
        ...


class OwnSnapshots:
    """Keeps the snapshots of one shared state, which is restored in place."""

    def __init__(self, shared: Any) -> None:
        self._shared = shared

    def keep(self, shared: Any) -> Any:
        """Return its snapshot."""
        return shared.snapshot()

    def back(self, kept: Any) -> Any:
        """Restore the shared state, and return it."""
        self._shared.restore(kept)
        return self._shared

    def key(self, kept: object) -> Hashable:
        """Return the snapshot, with the types of its values."""
        return exact(kept)


class Copies:
    """Keeps deep copies."""

    def keep(self, shared: object) -> Any:
        """Return a copy."""
        return deepcopy(shared)

    def back(self, kept: object) -> Any:
        """Return a copy of the copy, so that this one stays as it is."""
        return deepcopy(kept)

    def key(self, kept: object) -> Hashable:
        """Return what it holds."""
        return held_by(kept)


def keeper_of(program: Program) -> tuple[Keeper, Any]:
    """Return what keeps the shared states of a program, and the first of them, kept.

    Raises ProgramError where they cannot be kept, or where one that came back does not equal itself.
    """
    try:
        shared = program.shared()
        restorable = all(callable(getattr(shared, method, None)) for method in ("snapshot", "restore"))
        keeper: Keeper = OwnSnapshots(shared) if restorable else Copies()
        kept = keeper.keep(shared)
        same = keeper.key(kept) == keeper.key(keeper.keep(keeper.back(kept)))
        hash(keeper.key(kept))
    except Exception as error:
        what = printable(f"{type(error).__name__}: {error}", 200)
        raise ProgramError(
            "merging restores the shared state, and this one cannot be kept: give it snapshot(), of hashable values, "
            f"and restore(snapshot); it raised {what}"
        ) from error
    if not same:
        raise ProgramError(
            f"merging restores the shared state, and {kind_of(shared)} that was restored does not equal itself: "
            "give it snapshot(), of values that can be compared, and restore(snapshot)"
        )
    return keeper, kept


class ExactNumbering(Numbering[Value]):
    """Gives equal values of equal types one small number. `key_of` says what is compared; 1 is not True."""

    def __init__(self, key_of: Callable[[Value], Hashable] | None = None) -> None:
        super().__init__()
        self._key_of = key_of or exact
        self._exact: dict[Hashable, int] = {}

    def number(self, value: Value) -> int:
        """Return the number of `value`, a new one if it was never met."""
        number = self._exact.setdefault(self._key_of(value), len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number


def exact(value: object) -> Hashable:
    """Return a value that is equal only for equal values of the same type, also within tuples."""
    if type(value) is tuple:
        return tuple(map(exact, value))
    return type(value), value


def is_value(value: object) -> bool:
    """Return whether something can be told again later: it is hashable, and a copy of it equals it."""
    try:
        hash(value)
        return bool(deepcopy(value) == value)
    except Exception:  # noqa: BLE001 - whatever a foreign type raises when it is hashed, copied or compared
        return False
