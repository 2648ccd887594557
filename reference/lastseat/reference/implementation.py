"""An implementation: a use case and the store that it runs on, under one name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lastseat.reference.attempt_booking import Attempt, attempt_booking
from lastseat.reference.store import InspectableStore, Policy
from lastseat.reference.stores.memory import CapacityFirstMemoryStore, MemoryStore
from lastseat.reference.stores.sqlite import SqliteStore
from lastseat.reference.values import BookingRequest


@dataclass(frozen=True, slots=True)
class Implementation:
    """What the explorers run: `open_store` takes the capacity in units of each resource.

    `policy` is the order of checks that the store claims; conformance holds it to the model's. `breaks` is the
    clause that a flawed implementation is there to break, "" for a correct one.
    """

    name: str
    open_store: Callable[[Mapping[str, int]], InspectableStore]
    attempt: Callable[[BookingRequest], Attempt] = attempt_booking
    policy: Policy = Policy.VERSION_FIRST
    breaks: str = ""


MEMORY = Implementation("memory", MemoryStore.open)
CAPACITY_FIRST = Implementation("capacity-first", CapacityFirstMemoryStore.open, policy=Policy.CAPACITY_FIRST)
SQLITE = Implementation("sqlite", SqliteStore.open)
