"""What code that was not written for the scheduler sees in the place of the shared state: its calls are shared steps.

A proxy hands each operation to `take`, and gives back what that gives: the result, where a blocking function took the
step, or something to be awaited. It is shown by its name alone: an assertion that fails may show it, and must do so
alike in every execution.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Any, NoReturn, TypeAlias, TypeVar

from lastseat.reference.attempt_booking import Observe, Persist
from lastseat.reference.attempt_booking import Operation as StoreOperation
from lastseat.reference.values import Proposal
from lastseat.simulations.kernel.objects import Condition, Semaphore, Shared, SharedObject, Waiting
from lastseat.simulations.kernel.operations import Operation

Step: TypeAlias = Operation | StoreOperation
Take: TypeAlias = Callable[[Step], Any]  # what a step gives, its operation alone knows
Found = TypeVar("Found")


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


class SharedProxy:
    """A `Shared` whose objects take the operations that they would return."""

    __slots__ = ("_shared", "_take")

    def __init__(self, shared: Shared, take: Take) -> None:
        self._shared, self._take = shared, take

    def __repr__(self) -> str:
        return "shared"

    def __getattr__(self, name: str) -> "ObjectProxy":
        held = getattr(self._shared, name)
        if not isinstance(held, SharedObject):
            raise AttributeError(f"there is no shared object {name!r}")
        if isinstance(held, Condition):
            return ConditionProxy(held, self._take)
        return LockProxy(held, self._take) if isinstance(held, Semaphore) else ObjectProxy(held, self._take)


class Method:
    """A method of a shared object that makes an operation; to call it is to take the operation."""

    __slots__ = ("_made", "_name", "_take")

    def __init__(self, name: str, made: Callable[..., Any], take: Take) -> None:
        self._name, self._made, self._take = name, made, take

    def __repr__(self) -> str:
        return self._name

    def __call__(self, *arguments: object, **named: object) -> Any:
        """Call the method; where it makes an operation, return what taking that gives."""
        made = self._made(*arguments, **named)
        if isinstance(made, Waiting):
            return _waited(made, self._take)
        return self._take(made) if isinstance(made, Operation) else made


def _waited(waiting: Waiting, take: Take) -> Any:
    """Take the steps of what waits, one after the other, and return what it gives."""
    steps, result = iter(waiting), None
    while True:
        try:
            operation = steps.send(result)
        except StopIteration as ended:
            return ended.value
        result = take(operation)


class ObjectProxy:
    """One shared object. A method that makes an operation takes it too; plain attributes cannot be reached."""

    __slots__ = ("_on", "_take")

    def __init__(self, on: SharedObject, take: Take) -> None:
        self._on, self._take = on, take

    def __repr__(self) -> str:
        return self._on.name

    def __getattr__(self, name: str) -> Method:
        method = getattr(self._on, name)
        if not callable(method):
            raise AttributeError(f"{name} of {self} is no step; call its operations")
        return Method(f"{self}.{name}", method, self._take)


class LockProxy(ObjectProxy):
    """A mutex or semaphore, or the mutex of a condition, to be used as one of `threading`."""

    __slots__ = ()
    _on: Semaphore | Condition

    def acquire(self, blocking: bool = True) -> bool:
        """Take a permit, and wait for one unless `blocking` is False; return whether it was taken."""
        if not blocking:
            return bool(self._take(self._on.try_acquire()))
        self._take(self._on.acquire())
        return True

    def release(self) -> None:
        """Give a permit back."""
        self._take(self._on.release())

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.release()


class ConditionProxy(LockProxy):
    """A condition, to be used as one of `threading`, but without timeouts."""

    __slots__ = ()
    _on: Condition

    def wait_for(self, predicate: Callable[[], Found]) -> Found:
        """Wait until `predicate`, which may take steps, gives something true, and return that."""
        while not (found := predicate()):
            _waited(self._on.wait(), self._take)
        return found
