"""Shared dicts, lists and deques in Python's own syntax: each look and each change is a step.

A loop over one takes a step for each item, and one to see that there is no more. So it meets what others change
meanwhile, as it does in Python: a dict or a deque whose size changes raises RuntimeError. `list(…)` of one is such a
loop too; `copy()` takes all in one step.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lastseat.simulations.doors.proxies import LockProxy, ObjectProxy, Take
from lastseat.simulations.kernel.objects import Container, Deque, Dict, Lockable, Sequence, Shared, SharedObject
from lastseat.simulations.kernel.operations import Operation


class ContainerProxy(ObjectProxy):
    """What all containers can do."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]
    _on: Container

    def __bool__(self) -> bool:
        return bool(self._take(self._on.size()))

    def __len__(self) -> int:
        return int(self._take(self._on.size()))

    def __contains__(self, item: Any) -> bool:
        return bool(self._take(self._on.contains(item)))

    def __eq__(self, other: object) -> bool:
        return bool(self.copy() == (other.copy() if isinstance(other, ContainerProxy) else other))

    def copy(self) -> Any:
        """Return a copy of all that it holds, in one step."""
        raise NotImplementedError


class SequenceProxy(ContainerProxy):
    """A list or a deque."""

    __slots__ = ()
    _on: Any  # a sequence, with the operations of its kind

    def __getitem__(self, place: int | slice) -> Any:
        found = self._take(self._on[place])
        return list(found) if isinstance(place, slice) else found

    def __setitem__(self, place: int | slice, item: Any) -> None:
        self._take(self._on.set(place, item))

    def __delitem__(self, place: int | slice) -> None:
        self._take(self._on.delete(place))

    def __iadd__(self, items: Iterable[Any]) -> "SequenceProxy":
        self._take(self._on.extend(items))
        return self

    def __iter__(self) -> Iterator[Any]:
        # Only a deque tells whether it was changed.
        return self._each(self._take(self._on.copy()) if isinstance(self._on, Deque) else None)

    def _each(self, start: Any) -> Iterator[Any]:
        place = 0
        while found := self._take(self._on.next_item(place, start)):
            place += 1
            yield found[0]

    def copy(self) -> Any:
        """Return a copy of all that it holds, in one step."""
        items = self._take(self._on.copy())
        return deque(items, self._on.maxlen) if isinstance(self._on, Deque) else list(items)


class DictProxy(ContainerProxy):
    """A dict."""

    __slots__ = ()
    _on: Dict

    def __getitem__(self, key: Any) -> Any:
        return self._take(self._on[key])

    def __setitem__(self, key: Any, value: Any) -> None:
        self._take(self._on.set(key, value))

    def __delitem__(self, key: Any) -> None:
        self._take(self._on.delete(key))

    def __ior__(self, other: Any) -> "DictProxy":
        self._take(self._on.update(other))
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(self.keys())

    def keys(self) -> "View":
        """Return the keys, to be looked at in steps."""
        return View(self._on, self._take, self._on.keys, self._on.next_key, 0)

    def values(self) -> "View":
        """Return the values, to be looked at in steps."""
        return View(self._on, self._take, self._on.values, self._on.next_item, 1)

    def items(self) -> "View":
        """Return the keys with their values, to be looked at in steps."""
        return View(self._on, self._take, self._on.items, self._on.next_item, slice(2))

    def copy(self) -> dict[Any, Any]:
        """Return a copy of all that it holds, in one step."""
        return dict(self._take(self._on.copy()))


class View:
    """The keys, the values or the items of a dict, as it is when it is looked at."""

    __slots__ = ("_all", "_next", "_on", "_part", "_take")
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self,
        on: Dict,
        take: Take,
        every: Callable[[], Operation],
        following: Callable[[int, tuple[Any, ...]], Operation],
        part: int | slice,
    ) -> None:
        self._on, self._take, self._all, self._next, self._part = on, take, every, following, part

    def __repr__(self) -> str:
        return f"{self._on.name}.{self._all.__name__}()"

    def __len__(self) -> int:
        return int(self._take(self._on.size()))

    def __contains__(self, item: Any) -> bool:
        return bool(self._take(self._on.contains(item))) if self._part == 0 else item in self._take(self._all())

    def __eq__(self, other: object) -> bool:
        there = set(other) if isinstance(other, View) else other
        return bool(self._part != 1 and set(self._take(self._all())) == there)

    def __iter__(self) -> Iterator[Any]:
        return self._each(self._take(self._on.size()))

    def _each(self, size: int) -> Iterator[Any]:
        met: tuple[Any, ...] = ()
        while found := self._take(self._next(size, met)):
            met = (*met, found[0])
            yield found[self._part]


class SharedProxy:
    """A `Shared` whose objects take the operations that they would return."""

    __slots__ = ("_shared", "_take")

    def __init__(self, shared: Shared, take: Take) -> None:
        object.__setattr__(self, "_shared", shared)
        object.__setattr__(self, "_take", take)

    def __repr__(self) -> str:
        return "shared"

    def __getattr__(self, name: str) -> Any:
        held = getattr(self._shared, name)
        if not isinstance(held, SharedObject):
            raise AttributeError(f"there is no shared object {name!r}")
        return proxy_of(held, self._take)

    def __setattr__(self, name: str, value: object) -> None:
        held = getattr(self._shared, name)
        if not (isinstance(value, ObjectProxy) and value.stands_for(held)):  # as it is after `shared.jobs += [1]`
            raise AttributeError(f"{name} stays the same object: change it by its operations")


def proxy_of(held: SharedObject, take: Take) -> ObjectProxy:
    """Return what takes the operations of a shared object."""
    if isinstance(held, Dict):
        return DictProxy(held, take)
    if isinstance(held, Sequence):
        return SequenceProxy(held, take)
    return LockProxy(held, take) if isinstance(held, Lockable) else ObjectProxy(held, take)
