"""The operations of a dict. Each key is a location, and which keys there are, in which order, is one more."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lastseat.simulations.kernel.objects.containers import Container, in_all
from lastseat.simulations.kernel.objects.shared import Look, Touch
from lastseat.simulations.kernel.operations import Location


class Entries(Container):
    """What a dict holds."""

    contents: dict[Any, Any]

    @property
    def value(self) -> tuple[tuple[Any, Any], ...]:
        """Return the items."""
        return tuple(self.contents.items())

    @value.setter
    def value(self, items: tuple[tuple[Any, Any], ...]) -> None:
        self.contents = dict(items)

    def put(self, items: tuple[tuple[Hashable, Hashable], ...]) -> tuple[Location, ...]:
        """Set items, and return what that changes."""
        known = len(self.contents)
        self.contents.update(items)
        added = (self.name,) if len(self.contents) > known else ()
        return (*((self.name, key) for key, _ in items), *added)


@dataclass(frozen=True, slots=True)
class ChangeEntries(Touch):
    """An operation that knows what it changed only when it has: `changed`."""

    conditional: ClassVar[bool] = True
    on: Entries
    changed: tuple[Location, ...] = field(default=(), init=False, compare=False, repr=False)

    def note(self, changed: tuple[Location, ...]) -> None:
        """Note what was changed."""
        object.__setattr__(self, "changed", changed)

    def wrote(self, _result: object, /) -> tuple[Location, ...]:
        """Return what was changed when it was performed, just now."""
        return self.changed


@dataclass(frozen=True, slots=True)
class LookAtKey(Look):
    """An operation that looks at one key."""

    on: Entries
    entry: Hashable

    @property
    def reads(self) -> tuple[Location, ...]:
        """Return the key."""
        return ((self.on.name, self.entry),)


@dataclass(frozen=True, slots=True)
class Contains(LookAtKey):
    """Look whether a key is there."""

    kind: ClassVar[str] = "contains"

    def perform(self, _shared: object, /) -> bool:
        """Return whether it is."""
        return self.entry in self.on.contents


@dataclass(frozen=True, slots=True)
class GetItem(LookAtKey):
    """Look up a key. Raises KeyError where it is not there."""

    kind: ClassVar[str] = "get-item"

    def perform(self, _shared: object, /) -> Any:
        """Return its value."""
        return self.on.contents[self.entry]


@dataclass(frozen=True, slots=True)
class Get(LookAtKey):
    """Look up a key; the result is its value, or a default."""

    kind: ClassVar[str] = "get"
    default: Any = None

    def perform(self, _shared: object, /) -> Any:
        """Return its value, or the default."""
        return self.on.contents.get(self.entry, self.default)


@dataclass(frozen=True, slots=True)
class ChangeKey(ChangeEntries):
    """An operation that may change one key, and so which keys there are."""

    entry: Hashable

    @property
    def reads(self) -> tuple[Location, ...]:
        """Return the key."""
        return ((self.on.name, self.entry),)

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return the key, and the set of keys."""
        return ((self.on.name, self.entry), self.on.name)


@dataclass(frozen=True, slots=True)
class SetItem(ChangeKey):
    """Give a key a value."""

    kind: ClassVar[str] = "set"
    value: Hashable

    def perform(self, _shared: object, /) -> None:
        """Set it."""
        self.note(self.on.put(((self.entry, self.value),)))


@dataclass(frozen=True, slots=True)
class SetDefault(ChangeKey):
    """Give a key a value if it has none; the result is the one that it has then."""

    kind: ClassVar[str] = "setdefault"
    default: Hashable

    def perform(self, _shared: object, /) -> Any:
        """Set it, or not."""
        if self.entry not in self.on.contents:
            self.note(self.on.put(((self.entry, self.default),)))
        return self.on.contents[self.entry]


@dataclass(frozen=True, slots=True)
class Delete(ChangeKey):
    """Take a key out. Raises KeyError where it is not there."""

    kind: ClassVar[str] = "delete"

    def perform(self, _shared: object, /) -> None:
        """Take it out."""
        del self.on.contents[self.entry]
        self.note(self.writes)


