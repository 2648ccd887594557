"""Lists and deques. Each is one location: two steps on one commute only where both look."""

from collections import deque
from collections.abc import Hashable, Iterable
from operator import delitem, setitem
from types import MappingProxyType
from typing import Any, ClassVar

from lastseat.simulations.kernel.objects.containers import Change, LookInto, Sequence
from lastseat.simulations.kernel.objects.shared import hashable


def _item(contents: list[Any], place: int | slice) -> Any:
    found = contents[place]
    return tuple(found) if isinstance(place, slice) else found


def _next(contents: list[Any], place: int) -> tuple[Any, ...]:
    return (contents[place],) if place < len(contents) else ()


def _next_unless_changed(contents: deque[Any], place: int, start: tuple[Any, ...]) -> tuple[Any, ...]:
    if tuple(contents) != start:
        raise RuntimeError("deque mutated during iteration")
    return start[place : place + 1]


def _sort(contents: list[Any], key: Any, reverse: bool) -> None:
    ordered = sorted(contents, key=key, reverse=reverse)  # of its own: an error leaves the list as it was
    contents[:] = ordered


class List(Sequence):
    """A list. Its items must be hashable; its value is the tuple of them. It is one location.

    >>> from lastseat.testing import List, Shared, blocking, explore
    >>> def take(shared):
    ...     if shared.jobs:
    ...         return shared.jobs.pop()
    >>> found = explore([blocking(take)] * 2, shared=lambda: Shared(jobs=List(["a"])))
    >>> found.violations[0].name
    'uncaught IndexError'

    In a generator, or an `async def`: `yield shared.jobs[0]`, `yield shared.jobs.set(0, "b")`,
    `yield shared.jobs.delete(0)`, `yield shared.jobs.contains("a")`, `yield shared.jobs.size()`,
    `yield shared.jobs.copy()`. A slice is given as a tuple there.
    """

    looks: ClassVar = MappingProxyType({
        "size": len,
        "contains": list.__contains__,
        "index": list.index,
        "count": list.count,
        "get-item": _item,
        "next": _next,
        "copy": tuple,
    })  # fmt: skip
    changes: ClassVar = MappingProxyType({
        "append": list.append,
        "extend": list.extend,
        "insert": list.insert,
        "pop": list.pop,
        "remove": list.remove,
        "clear": list.clear,
        "reverse": list.reverse,
        "sort": _sort,
        "set": setitem,
        "delete": delitem,
    })  # fmt: skip
    contents: list[Any]

    def __init__(self, items: Iterable[Hashable] = ()) -> None:
        super().__init__(tuple(items))

    @property
    def value(self) -> tuple[Any, ...]:
        """Return the items."""
        return tuple(self.contents)

    @value.setter
    def value(self, items: tuple[Any, ...]) -> None:
        self.contents = list(items)

    def __getitem__(self, place: int | slice) -> LookInto:
        return self.look("get-item", place)

    def append(self, item: Hashable, /) -> Change:
        """Return the operation that puts an item last."""
        return self.change("append", hashable(self, item))

    def extend(self, items: Iterable[Hashable], /) -> Change:
        """Return the operation that puts several items last, in one step."""
        return self.change("extend", hashable(self, tuple(items)))

    def insert(self, place: int, item: Hashable, /) -> Change:
        """Return the operation that puts an item in a place."""
        return self.change("insert", place, hashable(self, item))

    def pop(self, place: int = -1, /) -> Change:
        """Return the operation that takes an item out and gives it; it raises IndexError where there is none."""
        return self.change("pop", place)

    def remove(self, item: Hashable, /) -> Change:
        """Return the operation that takes an item out; it raises ValueError where it is not there."""
        return self.change("remove", item)

    def clear(self) -> Change:
        """Return the operation that takes all items out."""
        return self.change("clear")

    def reverse(self) -> Change:
        """Return the operation that turns the order of the items."""
        return self.change("reverse")

    def sort(self, *, key: Any = None, reverse: bool = False) -> Change:
        """Return the operation that sorts the items, in one step."""
        return self.change("sort", key, reverse)

    def set(self, place: int | slice, item: Any, /) -> Change:
        """Return the operation that replaces an item, or those of a slice."""
        given = hashable(self, tuple(item) if isinstance(place, slice) else item)
        return self.change("set", place, given)

    def delete(self, place: int | slice, /) -> Change:
        """Return the operation that takes an item out, or those of a slice."""
        return self.change("delete", place)

    def index(self, item: Hashable, start: int = 0, stop: int = 1 << 62, /) -> LookInto:
        """Return the operation that gives the first place of an item; it raises ValueError where there is none."""
        return self.look("index", item, start, stop)

    def count(self, item: Hashable, /) -> LookInto:
        """Return the operation that says how often an item is there."""
        return self.look("count", item)

    def next_item(self, place: int, start: Any = None) -> LookInto:
        """Return the operation that gives the item in a place, in a tuple; () where there is none."""
        del start
        return self.look("next", place)


