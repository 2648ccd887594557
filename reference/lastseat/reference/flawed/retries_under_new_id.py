"""A use case that tries again under a fresh booking id when the acknowledgement was lost.

Breaks progress.two_steps, and shows only under a fault: the acknowledgement of a persist is lost. The first booking
stands, and the second try takes more seats for the same caller. A review misses it because a fresh id avoids the
"identifier reuse" of a store that is asked twice.
"""

from dataclasses import replace

from lastseat.reference.attempt_booking import Attempt, attempt_booking
from lastseat.reference.implementation import Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Reason


def attempt_with_fresh_id(request: BookingRequest) -> Attempt:
    """Run one attempt, and another one under a new id where nobody knows how it ended."""
    emission = yield from attempt_booking(request)
    if emission.reason is Reason.ACKNOWLEDGEMENT_LOST:
        emission = yield from attempt_booking(replace(request, booking_id=f"{request.booking_id}-again"))
    return emission


IMPLEMENTATION = Implementation(
    "retries-under-new-id", MemoryStore.open, attempt_with_fresh_id, breaks="progress.two_steps"
)
