"""What a value holds, down to plain values, as something that can be compared later. It is bounded."""

from collections import deque
from collections.abc import Hashable, Iterable
from enum import Enum
from types import FunctionType, ModuleType, NoneType
from typing import Any

from lastseat.simulations.strategies.unseen.outside import is_own_module

MOST_PARTS = 1_000  # of one value; what holds more is not looked at

_PLAIN = (int, float, complex, str, bytes, bool, NoneType)
_SEQUENCES = (list, tuple, deque, bytearray)
_SETS = (set, frozenset)
_OPAQUE = (FunctionType, ModuleType, Enum)


class TooLargeError(Exception):
    """A value holds more than is looked at."""


def holding(value: object) -> Hashable | None:
    """Return what `value` holds now; None where it is too large, or refuses to be looked at.

    Seen through the containers of Python, and through the attributes of objects whose class is no library's. Nothing
    of theirs is called.
    """
    try:
        return _held(value, {}, [MOST_PARTS])
    except Exception:  # noqa: BLE001 - whatever a foreign type raises when it is looked at
        return None


def _held(value: Any, seen: dict[int, int], left: list[int]) -> Hashable:
    kind = type(value)
    if kind in _PLAIN:
        return kind, value
    if id(value) in seen:
        return "again", seen[id(value)]
    seen[id(value)] = len(seen)
    left[0] -= 1
    if left[0] < 0:
        raise TooLargeError
    listed = _listed(value)
    if listed is None:
        return "itself", id(value)
    parts = [_held(part, seen, left) for part in listed]
    own = () if isinstance(value, type) else tuple(_held(part, seen, left) for part in attributes_of(value).values())
    return kind, frozenset(parts) if isinstance(value, _SETS) else tuple(parts), own


def _listed(value: Any) -> Iterable[Any] | None:
    """Return the parts of a value, beside its attributes; None where it is not looked into."""
    if isinstance(value, dict):
        return (part for pair in dict.items(value) for part in pair)
    if isinstance(value, (*_SETS, *_SEQUENCES)):
        return iter(value)
    kind = value if isinstance(value, type) else type(value)
    if isinstance(value, _OPAQUE) or not is_own_module(kind.__module__):
        return None
    return (part for name, part in vars(value).items() if is_data(name, part)) if kind is value else ()


def attributes_of(value: object) -> dict[str, Any]:
    """Return the attributes that an object has itself, in its dictionary or in slots."""
    own: dict[str, Any] = {}
    for kind in reversed(type(value).__mro__):
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            slot = vars(kind).get(name)
            if slot is not None and hasattr(slot, "__get__"):
                try:
                    own[name] = slot.__get__(value, kind)
                except AttributeError:
                    continue
    own.update(getattr(value, "__dict__", {}))
    return own


def is_data(name: str, part: object) -> bool:
    """Return whether an attribute of a class is data that its instances share, and no method or the like."""
    return not (name.startswith("__") or callable(part) or hasattr(part, "__get__"))
