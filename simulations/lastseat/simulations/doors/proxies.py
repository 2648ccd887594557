"""What code that was not written for the scheduler sees in the place of the shared state: its calls are shared steps.

A proxy hands each operation to `take`, and gives back what that gives: the result, where a blocking function took the
step, or something to be awaited. It is shown by its name alone: an assertion that fails may show it, and must do so
alike in every execution.
"""

from collections.abc import Callable
from functools import partial
from inspect import Signature, signature
from types import TracebackType
from typing import Any, NoReturn, TypeAlias

from lastseat.reference.attempt_booking import Observe, Persist
from lastseat.reference.attempt_booking import Operation as StoreOperation
from lastseat.reference.values import Proposal
from lastseat.simulations.kernel.objects import Lockable, SharedObject
from lastseat.simulations.kernel.operations import Operation, Steps

Step: TypeAlias = Operation | StoreOperation
Take: TypeAlias = Callable[[Step], Any]  # what a step gives, its operation alone knows


def is_store(shared: object) -> bool:
    """Return whether a shared state has the two steps of a store."""
    return all(callable(getattr(shared, method, None)) for method in ("observe", "persist"))


class StoreProxy:
    """A store with its two steps. Nothing else of the store can be reached: it would be no step."""

    __slots__ = ("_take",)

    def __init__(self, take: Take) -> None:
        self._take = take

    def __repr__(self) -> str:
        return "store"

    def observe(self, resource_id: str) -> Any:
        """Take the step `Observe`."""
        return self._take(Observe(resource_id))

    def persist(self, proposal: Proposal) -> Any:
        """Take the step `Persist`."""
        return self._take(Persist(proposal))

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"only observe and persist of a store are steps; {name} is not")


class Method:
    """A method of a shared object that makes an operation; to call it is to take the operation."""

    __slots__ = ("_made", "_name", "_take")

    def __init__(self, name: str, made: Callable[..., Any], take: Take) -> None:
        self._name, self._made, self._take = name, made, take

    def __repr__(self) -> str:
        return self._name

    @property
    def __signature__(self) -> Signature:
        return signature(self._made)

    def __call__(self, *arguments: object, **named: object) -> Any:
        """Call the method; where it makes operations, return what taking them gives."""
        made = self._made(*arguments, **named)
        if isinstance(made, Steps):
            return _all_of(made, self._take)
        return self._take(made) if isinstance(made, Operation) else made


def _all_of(several: Steps, take: Take) -> Any:
    """Take several steps, one after the other, and return what they give."""
    steps = iter(several)
    following: Callable[[], Operation] = partial(next, steps)
    while True:
        try:
            operation = following()
        except StopIteration as ended:
            return ended.value
        try:
            following = partial(steps.send, take(operation))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever asked for the step
            following = partial(steps.throw, error)


class ObjectProxy:
    """One shared object. A method that makes an operation takes it too; what changes cannot be reached otherwise."""

    __slots__ = ("_on", "_take")
    _on: SharedObject

    def __init__(self, on: SharedObject, take: Take) -> None:
        self._on, self._take = on, take

    def __repr__(self) -> str:
        return self._on.name

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._on, name)
        if isinstance(found, Operation):
            return self._take(found)
        if name in self._on.constants:
            return found
        if not callable(found):
            raise AttributeError(f"{name} of {self} is no step; call its operations")
        return Method(f"{self}.{name}", found, self._take)

    def stands_for(self, on: object) -> bool:
        """Return whether it is that object which it takes steps on."""
        return self._on is on


class LockProxy(ObjectProxy):
    """A lock, or the lock of a condition, to be held in a `with`."""

    __slots__ = ()
    _on: Lockable

    def __enter__(self) -> bool:
        return bool(self._take(self._on.acquire()))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._take(self._on.release())
