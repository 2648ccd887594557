"""What dicts, lists and deques have in common: their contents, and that Python's own syntax takes no step on them."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

from lastseat.simulations.kernel.objects.shared import Look, SharedObject, Touch
from lastseat.simulations.kernel.operations import Location, Operation


class Container(SharedObject):
    """A shared container. Its value is the tuple of what it holds.

    A blocking function uses it in Python's own syntax. In a generator, or an `async def`, that would take no step: it
    raises TypeError, which says what to write.
    """

    def size(self) -> Operation:
        """Return the operation that counts what it holds."""
        raise NotImplementedError

    def contains(self, item: Hashable, /) -> Operation:
        """Return the operation that says whether it holds that."""
        raise NotImplementedError

    def copy(self) -> Operation:
        """Return the operation that gives all that it holds, in one step."""
        raise NotImplementedError

    def _refuse(self, what: str, instead: str) -> NoReturn:
        raise TypeError(f"{what} of {self.name} is no step: write `{instead}`, with yield or await")

    def __bool__(self) -> NoReturn:  # noqa: PLE0304 - it raises
        self._refuse("the truth", f"{self.name}.size()")

    def __len__(self) -> NoReturn:  # noqa: PLE0303 - it raises
        self._refuse("len", f"{self.name}.size()")

    def __contains__(self, item: object) -> NoReturn:
        self._refuse("`in`", f"{self.name}.contains(…)")

    def __iter__(self) -> NoReturn:
        self._refuse("iteration", f"{self.name}.copy()")

    def __setitem__(self, key: object, value: object) -> NoReturn:
        self._refuse("an assignment to an item", f"{self.name}.set(…, …)")

    def __delitem__(self, key: object) -> NoReturn:
        self._refuse("`del`", f"{self.name}.delete(…)")


Function = Callable[..., Any]  # of the contents and the arguments


@dataclass(frozen=True, slots=True)
class LookInto(Look):
    """Look into a sequence, by the name of a method."""

    method: str
    arguments: tuple[Any, ...] = ()

    @property
    def kind(self) -> str:  # type: ignore[override]
        """Return the name of the method."""
        return self.method

    def perform(self, _shared: object, /) -> Any:
        """Call it on the contents."""
        on: Any = self.on
        return on.looks[self.method](on.contents, *self.arguments)


@dataclass(frozen=True, slots=True)
class Change(Touch):
    """Change a sequence, by the name of a method."""

    method: str
    arguments: tuple[Any, ...] = ()

    @property
    def kind(self) -> str:  # type: ignore[override]
        """Return the name of the method."""
        return self.method

    def perform(self, _shared: object, /) -> Any:
        """Call it on the contents."""
        on: Any = self.on
        return on.changes[self.method](on.contents, *self.arguments)


class Sequence(Container):
    """A container whose items have an order. `looks` and `changes` are what its operations do with the contents."""

    looks: ClassVar[Mapping[str, Function]]
    changes: ClassVar[Mapping[str, Function]]
    contents: Any

    def look(self, method: str, *arguments: Any) -> LookInto:
        """Return an operation that changes nothing."""
        return LookInto(self, method, arguments)

    def change(self, method: str, *arguments: Any) -> Change:
        """Return an operation that changes the contents."""
        return Change(self, method, arguments)

    def size(self) -> LookInto:
        """Return the operation that counts the items."""
        return self.look("size")

    def contains(self, item: Hashable, /) -> LookInto:
        """Return the operation that says whether an item is in it."""
        return self.look("contains", item)

    def copy(self) -> LookInto:
        """Return the operation that gives all items, as a tuple."""
        return self.look("copy")

    def next_item(self, place: int, start: Any = None) -> Operation:
        """Return the operation that gives the item in a place, in a tuple; () where there is none."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Every:
    """The location of all parts of an object: it is the same as that of each, `(name, part)`."""

    name: str

    def __eq__(self, other: object) -> bool:
        if isinstance(other, tuple):
            return len(other) == 2 and bool(other[0] == self.name)
        return isinstance(other, Every) and other.name == self.name

    def __hash__(self) -> int:
        return hash(("all of", self.name))

    def __repr__(self) -> str:
        return f"all of {self.name}"


def in_all(name: str) -> tuple[Location, ...]:
    """Return the locations of an object and of all of its parts."""
    return name, Every(name)
