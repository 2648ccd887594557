"""What the tests of the reference share: a fresh store of every kind, and a store with one seat left."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import ClassVar

import pytest

from lastseat.reference.store import InspectableStore, Policy
from lastseat.reference.stores.memory import CapacityFirstMemoryStore, MemoryStore
from lastseat.reference.stores.sqlite import SqliteStore


class CapacityFirstSqliteStore(SqliteStore):
    policy: ClassVar[Policy] = Policy.CAPACITY_FIRST


STORES: dict[str, type[InspectableStore]] = {
    "memory": MemoryStore,
    "capacity-first-memory": CapacityFirstMemoryStore,
    "sqlite": SqliteStore,
    "capacity-first-sqlite": CapacityFirstSqliteStore,
}


@pytest.fixture(params=STORES)
def open_store(request: pytest.FixtureRequest) -> Iterator[Callable[[Mapping[str, int]], InspectableStore]]:
    """Open stores of one kind; the test runs for every kind, and its stores are closed after it."""
    kind = STORES[request.param]
    with ExitStack() as opened:

        def open_one(capacities: Mapping[str, int]) -> InspectableStore:
            store = kind.open(capacities)
            if isinstance(store, SqliteStore):
                opened.enter_context(store)
            return store

        yield open_one


@pytest.fixture
def store(open_store: Callable[[Mapping[str, int]], InspectableStore]) -> InspectableStore:
    """Two resources: a room of 3 units and a desk of 1, nothing booked."""
    return open_store({"room": 3, "desk": 1})