class Deque(Sequence):
    """A deque. Its items must be hashable; its value is the tuple of them. It is one location.

    With a `maxlen`, an item that is added to a full one pushes another out at the other end.

    >>> from lastseat.testing import Deque, Shared, explore
    >>> def take(shared):
    ...     if (yield shared.jobs.size()):
    ...         return (yield shared.jobs.popleft())
    >>> explore([take] * 2, shared=lambda: Shared(jobs=Deque(["a"]))).violations[0].witness
    'process 0: IndexError: pop from an empty deque'
    """

    looks: ClassVar = MappingProxyType({
        "size": len,
        "contains": deque.__contains__,
        "index": deque.index,
        "count": deque.count,
        "get-item": deque.__getitem__,
        "next": _next_unless_changed,
        "copy": tuple,
    })  # fmt: skip
    changes: ClassVar = MappingProxyType({
        "append": deque.append,
        "appendleft": deque.appendleft,
        "extend": deque.extend,
        "extendleft": deque.extendleft,
        "pop": deque.pop,
        "popleft": deque.popleft,
        "remove": deque.remove,
        "rotate": deque.rotate,
        "clear": deque.clear,
    })  # fmt: skip
    constants = ("maxlen",)
    contents: deque[Any]

    def __init__(self, items: Iterable[Hashable] = (), maxlen: int | None = None) -> None:
        self.maxlen = maxlen
        super().__init__(tuple(items))

    @property
    def value(self) -> tuple[Any, ...]:
        """Return the items."""
        return tuple(self.contents)

    @value.setter
    def value(self, items: tuple[Any, ...]) -> None:
        self.contents = deque(items, self.maxlen)

    def __getitem__(self, place: int) -> LookInto:
        return self.look("get-item", place)

    def append(self, item: Hashable, /) -> Change:
        """Return the operation that puts an item last."""
        return self.change("append", hashable(self, item))

    def appendleft(self, item: Hashable, /) -> Change:
        """Return the operation that puts an item first."""
        return self.change("appendleft", hashable(self, item))

    def extend(self, items: Iterable[Hashable], /) -> Change:
        """Return the operation that puts several items last, in one step."""
        return self.change("extend", hashable(self, tuple(items)))

    def extendleft(self, items: Iterable[Hashable], /) -> Change:
        """Return the operation that puts several items first, one before the other, in one step."""
        return self.change("extendleft", hashable(self, tuple(items)))

    def pop(self) -> Change:
        """Return the operation that takes the last item out and gives it; IndexError where there is none."""
        return self.change("pop")

    def popleft(self) -> Change:
        """Return the operation that takes the first item out and gives it; IndexError where there is none."""
        return self.change("popleft")

    def remove(self, item: Hashable, /) -> Change:
        """Return the operation that takes an item out; it raises ValueError where it is not there."""
        return self.change("remove", item)

    def rotate(self, steps: int = 1, /) -> Change:
        """Return the operation that moves so many items from the end to the start."""
        return self.change("rotate", steps)

    def clear(self) -> Change:
        """Return the operation that takes all items out."""
        return self.change("clear")

    def index(self, item: Hashable, start: int = 0, stop: int = 1 << 62, /) -> LookInto:
        """Return the operation that gives the first place of an item; it raises ValueError where there is none."""
        return self.look("index", item, start, stop)

    def count(self, item: Hashable, /) -> LookInto:
        """Return the operation that says how often an item is there."""
        return self.look("count", item)

    def next_item(self, place: int, start: Any = None) -> LookInto:
        """Return the operation that gives the item in a place, in a tuple; it raises RuntimeError after a change."""
        return self.look("next", place, start)