@dataclass(frozen=True, slots=True)
class Pop(ChangeKey):
    """Take a key out; the result is its value, or a default. Raises KeyError where there is neither."""

    kind: ClassVar[str] = "pop"
    default: tuple[Any, ...] = ()

    def perform(self, _shared: object, /) -> Any:
        """Take it out."""
        self.note(self.writes if self.entry in self.on.contents else ())
        return self.on.contents.pop(self.entry, *self.default)


@dataclass(frozen=True, slots=True)
class PopItem(Touch):
    """Take the last key out; the result is the key with its value. Raises KeyError where there is none."""

    kind: ClassVar[str] = "popitem"
    conditional: ClassVar[bool] = True
    on: Entries

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return all."""
        return in_all(self.on.name)

    def perform(self, _shared: object, /) -> Any:
        """Take it out."""
        return self.on.contents.popitem()

    def wrote(self, result: Any, /) -> tuple[Location, ...]:
        """Return the key, and the set of keys."""
        return ((self.on.name, result[0]), self.on.name)


@dataclass(frozen=True, slots=True)
class Update(ChangeEntries):
    """Give several keys values, in one step."""

    kind: ClassVar[str] = "update"
    items: tuple[tuple[Hashable, Hashable], ...]

    @property
    def reads(self) -> tuple[Location, ...]:
        """Return the keys."""
        return tuple((self.on.name, key) for key, _ in self.items)

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return the keys, and the set of keys."""
        return (*self.reads, self.on.name)

    def perform(self, _shared: object, /) -> None:
        """Set them."""
        self.note(self.on.put(self.items))


@dataclass(frozen=True, slots=True)
class Clear(ChangeEntries):
    """Take all keys out; the result is None."""

    kind: ClassVar[str] = "clear"

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return all."""
        return in_all(self.on.name)

    def perform(self, _shared: object, /) -> None:
        """Take them out."""
        self.note(self.writes if self.on.contents else ())
        self.on.contents.clear()


@dataclass(frozen=True, slots=True)
class Size(Look):
    """Count the keys."""

    kind: ClassVar[str] = "size"
    on: Entries

    def perform(self, _shared: object, /) -> int:
        """Return how many there are."""
        return len(self.on.contents)


@dataclass(frozen=True, slots=True)
class Keys(Look):
    """Give all keys, as a tuple, in one step."""

    kind: ClassVar[str] = "keys"
    on: Entries

    def perform(self, _shared: object, /) -> tuple[Any, ...]:
        """Return them."""
        return tuple(self.on.contents)


@dataclass(frozen=True, slots=True)
class LookAtAll(Look):
    """An operation that looks at all values."""

    on: Entries

    @property
    def reads(self) -> tuple[Location, ...]:
        """Return all."""
        return in_all(self.on.name)


@dataclass(frozen=True, slots=True)
class Values(LookAtAll):
    """Give all values, as a tuple, in one step."""

    kind: ClassVar[str] = "values"

    def perform(self, _shared: object, /) -> tuple[Any, ...]:
        """Return them."""
        return tuple(self.on.contents.values())


@dataclass(frozen=True, slots=True)
class Items(LookAtAll):
    """Give all keys with their values, as a tuple, in one step."""

    kind: ClassVar[str] = "items"

    def perform(self, _shared: object, /) -> tuple[Any, ...]:
        """Return them."""
        return tuple(self.on.contents.items())


@dataclass(frozen=True, slots=True)
class NextKey(Look):
    """Go on to the first key that was not `met`, in a tuple; () at the end.

    Raises RuntimeError where there are not as many keys as at the start, as iteration over a dict does.
    """

    kind: ClassVar[str] = "next"
    on: Entries
    size: int
    met: tuple[Any, ...]

    def perform(self, _shared: object, /) -> tuple[Any, ...]:
        """Return the key."""
        if len(self.on.contents) != self.size:
            raise RuntimeError("dictionary changed size during iteration")
        return next(((key,) for key in self.on.contents if key not in self.met), ())


@dataclass(frozen=True, slots=True)
class NextItem(NextKey):
    """Go on to the next key, with its value."""

    @property
    def reads(self) -> tuple[Location, ...]:
        """Return all."""
        return in_all(self.on.name)

    def perform(self, _shared: object, /) -> tuple[Any, ...]:
        """Return the key and the value."""
        found = NextKey.perform(self, _shared)
        return (*found, self.on.contents[found[0]]) if found else ()
