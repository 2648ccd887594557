"""Queues: first in, first out, with or without a bound."""

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from queue import Empty, Full
from typing import Any, ClassVar

from lastseat.simulations.kernel.actions import Fault
from lastseat.simulations.kernel.objects.locks import is_patient
from lastseat.simulations.kernel.objects.shared import Look, SharedObject, Touch, hashable
from lastseat.simulations.kernel.operations import Location


@dataclass(frozen=True, slots=True)
class Enqueue(Touch):
    """An operation that puts an item into a queue."""

    on: "Queue"
    item: Hashable

    @property
    def writes(self) -> tuple[Location, ...]:
        """Return the queue, and its count of tasks where it has one."""
        return (self.on.name,) if self.on.tasks is None else (self.on.name, self.on.tasks.name)

    @property
    def has_room(self) -> bool:
        """Return whether the item fits now."""
        return self.on.capacity is None or len(self.on.value) < self.on.capacity

    def add(self) -> None:
        """Put the item last."""
        self.on.value += (self.item,)
        if self.on.tasks is not None:
            self.on.tasks.value += 1


@dataclass(frozen=True, slots=True)
class Put(Enqueue):
    """Put an item into a queue without a bound."""

    kind: ClassVar[str] = "put"

    def perform(self, _shared: object, /) -> None:
        """Put it last."""
        self.add()


@dataclass(frozen=True, slots=True)
class PutWhenThereIsRoom(Put):
    """Put an item into a queue, waiting while that is full."""

    # A class of its own: whether operations may have to wait is asked once for each class.
    blocking: ClassVar[bool] = True

    def ready(self, _shared: object, /) -> bool:
        """Return whether there is room."""
        return self.has_room


@dataclass(frozen=True, slots=True)
class TryPut(Enqueue):
    """Put an item into a queue if there is room; the result is whether there was."""

    kind: ClassVar[str] = "try-put"
    conditional: ClassVar[bool] = True

    def perform(self, _shared: object, /) -> bool:
        """Put it last, or not."""
        if not self.has_room:
            return False
        self.add()
        return True

    def wrote(self, result: object, /) -> tuple[Location, ...]:
        """Return the queue where the item was put."""
        return self.writes if result else ()


@dataclass(frozen=True, slots=True)
class PutNow(Enqueue):
    """Put an item into a queue. Raises queue.Full where there is no room."""

    kind: ClassVar[str] = "put-now"

    def perform(self, _shared: object, /) -> None:
        """Put it last, or raise."""
        if not self.has_room:
            raise Full(f"{self.on.name} is full")
        self.add()


@dataclass(frozen=True, slots=True)
class Get(Touch):
    """Take the first item, waiting while there is none; the result is the item."""

    kind: ClassVar[str] = "get"
    blocking: ClassVar[bool] = True

    def ready(self, _shared: object, /) -> bool:
        """Return whether there is one."""
        return bool(self.on.value)

    def perform(self, _shared: object, /) -> Any:
        """Take it."""
        item, *rest = self.on.value
        self.on.value = tuple(rest)
        return item


@dataclass(frozen=True, slots=True)
class GetNow(Touch):
    """Take the first item; the result is the item. Raises queue.Empty where there is none."""

    kind: ClassVar[str] = "get-now"

    def perform(self, _shared: object, /) -> Any:
        """Take it, or raise."""
        if not self.on.value:
            raise Empty(f"{self.on.name} is empty")
        item, *rest = self.on.value
        self.on.value = tuple(rest)
        return item


@dataclass(frozen=True, slots=True)
class TryGet(Touch):
    """Take the first item if there is one; the result is the item, or `default`.

    Raises ValueError where the item equals `default`, so that the result says which it is.
    """

    kind: ClassVar[str] = "try-get"
    conditional: ClassVar[bool] = True
    default: Hashable = None

    def perform(self, _shared: object, /) -> Any:
        """Take it, or not."""
        if not self.on.value:
            return self.default
        item, *rest = self.on.value
        if item == self.default:
            raise ValueError(f"{self.on.name} holds {item!r}, which try_get gives where it is empty; name a default")
        self.on.value = tuple(rest)
        return item

    def wrote(self, result: object, /) -> tuple[Location, ...]:
        """Return the queue where an item was taken."""
        return () if result == self.default else (self.on.name,)


@dataclass(frozen=True, slots=True)
class Size(Look):
    """Count the items of a queue."""

    kind: ClassVar[str] = "size"

    def perform(self, _shared: object, /) -> int:
        """Return how many there are."""
        return len(self.on.value)


@dataclass(frozen=True, slots=True)
class IsEmpty(Look):
    """Look whether a queue is empty."""

    kind: ClassVar[str] = "empty"

    def perform(self, _shared: object, /) -> bool:
        """Return whether it is."""
        return not self.on.value


@dataclass(frozen=True, slots=True)
class IsFull(Look):
    """Look whether a queue is full."""

    kind: ClassVar[str] = "full"
    on: "Queue"

    def perform(self, _shared: object, /) -> bool:
        """Return whether it is."""
        return self.on.capacity is not None and len(self.on.value) >= self.on.capacity


