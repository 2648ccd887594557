"""What a value holds, seen through containers and attributes down to plain values, as one that can be compared."""

from collections.abc import Hashable, Iterable
from copy import deepcopy
from enum import Enum
from types import NoneType
from typing import Any

_PLAIN = (int, float, complex, str, bytes, bool, NoneType)
_CONTAINERS = (tuple, frozenset, list, dict, set)
_IDENTITY: Any = object.__eq__


def held_by(value: object) -> Hashable:
    """Return what a value holds, down to plain values, as one that can be compared.

    What is looked at is what a deep copy takes over. Something that can be changed and is held in two places is not
    the same as two that are alike: where it is met again, it stands there by its number.
    """
    return _Look(blind=False).held(value)


def compared_by(value: object) -> Hashable:
    """Return the same, but of what has no equality of its own, or cannot be taken apart, only the type."""
    try:
        held = _Look(blind=True).held(value)
        hash(held)
    except Exception:  # noqa: BLE001 - whatever a foreign type raises when it is taken apart
        return (type(value),)
    return held


class _Look:
    """One look at a value: what was met already, and whether it is `blind` to what has no equality of its own."""

    def __init__(self, *, blind: bool) -> None:
        self._blind = blind
        self._seen: dict[int, int] = {}
        self._alive: list[object] = []  # so that no other object gets the id of one that was met

    def held(self, value: Any) -> Hashable:
        """Return what a value holds."""
        kind = type(value)
        if kind in _PLAIN:
            return kind, value
        if self._blind and isinstance(value, Enum):
            return kind, value.name
        if self._blind and kind.__eq__ is _IDENTITY:
            return (kind,)
        if id(value) in self._seen:
            return "again", self._seen[id(value)]
        self._alive.append(value)
        if kind not in _CONTAINERS and deepcopy(value) is value:
            return kind, value  # a function, a class, a member of an enum
        if kind not in (tuple, frozenset):  # what cannot be changed is the same as another that is alike
            self._seen[id(value)] = len(self._seen)
        if kind in (set, frozenset):
            return kind, frozenset(self._each(value))
        if kind in (tuple, list):
            return kind, self._each(value)
        if kind is dict:
            return kind, self._each(value.keys()), self._each(value.values())
        return kind, *self._parts(value)

    def _parts(self, value: Any) -> tuple[Hashable, ...]:
        """Return what an object is made of when it is copied."""
        _, arguments, *rest = value.__reduce_ex__(4)
        state, listed, items = (*rest, None, None, None)[:3]
        return self._each(arguments), self.held(state), self._each(listed or ()), self._each(items or ())

    def _each(self, values: Iterable[Any]) -> tuple[Hashable, ...]:
        return tuple(map(self.held, values))
