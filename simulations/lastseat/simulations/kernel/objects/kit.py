"""A kit for shared objects of your own: a method becomes a step."""

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MethodType
from typing import Any, ClassVar, TypeAlias, overload

from lastseat.simulations.kernel.actions import FAILING, Fault, FaultKind
from lastseat.simulations.kernel.objects.containers import in_all
from lastseat.simulations.kernel.objects.shared import SharedObject, Touch, hashable
from lastseat.simulations.kernel.operations import Location

Parts: TypeAlias = tuple[Hashable, ...] | Callable[..., tuple[Hashable, ...]] | None


@dataclass(frozen=True, slots=True)
class Declared:
    """A method that is a step, and what was said of it; see `step`."""

    function: Callable[..., Any]
    reads: Parts
    writes: Parts
    when: Callable[..., object] | None
    key: Callable[[Any], Any] | None
    failing: Collection[Fault] | None


@dataclass(frozen=True, slots=True)
class MethodStep(Touch):
    """The step that is one call of a method."""

    declared: Declared
    arguments: tuple[Any, ...]
    named: Mapping[str, Any]

    @property
    def kind(self) -> str:  # type: ignore[override]
        """Return the name of the method."""
        return self.declared.function.__name__

    @property
    def reads(self) -> tuple[Location, ...]:
        """Return what was declared, or the whole object."""
        return self._locations(self.declared.reads)

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return what was declared, or the whole object."""
        return self._locations(self.declared.writes)

    def _locations(self, parts: Parts) -> tuple[Location, ...]:
        name = self.on.name
        if parts is None:
            return in_all(name) if self.on.has_parts else (name,)
        if callable(parts):
            parts = parts(self.on, *self.arguments, **self.named)
        return tuple((name, part) for part in parts)

    def perform(self, _shared: object, /) -> Any:
        """Call the method. Raises TypeError, and keeps the value, where it leaves one that is not hashable."""
        on = self.on
        is_shown = on.shows_its_value
        before = None if is_shown else on.value
        on.under_way = True
        try:
            return self.declared.function(on, *self.arguments, **self.named)
        finally:
            on.under_way = False
            if not is_shown and on.value is not before:
                after, on.value = on.value, before
                on.value = hashable(on, after)

    def wrote_raising(self, error: Exception, /) -> tuple[Location, ...]:
        """Return all that it may change: nobody knows how far it came."""
        del error
        return self.writes

    @property
    def failing(self) -> Collection[Fault]:
        """Return the faults that were named; else both for one that never waits, and none for one that may."""
        if self.declared.failing is not None:
            return self.declared.failing
        return () if self.blocking else FAILING


@dataclass(frozen=True, slots=True)
class WaitingStep(MethodStep):
    """The same, of one that waits until something is true."""

    blocking: ClassVar[bool] = True

    def ready(self, _shared: object, /) -> bool:
        """Return whether it is."""
        when, on = self.declared.when, self.on
        assert when is not None, "only what waits is asked"
        on.under_way = True
        try:
            return bool(when(on, *self.arguments, **self.named))
        finally:
            on.under_way = False


@dataclass(frozen=True, slots=True)
class KeyedStep(MethodStep):
    """A call whose results are compared by a key."""

    def key(self, result: Any, /) -> Any:
        """Return the key."""
        return _key(self.declared, result)


@dataclass(frozen=True, slots=True)
class KeyedWaitingStep(WaitingStep):
    """The same, of one that waits."""

    def key(self, result: Any, /) -> Any:
        """Return the key."""
        return _key(self.declared, result)


def _key(declared: Declared, result: object) -> Any:
    assert declared.key is not None, "it was declared with one"
    return declared.key(result)


class StepMethod:
    """A method of a shared object whose calls are operations; see `step`."""

    def __init__(self, declared: Declared) -> None:
        self.declared = declared
        self.__doc__, self.__name__ = declared.function.__doc__, declared.function.__name__
        keyed, plain = (KeyedWaitingStep, WaitingStep) if declared.when else (KeyedStep, MethodStep)
        self._made = keyed if declared.key else plain

    def __set_name__(self, owner: type[SharedObject], name: str) -> None:
        if not issubclass(owner, SharedObject):
            raise TypeError(f"{owner.__name__}.{name} is a step, and {owner.__name__} is no SharedObject")
        if self.declared.reads or self.declared.writes:
            owner.has_parts = True

    @overload
    def __get__(self, on: None, owner: type[SharedObject]) -> "StepMethod": ...
    @overload
    def __get__(self, on: SharedObject, owner: type[SharedObject]) -> Callable[..., Any]: ...
    def __get__(self, on: SharedObject | None, owner: type[SharedObject]) -> "StepMethod | Callable[..., Any]":
        if on is None:
            return self
        # Within a step, it is a part of that one.
        return MethodType(self.declared.function, on) if on.under_way else partial(self._make, on)

    def _make(self, on: SharedObject, *arguments: Any, **named: Any) -> MethodStep:
        return self._made(on, self.declared, arguments, named)


@overload
def step(function: Callable[..., Any], /) -> StepMethod: ...
@overload
def step(
    *,
    reads: Parts = None,
    writes: Parts = None,
    when: Callable[..., object] | None = None,
    key: Callable[[Any], Any] | None = None,
    failing: Collection[FaultKind] | None = None,
) -> Callable[[Callable[..., Any]], StepMethod]: ...
def step(
    function: Callable[..., Any] | None = None,
    /,
    *,
    reads: Parts = None,
    writes: Parts = None,
    when: Callable[..., object] | None = None,
    key: Callable[[Any], Any] | None = None,
    failing: Collection[FaultKind] | None = None,
) -> StepMethod | Callable[[Callable[..., Any]], StepMethod]:
    """Make a method of a `SharedObject` a step: to call it gives an operation, and to take that is the call.

    `reads` and `writes` are the parts of the object that it may read and write: a tuple of names, or a function of
    the object and the arguments that gives one. What is left out is the whole object; `writes=()` says that it
    changes nothing. With `when`, a function of the same, it waits until that is true. What it raises is raised in the
    process. `key` is a function of the result, by which results of two executions are compared: by default all that
    the result holds. `failing` are the faults that it can have, UNAVAILABLE and ACKNOWLEDGEMENT_LOST; by default both
    if it never waits. Methods that are no steps are local code, also where a step calls them; so are, there, steps.

    >>> from lastseat.testing import Shared, SharedObject, explore, step
    >>> class Account(SharedObject):
    ...     @step(when=lambda self, amount: self.value >= amount)
    ...     def withdraw(self, amount):
    ...         self.value -= amount
    ...     @step
    ...     def deposit(self, amount):
    ...         self.value += amount
    ...     @step(writes=())
    ...     def balance(self):
    ...         return self.value
    >>> def spend(shared):
    ...     yield shared.account.withdraw(7)
    ...     return (yield shared.account.balance())
    >>> def earn(shared):
    ...     yield shared.account.deposit(5)
    ...     yield shared.account.deposit(5)
    >>> explore([spend, earn], shared=lambda: Shared(account=Account(0))).vectors
    frozenset({(3, None)})

    Raises TypeError where `reads` or `writes` is no tuple and no function, and where `failing` has other faults.
    """
    for word, parts in (("reads", reads), ("writes", writes)):
        if not (parts is None or isinstance(parts, tuple) or callable(parts)):
            raise TypeError(f"{word} must be a tuple of parts, or a function of them, not a {type(parts).__name__}")
    faults = None if failing is None else tuple(fault for fault in FAILING if fault.kind in failing)
    if failing is not None and {fault.kind for fault in faults or ()} != set(failing):
        raise TypeError("failing must be some of FaultKind.UNAVAILABLE and FaultKind.ACKNOWLEDGEMENT_LOST")

    def made(method: Callable[..., Any]) -> StepMethod:
        return StepMethod(Declared(method, reads, writes, when, key, faults))

    return made if function is None else made(function)