# --- tasks --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TaskDone(Touch):
    """Say that an item that was taken is done with. Raises ValueError where all are."""

    kind: ClassVar[str] = "task-done"

    @property
    def failing(self) -> Collection[Fault]:
        """Return nothing: it is no call of anything that could fail."""
        return ()

    def perform(self, _shared: object, /) -> None:
        """Count one less."""
        if not self.on.value:
            raise ValueError(f"task_done() called too many times: {self.on.name} is 0")
        self.on.value -= 1


@dataclass(frozen=True, slots=True)
class AllDone(Look):
    """Wait until all items that were put are done with."""

    kind: ClassVar[str] = "join-queue"
    blocking: ClassVar[bool] = True

    def ready(self, _shared: object, /) -> bool:
        """Return whether they are."""
        return not self.on.value

    def perform(self, _shared: object, /) -> None:
        """Go on."""


class Queue(SharedObject):
    """A queue: first in, first out. Its value is the tuple of its items, which must be hashable.

    With a `capacity` (in items), whoever puts waits while it is full; `maxsize` is the same in the words of
    `queue.Queue`, where 0 is no bound. `items` are in it at the start. With `tasks=True` it counts the items that are
    not done with, as `task_done` and `join` need it: a part of the shared state more.

    >>> from lastseat.testing import Queue, Shared, explore
    >>> def produce(shared):
    ...     for item in ("tea", "cake"):
    ...         yield shared.tray.put(item)
    >>> def consume(shared):
    ...     return (yield shared.tray.get()), (yield shared.tray.get())
    >>> explore([produce, consume], shared=lambda: Shared(tray=Queue(capacity=1))).vectors
    frozenset({(None, ('tea', 'cake'))})

    Raises ValueError where `capacity` is below 1, or there are more `items`.
    """

    constants = ("maxsize",)

    def __init__(
        self, capacity: int | None = None, items: Iterable[Hashable] = (), *, maxsize: int = 0, tasks: bool = False
    ) -> None:
        if capacity is not None and capacity < 1:
            raise ValueError(
                f"the capacity of a queue is at least 1, or None where there is no bound, not {capacity}"
            )
        super().__init__(tuple(items))
        self.capacity = maxsize if capacity is None and maxsize > 0 else capacity
        if self.capacity is not None and len(self.value) > self.capacity:
            raise ValueError(f"a queue of capacity {self.capacity} cannot hold {len(self.value)} items")
        self.tasks = SharedObject(len(self.value)) if tasks else None

    def parts(self) -> Mapping[str, SharedObject]:
        """Return its count of tasks, where it has one."""
        return {} if self.tasks is None else {"tasks": self.tasks}

    @property
    def maxsize(self) -> int:
        """Return its capacity, 0 where it has none."""
        return self.capacity or 0

    def put(self, item: Hashable, block: bool = True, timeout: float | None = None) -> Put | PutNow:
        """Return the operation that puts an item last, and waits for room where there is a capacity.

        If it shall not `block`, or has a `timeout`, it does not wait, and raises queue.Full where there is no room.
        """
        hashable(self, item)
        if not (block and is_patient(block, timeout, None)):
            return PutNow(self, item)
        return Put(self, item) if self.capacity is None else PutWhenThereIsRoom(self, item)

    def put_nowait(self, item: Hashable) -> Put | PutNow:
        """Return the operation that puts an item last, and raises queue.Full where there is no room."""
        return self.put(item, block=False)

    def try_put(self, item: Hashable) -> TryPut:
        """Return the operation that puts an item last if there is room, and says whether."""
        return TryPut(self, hashable(self, item))

    def get(self, block: bool = True, timeout: float | None = None) -> Get | GetNow:
        """Return the operation that takes the first item and waits for one.

        If it shall not `block`, or has a `timeout`, it does not wait, and raises queue.Empty where there is none.
        """
        return Get(self) if block and is_patient(block, timeout, None) else GetNow(self)

    def get_nowait(self) -> Get | GetNow:
        """Return the operation that takes the first item, and raises queue.Empty where there is none."""
        return self.get(block=False)

    def try_get(self, default: Hashable = None) -> TryGet:
        """Return the operation that takes the first item, and gives `default` where there is none."""
        return TryGet(self, default)

    def qsize(self) -> Size:
        """Return the operation that counts the items."""
        return Size(self)

    def size(self) -> Size:
        """Return the operation that counts the items."""
        return Size(self)

    def empty(self) -> IsEmpty:
        """Return the operation that says whether there are no items."""
        return IsEmpty(self)

    def full(self) -> IsFull:
        """Return the operation that says whether there is no room."""
        return IsFull(self)

    def task_done(self) -> TaskDone:
        """Return the operation that says that an item that was taken is done with."""
        return TaskDone(self._counted())

    def join(self) -> AllDone:
        """Return the operation that waits until all items that were put are done with."""
        return AllDone(self._counted())

    def _counted(self) -> SharedObject:
        if self.tasks is None:
            raise TypeError(f"{self.name} does not count what is done: make it with Queue(tasks=True)")
        return self.tasks
