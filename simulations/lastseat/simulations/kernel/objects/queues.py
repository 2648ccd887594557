"""Queues: first in, first out, with or without a bound."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from lastseat.simulations.kernel.objects.shared import Look, SharedObject, Touch
from lastseat.simulations.kernel.operations import Location


@dataclass(frozen=True, slots=True)
class Enqueue(Touch):
    """An operation that puts an item into a queue."""

    on: "Queue"
    item: Hashable

    @property
    def has_room(self) -> bool:
        """Return whether the item fits now."""
        return self.on.capacity is None or len(self.on.value) < self.on.capacity


@dataclass(frozen=True, slots=True)
class Put(Enqueue):
    """Put an item into a queue without a bound."""

    kind: ClassVar[str] = "put"

    def perform(self, _shared: object, /) -> None:
        """Put it last."""
        self.on.value += (self.item,)


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
        self.on.value += (self.item,)
        return True

    def wrote(self, result: object, /) -> tuple[Location, ...]:
        """Return the queue where the item was put."""
        return (self.on.name,) if result else ()


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


class Queue(SharedObject):
    """A queue: first in, first out. Its value is the tuple of its items, which must be hashable.

    With a `capacity` (in items), whoever puts waits while it is full. `items` are in it at the start.

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

    def __init__(self, capacity: int | None = None, items: Iterable[Hashable] = ()) -> None:
        if capacity is not None and capacity < 1:
            raise ValueError(
                f"the capacity of a queue is at least 1, or None where there is no bound, not {capacity}"
            )
        super().__init__(tuple(items))
        self.capacity = capacity
        if capacity is not None and len(self.value) > capacity:
            raise ValueError(f"a queue of capacity {capacity} cannot hold {len(self.value)} items")

    def put(self, item: Hashable) -> Put:
        """Return the operation that puts an item last, and waits for room where there is a capacity."""
        return Put(self, item) if self.capacity is None else PutWhenThereIsRoom(self, item)

    def try_put(self, item: Hashable) -> TryPut:
        """Return the operation that puts an item last if there is room, and says whether."""
        return TryPut(self, item)

    def get(self) -> Get:
        """Return the operation that takes the first item and waits for one."""
        return Get(self)

    def try_get(self, default: Hashable = None) -> TryGet:
        """Return the operation that takes the first item, and gives `default` where there is none."""
        return TryGet(self, default)

    def size(self) -> Size:
        """Return the operation that counts the items."""
        return Size(self)
