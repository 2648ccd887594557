"""A use case that emits FAILED without saying why.

Breaks emit.one: a FAILED attempt has a reason, and here a conflict, a reused id and a broken store look the same. A
review misses it because the outcome itself is right every time, and the tests compare outcomes.
"""

from lastseat.reference.attempt_booking import Attempt, attempt_booking
from lastseat.reference.implementation import Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Emission


def attempt_without_reason(request: BookingRequest) -> Attempt:
    """Run one attempt and emit its bare outcome."""
    emission = yield from attempt_booking(request)
    return Emission(emission.outcome)


IMPLEMENTATION = Implementation("forgets-reason", MemoryStore.open, attempt_without_reason, breaks="emit.one")
