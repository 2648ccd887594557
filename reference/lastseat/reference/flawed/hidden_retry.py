"""A use case that tries again by itself after a version conflict.

Breaks progress.two_steps: one attempt takes four shared steps, and under more contention the second try fails like
the first. A review misses it because it is one line, fewer attempts FAIL, and every booking it makes is a right one.
"""

from lastseat.reference.attempt_booking import Attempt, attempt_booking
from lastseat.reference.implementation import Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Reason


def attempt_trying_again(request: BookingRequest) -> Attempt:
    """Run one attempt, and after a conflict the same once more."""
    emission = yield from attempt_booking(request)
    if emission.reason is Reason.VERSION_CONFLICT:
        emission = yield from attempt_booking(request)
    return emission


IMPLEMENTATION = Implementation("hidden-retry", MemoryStore.open, attempt_trying_again, breaks="progress.two_steps")
