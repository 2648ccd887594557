"""A use case that reports a version conflict as REJECTED.

Breaks emit.rejected: the caller is told that the seats ran out while some were left. A review misses it because
both outcomes mean "not booked", and the error handling of a caller is shorter with one of them.
"""

from lastseat.reference.attempt_booking import Attempt, attempt_booking
from lastseat.reference.implementation import Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Emission, Outcome, Reason


def attempt_rejecting_conflicts(request: BookingRequest) -> Attempt:
    """Run one attempt and hide the conflict that it met."""
    emission = yield from attempt_booking(request)
    return Emission(Outcome.REJECTED) if emission.reason is Reason.VERSION_CONFLICT else emission


IMPLEMENTATION = Implementation(
    "rejects-conflicts", MemoryStore.open, attempt_rejecting_conflicts, breaks="emit.rejected"
)
