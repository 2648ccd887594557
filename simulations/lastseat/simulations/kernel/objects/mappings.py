"""Dicts."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from lastseat.simulations.kernel.objects.entries import (
    Clear,
    Contains,
    Delete,
    Entries,
    Get,
    GetItem,
    Items,
    Keys,
    NextItem,
    NextKey,
    Pop,
    PopItem,
    SetDefault,
    SetItem,
    Size,
    Update,
    Values,
)
from lastseat.simulations.kernel.objects.shared import hashable

NOTHING: Any = object()  # where no default is given


class Dict(Entries):
    """A dict. Keys and values must be hashable; its value is the tuple of its items, in their order.

    Each key is a location, and the set of keys is one: steps on different keys commute, unless they add or take out
    some. `update`, `popitem`, `setdefault` and `copy` are one step each, as in CPython.

    >>> from lastseat.testing import Dict, Shared, blocking, explore
    >>> def load(shared):
    ...     if "config" not in shared.cache:
    ...         shared.cache["config"] = "loaded"
    ...         return "load"
    >>> cached = explore([blocking(load)] * 2, shared=lambda: Shared(cache=Dict()))
    >>> ("load", "load") in cached.vectors
    True

    In a generator, or an `async def`: `yield shared.cache.contains("config")`, `yield shared.cache["config"]`,
    `yield shared.cache.set("config", 1)`, `yield shared.cache.delete("config")`, `yield shared.cache.size()`.
    """

    def __init__(self, items: Mapping[Any, Any] | Iterable[tuple[Any, Any]] = (), /, **named: Any) -> None:
        super().__init__(tuple(dict(items, **named).items()))

    def __getitem__(self, key: Hashable) -> GetItem:
        return GetItem(self, hashable(self, key))

    def contains(self, key: Hashable, /) -> Contains:
        """Return the operation that says whether a key is there."""
        return Contains(self, hashable(self, key))

    def get(self, key: Hashable, default: Any = None, /) -> Get:
        """Return the operation that looks a key up, and gives `default` where it is not there."""
        return Get(self, hashable(self, key), default)

    def set(self, key: Hashable, value: Hashable, /) -> SetItem:
        """Return the operation that gives a key a value."""
        return SetItem(self, hashable(self, key), hashable(self, value))

    def setdefault(self, key: Hashable, default: Hashable = None, /) -> SetDefault:
        """Return the operation that gives a key a value if it has none, and gives the one that it has then."""
        return SetDefault(self, hashable(self, key), hashable(self, default))

    def delete(self, key: Hashable, /) -> Delete:
        """Return the operation that takes a key out, and raises KeyError where it is not there."""
        return Delete(self, hashable(self, key))

    def pop(self, key: Hashable, default: Any = NOTHING, /) -> Pop:
        """Return the operation that takes a key out and gives its value, or `default` if there is one."""
        return Pop(self, hashable(self, key), () if default is NOTHING else (default,))

    def popitem(self) -> PopItem:
        """Return the operation that takes the last key out and gives it with its value."""
        return PopItem(self)

    def update(self, items: Mapping[Any, Any] | Iterable[tuple[Any, Any]] = (), /, **named: Any) -> Update:
        """Return the operation that gives several keys values, in one step."""
        return Update(self, hashable(self, tuple(dict(items, **named).items())))

    def clear(self) -> Clear:
        """Return the operation that takes all keys out."""
        return Clear(self)

    def size(self) -> Size:
        """Return the operation that counts the keys."""
        return Size(self)

    def next_key(self, size: int, met: tuple[Any, ...]) -> NextKey:
        """Return the operation that gives the first key that was not `met`, in a tuple; () at the end.

        It raises RuntimeError where there are not `size` keys any more.
        """
        return NextKey(self, size, met)

    def next_item(self, size: int, met: tuple[Any, ...]) -> NextItem:
        """Return the operation that gives the next key and its value; see `next_key`."""
        return NextItem(self, size, met)

    def keys(self) -> Keys:
        """Return the operation that gives all keys."""
        return Keys(self)

    def values(self) -> Values:
        """Return the operation that gives all values."""
        return Values(self)

    def items(self) -> Items:
        """Return the operation that gives all keys with their values."""
        return Items(self)

    copy = items
