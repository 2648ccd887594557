"""A use case that cancels its booking when the acknowledgement was lost.

Breaks progress.two_steps, and shows only under a fault: the acknowledgement of a persist is lost. Where the persist
was a repeat, the cancellation takes back what was BOOKED before. A review misses it because "when in doubt, undo"
looks careful, and leaves no seat taken that nobody knows of.
"""

from lastseat.reference.attempt_booking import Attempt, attempt_booking
from lastseat.reference.flawed.base import Cancel, SnapshotStore
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import BookingRequest, Reason


def attempt_cancelling(request: BookingRequest) -> Attempt:
    """Run one attempt that undoes what it is not sure of."""
    emission = yield from attempt_booking(request)
    if emission.reason is Reason.ACKNOWLEDGEMENT_LOST:
        yield Cancel(request)
    return emission


IMPLEMENTATION = Implementation(
    "cancels-when-unsure", SnapshotStore.open, attempt_cancelling, breaks="progress.two_steps"
)
