"""The shared state of a program: objects under names. All that an object is stands in its `value`."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lastseat.simulations.common.values import value_told
from lastseat.simulations.kernel.operations import Location, Operation


class SharedObject:
    """One object of a `Shared`, which names it. Its whole state is its `value`, which must be hashable.

    Derive from it to make a shared object of your own, whose steps are methods with `step`. Where the state is no
    hashable value, as that of a connection, define `value` as a property that shows it as one.

    >>> from lastseat.testing import Shared, SharedObject, explore, step
    >>> class Account(SharedObject):
    ...     def __init__(self, money):
    ...         super().__init__(money)
    ...     @step
    ...     def deposit(self, amount):
    ...         self.value += amount
    >>> def pay(shared):
    ...     yield shared.account.deposit(5)
    >>> explore([pay, pay], shared=lambda: Shared(account=Account(1))).finals
    frozenset({(('account', 11),)})

    Raises TypeError where the value is not hashable.
    """

    name: str = ""
    value: Any = None
    constants: ClassVar[tuple[str, ...]] = ()  # attributes that never change: to look at them is no step
    has_parts: ClassVar[bool] = False  # whether some steps touch parts of it, and not the whole
    under_way: bool = False  # whether a step of it is being performed

    shows_its_value: ClassVar[bool] = False  # whether that is a property that cannot be set

    def __init_subclass__(cls) -> None:
        shown = cls.value  # of a class, the property itself
        cls.shows_its_value = isinstance(shown, property) and shown.fset is None

    def __init__(self, value: Hashable = None) -> None:
        try:
            hash(value)
        except TypeError:
            raise unhashable(self, value) from None
        if not self.shows_its_value:
            self.value = value

    def parts(self) -> "Mapping[str, SharedObject]":
        """Return the objects that this one works with, such as the mutex of a condition."""
        return {}


def hashable(on: SharedObject, value: Any) -> Any:
    """Return a value that may be shared. Raises TypeError, in one line, where it is not hashable."""
    try:
        hash(value)
    except TypeError:
        raise unhashable(on, value) from None
    return value


def unhashable(on: SharedObject, value: object) -> TypeError:
    """Return the error that says that a value may not be shared."""
    who, what = on.name or f"a {type(on).__name__}", f"a {type(value).__name__}, {value_told(value)}"
    return TypeError(f"{who} is given {what}: what is shared must be hashable, as a tuple is")


class Shared:
    """The shared state of a program: objects under names, as attributes.

    Make it, and all that is in it, anew for every execution. A part of an object that has no name of its own is named
    after it: the mutex of the condition `changed` is then `changed.mutex`.

    >>> from lastseat.testing import Mutex, Register, Shared
    >>> shared = Shared(counter=Register(0), lock=Mutex())
    >>> shared.counter.value, shared.snapshot()
    (0, (('counter', 0), ('lock', 1)))

    Raises TypeError where something in it is no shared object, stands there twice or was in another `Shared`, and
    where it has the name of something that a `Shared` has itself.
    """

    def __init__(self, **objects: SharedObject) -> None:
        self._objects = objects
        for name, held in objects.items():
            if not isinstance(held, SharedObject):
                raise TypeError(f"{name} is a {type(held).__name__} and no shared object")
            if name.startswith("_") or hasattr(type(self), name):
                raise TypeError(f"a shared object cannot be called {name}")
            if held.name and objects.get(held.name) is held and held.name != name:
                raise TypeError(f"{name} and {held.name} are the same object")
            if held.name:
                raise TypeError(
                    f"{name} belongs to another shared state; make it inside of the function that makes this one"
                )
            held.name = name
        for name, held in list(objects.items()):
            for word, part in held.parts().items():
                if not part.name:
                    part.name = f"{name}.{word}"
                    objects[part.name] = part
                elif objects.get(part.name) is not part:
                    raise TypeError(f"the {word} of {name} belongs to another shared state")
        self.__dict__.update(objects)

    def __getattr__(self, name: str) -> Any:  # so that type checkers know that there are attributes
        raise AttributeError(f"there is no shared object {name!r}")

    def snapshot(self) -> tuple[tuple[str, Hashable], ...]:
        """Return the names and values of all objects."""
        return tuple((name, held.value) for name, held in self._objects.items())

    def restore(self, snapshot: tuple[tuple[str, Hashable], ...]) -> None:
        """Give all objects the values of a snapshot. They stay the same objects, as operations hold them."""
        for name, value in snapshot:
            held = self._objects[name]
            if held.shows_its_value:
                raise TypeError(f"{name}, a {type(held).__name__}, only shows its value, which cannot be put back")
            held.value = value


@dataclass(frozen=True, slots=True)
class Touch(Operation):
    """An operation on one object. `on` is the object of the execution in which the operation was made."""

    on: SharedObject

    @property
    def reads(self) -> tuple[Location, ...]:
        """Return the object's name: what every operation does is decided by the object."""
        return (self.on.name,)

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return the object's name."""
        return (self.on.name,)

    def wrote_raising(self, error: Exception, /) -> tuple[Location, ...]:
        """Return nothing: a ready-made object raises before it changes anything."""
        del error
        return ()


@dataclass(frozen=True, slots=True)
class Look(Touch):
    """An operation that changes nothing."""

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return nothing."""
        return ()
