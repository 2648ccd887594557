"""A use case that reports a resource without enough seats as FAILED, store unavailable.

Breaks attempt.solo: an attempt that nobody disturbs FAILS. A review misses it because a caller who gets the
"unavailable" of a web server tries again later, which is what its author wanted, and no seat is sold wrongly.
"""

from lastseat.reference.attempt_booking import Attempt, attempt_booking
from lastseat.reference.implementation import Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Emission, Outcome, Reason


def attempt_failing_when_full(request: BookingRequest) -> Attempt:
    """Run one attempt that invites to try again when the seats do not suffice."""
    emission = yield from attempt_booking(request)
    if emission.outcome is Outcome.REJECTED:
        return Emission(Outcome.FAILED, Reason.STORE_UNAVAILABLE)
    return emission


IMPLEMENTATION = Implementation("fails-when-full", MemoryStore.open, attempt_failing_when_full, breaks="attempt.solo")
